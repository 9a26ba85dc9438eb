"""Measure a model on real recordings: against hand-animated lips, and at phones with known times."""

import csv
import json
from pathlib import Path

import numpy as np

from backend.arkit import CHANNELS, LOWER, UPPER
from backend.audio import read_clip
from backend.features import RATE

from ..data.textgrid import read_text_grid
from ..encoders import Encoder
from ..model.pipeline import TalkerPipeline, compute_log_mel, encode_sound, match_voice, sample_takes
from ..synthetic.performer.phones import SILENT, Phone
from . import metrics

Figures = dict[str, float]

MOUTH_CURVES = {"jaw": metrics.jaw_opening, "opening": metrics.lip_opening, "rounding": metrics.rounding}
_SEEDS = [0, 1, 2]
_BROWS = tuple(name for name in CHANNELS if name.startswith("brow"))
_MIN_STD = 0.01  # of a channel that counts when seeds are compared
_SILENCE = 10  # s
# Phones, the share of the curve's own distribution in which their centers must lie, and the curve.
_CONTACTS = (
    ("p b m in lowest 15 %", ("P", "B", "M"), 0.15, lambda face: _aperture(face)),
    ("f v tuck in highest 25 %", ("F", "V"), 0.25, lambda face: -metrics.channel(face, "mouthRollLower")),
    ("w oo rounding in highest 25 %", ("W", "UW"), 0.25, lambda face: -metrics.rounding(face)),
    ("ah opening in highest 25 %", ("AA", "AE", "AY", "AW"), 0.25, lambda face: -_aperture(face)),
)


def mean_figures(rows: list[Figures]) -> Figures:
    """Return the mean of each figure over the rows that have it, without NaN."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: float(np.nanmean([row[name] for row in rows if name in row])) for name in names}


def _aperture(face: np.ndarray) -> np.ndarray:
    return metrics.lip_gap(face)


def _sample_recording(pipeline: TalkerPipeline, samples: np.ndarray, encoder: Encoder | None) -> np.ndarray:
    """Sample three takes of a recording, (3, N, 52), with identity and emotion matched by its voice."""
    condition = encode_sound(pipeline, samples, encoder)
    return sample_takes(pipeline, lambda: condition, *match_voice(pipeline, compute_log_mel(samples)), _SEEDS)


def read_lips(path: Path) -> np.ndarray:
    """Read a CSV with `time` and ARKit columns at 30 fps as a face (N, 52). Channels without a column are 0."""
    with open(path) as file:
        rows = list(csv.reader(file))
    values = np.array(rows[1:], np.float32)
    face = np.zeros((len(values), len(CHANNELS)), np.float32)
    for column, name in enumerate(rows[0]):
        if name in CHANNELS:
            face[:, CHANNELS.index(name)] = values[:, column]
    return face


def read_phones(sound: Path) -> list[Phone]:
    """Read the phones beside a sound, from NAME.TextGrid or NAME.json, which holds {"phones": [[label, start s, end s], ...]}.

    Return an empty list if there is neither.
    """
    if (text_grid := sound.with_suffix(".TextGrid")).exists():
        return [Phone(each.label, each.start, each.end) for each in read_text_grid(text_grid)["phones"]]
    if (phone_list := sound.with_suffix(".json")).exists():
        return [Phone(*row) for row in json.loads(phone_list.read_text())["phones"]]
    return []


def measure_hand_animation(
    pipeline: TalkerPipeline, samples: np.ndarray, lips: np.ndarray, encoder: Encoder | None
) -> Figures:
    """Measure the correlation with lips that an artist animated, (N, 52), beside that of the sound's loudness."""
    takes = _sample_recording(pipeline, samples, encoder)
    level = metrics.loudness(samples, len(lips))
    rows: Figures = {}
    for name, of in MOUTH_CURVES.items():
        rows[f"{name} r"] = float(np.mean([metrics.correlation(of(face), of(lips)) for face in takes]))
        rows[f"{name} r of loudness"] = metrics.correlation(level, of(lips))
    return rows


