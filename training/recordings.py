"""Measures a trained model on real recordings: with hand-made lips or known phones."""

import csv
import json
from pathlib import Path

import numpy as np

from backend.arkit import CHANNELS, LOWER, UPPER
from backend.audio import read_clip
from backend.curves import Curves

from . import metrics
from .encoders import Encoder
from .performer.aperture import lip_aperture
from .synthesis import Performer, hear_sound, match, mel_of, perform

Figures = dict[str, float]

MOUTH_CURVES = {"jaw": metrics.jaw_opening, "opening": metrics.lip_opening, "rounding": metrics.rounding}


def mean(rows: list[Figures]) -> Figures:
    """Mean of each figure over the rows that have it, those that are no number left out."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: float(np.nanmean([row[name] for row in rows if name in row])) for name in names}


def _perform_recording(performer: Performer, samples: np.ndarray, encoder: Encoder | None) -> np.ndarray:
    """Several takes of a recording, identity and emotion by its voice: (3, N, 52)."""
    heard = hear_sound(performer, samples, encoder)
    return perform(performer, lambda: heard, *match(performer, mel_of(samples)), [0, 1, 2])


def _read_lips(path: Path) -> np.ndarray:
    """A CSV of `time` and ARKit columns at 30 fps -> (N, 52)."""
    with open(path) as file:
        rows = list(csv.reader(file))
    values = np.array(rows[1:], np.float32)
    face = np.zeros((len(values), len(CHANNELS)), np.float32)
    for column, name in enumerate(rows[0]):
        if name in CHANNELS:
            face[:, CHANNELS.index(name)] = values[:, column]
    return face


def on_hand_animation(performer: Performer, samples: np.ndarray, lips: np.ndarray, encoder: Encoder | None) -> Figures:
    """Correlation with lips that an artist made, beside loudness's own."""
    takes = _perform_recording(performer, samples, encoder)
    level = metrics.loudness(samples, len(lips))
    rows: Figures = {}
    for name, of in MOUTH_CURVES.items():
        rows[f"{name} r"] = float(np.mean([metrics.correlation(of(face), of(lips)) for face in takes]))
        rows[f"{name} r of loudness"] = metrics.correlation(level, of(lips))
    return rows


def on_phones(performer: Performer, samples: np.ndarray, phones: list[list], encoder: Encoder | None) -> Figures:
    """A real voice with known phones: do lips meet at p b m, tuck at f v, round at w and oo, open on ah; two seeds compared."""
    takes = _perform_recording(performer, samples, encoder)
    rows: list[Figures] = []

    def centres(labels: set[str]) -> list[float]:
        return [(a + b) / 2 for label, a, b in phones if label.rstrip("012") in labels]

    for face in takes:
        aperture = lip_aperture(Curves(CHANNELS, face, 30.0))
        closed = metrics.rank_at(aperture, centres({"P", "B", "M"}))
        tucked = metrics.rank_at(-metrics.channel(face, "mouthRollLower"), centres({"F", "V"}))
        rounded = metrics.rank_at(-metrics.rounding(face), centres({"W", "UW"}))
        opened = metrics.rank_at(-aperture, centres({"AA", "AE", "AY", "AW"}))
        rows.append(
            {
                "p b m in lowest 15 %": float((closed <= 0.15).mean()),
                "f v tuck in highest 25 %": float((tucked <= 0.25).mean()),
                "w oo rounding in highest 25 %": float((rounded <= 0.25).mean()),
                "ah opening in highest 25 %": float((opened <= 0.25).mean()),
                "blinks/min": metrics.blinks_a_minute(face),
                "lip power above 8 Hz": metrics.jitter(face, LOWER, 8.0),
                "brow power above 3 Hz": metrics.jitter(face, tuple(c for c in CHANNELS if c.startswith("brow")), 3.0),
            }
        )
    figures = mean(rows)
    level = metrics.loudness(samples, len(takes[0]))
    figures["p b m in loudness's lowest 15 %"] = float((metrics.rank_at(level, centres({"P", "B", "M"})) <= 0.15).mean())
    moving = [c for c in range(len(CHANNELS)) if takes[:, :, c].std(1).mean() > 0.01]
    for title, names in (("lower", LOWER), ("upper", UPPER)):
        pick = [c for c in metrics.columns(names) if c in moving]
        figures[f"seeds' r, {title}"] = float(np.mean([metrics.correlation(takes[0][:, c], takes[1][:, c]) for c in pick]))
    return figures


def on_recordings(performer: Performer, folder: Path, encoder: Encoder | None) -> dict[str, Figures]:
    """Every sound in a folder that has lips (NAME.csv) or phones (NAME.json) beside it."""
    figures: dict[str, Figures] = {}
    animated: list[Figures] = []
    for path in sorted(folder.glob("*.ogg")):
        samples = read_clip(path).samples
        if path.with_suffix(".csv").exists():
            animated.append(on_hand_animation(performer, samples, _read_lips(path.with_suffix(".csv")), encoder))
        elif path.with_suffix(".json").exists():
            phones = json.loads(path.with_suffix(".json").read_text())["phones"]
            figures[path.stem] = on_phones(performer, samples, phones, encoder)
    if animated:
        figures[f"hand-animated, mean of {len(animated)}"] = mean(animated)
    return figures