def _measure_contacts(face: np.ndarray, phones: list[Phone]) -> Figures:
    """Measure the share of phones at whose center the lips have the right shape, and the lag of lip closures."""
    figures: Figures = {}
    for title, labels, share, of in _CONTACTS:
        ranks = metrics.rank_at(of(face), [(p.start + p.end) / 2 for p in phones if p.base in labels])
        if len(ranks):
            figures[title] = float((ranks <= share).mean())
    closures = [(p.start + p.end) / 2 for p in phones if p.base in ("P", "B", "M")]
    if len(closures) >= 5:  # too few for a lag otherwise
        figures["closures late by ms"] = 1000 * metrics.lag_of_minima(_aperture(face), closures)
    return figures


def _measure_liveliness(takes: np.ndarray) -> Figures:
    """Measure blinks, jitter, values at their limit, and the correlation between seeds. takes (seeds, N, 52)."""
    widths, peaks = (np.concatenate(parts) for parts in zip(*(metrics.blinks(face) for face in takes), strict=True))
    figures = {
        "blinks/min": float(np.mean([metrics.blinks_per_minute(face) for face in takes])),
        "blink width s": float(np.median(widths)) if len(widths) else np.nan,
        "blink peak": float(np.median(peaks)) if len(peaks) else np.nan,
        "lip power above 8 Hz": float(np.mean([metrics.jitter(face, LOWER, 8.0) for face in takes])),
        "brow power above 3 Hz": float(np.mean([metrics.jitter(face, _BROWS, 3.0) for face in takes])),
        "values at 1": float((takes >= 1).mean()),
    }
    moving = [c for c in range(len(CHANNELS)) if takes[:, :, c].std(1).mean() > _MIN_STD]
    for title, names in (("lower", LOWER), ("upper", UPPER)):
        pick = [c for c in metrics.columns(names) if c in moving]
        figures[f"seeds' r, {title}"] = float(
            np.mean([metrics.correlation(takes[0][:, c], takes[1][:, c]) for c in pick])
        )
    return figures


def measure_phones(
    pipeline: TalkerPipeline, samples: np.ndarray, phones: list[Phone], encoder: Encoder | None
) -> Figures:
    """Measure lips at known phones (closed at p b m, tucked at f v, rounded at w oo, open at ah) and how lively the face is."""
    takes = _sample_recording(pipeline, samples, encoder)
    figures = mean_figures([_measure_contacts(face, phones) for face in takes]) | _measure_liveliness(takes)
    level = metrics.loudness(samples, len(takes[0]))
    closed = metrics.rank_at(level, [(p.start + p.end) / 2 for p in phones if p.base in ("P", "B", "M")])
    if len(closed):
        figures["p b m in loudness's lowest 15 %"] = float((closed <= 0.15).mean())
    return figures


def measure_silence(pipeline: TalkerPipeline, encoder: Encoder | None) -> Figures:
    """Measure how far the mouth moves in digital silence, where it should rest."""
    takes = _sample_recording(pipeline, np.zeros(_SILENCE * RATE, np.float32), encoder)
    return {
        "widest aperture": float(max(_aperture(face).max() for face in takes)),
        "largest of jaw and lips": float(takes[:, :, metrics.columns(LOWER)].max()),
        "blinks/min": float(np.mean([metrics.blinks_per_minute(face) for face in takes])),
    }


def measure_recordings(pipeline: TalkerPipeline, folder: Path, encoder: Encoder | None) -> dict[str, Figures]:
    """Measure a model on silence, and on the sounds under a folder that have lips or phones beside them.

    Lips are in NAME.csv, phones in NAME.TextGrid or NAME.json. Figures of each kind are means over its sounds.
    """
    animated: list[Figures] = []
    spoken: list[Figures] = []
    for path in sorted(each for each in folder.rglob("*") if each.suffix in (".ogg", ".wav")):
        if path.with_suffix(".csv").exists():
            animated.append(
                measure_hand_animation(pipeline, read_clip(path).samples, read_lips(path.with_suffix(".csv")), encoder)
            )
            continue
        phones = read_phones(path)
        if any(phone.label not in SILENT for phone in phones):
            spoken.append(measure_phones(pipeline, read_clip(path).samples, phones, encoder))
    figures = {"silence": measure_silence(pipeline, encoder)}
    if spoken:
        rates = [row["blinks/min"] for row in spoken]
        figures[f"phones known, mean of {len(spoken)}"] = mean_figures(spoken) | {
            "blinks/min, fewest": min(rates),
            "blinks/min, most": max(rates),
        }
    if animated:
        figures[f"hand-animated, mean of {len(animated)}"] = mean_figures(animated)
    return figures
