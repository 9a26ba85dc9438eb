"""Synthesize a folder of speech with phone times from sentences, speakers and emotions. `perform` animates faces for it."""

import json
import logging
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from tqdm import tqdm

from backend.arkit import EMOTIONS

from ..performer.performed_takes import Summary
from .kokoro import RATE, Kokoro, Pitch, Spoken, load, load_voices, model_bytes, natural_pitch, speak
from .phonemes import Dictionary, Sound, dictionary, sounds_of, symbols_of, times_of
from .voices import SPEAKING_STYLES, TILT_FROM, Speaker, draw_speakers, style_of

log = logging.getLogger(__name__)

_NEUTRAL_SHARE = 0.5
_SYMBOL, _ENDS = 0.07, 0.9  # s that a symbol and the silence around a sentence last at speed 1, about; to plan by
_LEVEL, _PEAK = 10 ** (-21 / 20), 0.95  # amplitude of a clip (root mean square), and the most any sample may reach
_CALIBRATION = "We were away all summer, and nobody knew where we were going."


@dataclass(frozen=True)
class Line:
    """An utterance to make. id: its name in the manifest."""

    id: str
    speaker: Speaker
    emotion: str
    text: str
    sounds: tuple[Sound, ...]


def builtin_sentences() -> tuple[str, ...]:
    """Read the sentences that come with this package. They cover all phones, with many lip closures and rounded sounds."""
    return tuple((files(__package__) / "sentences.txt").read_text(encoding="utf-8").splitlines())


def synthesise(
    out: Path,
    texts: Sequence[str],
    speakers: int = 24,
    hours: float = 1.0,
    seed: int = 0,
    workers: int | None = None,
    first: int = 1,
) -> Summary:
    """Write about `hours` of speech to out: audio/ID.ogg (24 kHz mono Opus), manifest.jsonl and speakers.json.

    What is there already stays, so that an interrupted run goes on, and a longer one adds to a shorter. The same texts and seed make the
    same speech with any number of workers (default: one a core). Speakers are numbered from first, so that corpora can be joined. A sentence that can't be said is named and left out. Raises
    FileNotFoundError without the voices' packages, ValueError if these are altered, nothing is asked for, out holds other speech, or no
    sentence can be said.
    """
    if speakers < 1 or hours <= 0:
        raise ValueError(
            f"{speakers} speakers and {hours} hours make no speech: ask for at least one speaker and some time"
        )
    model_bytes(), load_voices()  # here rather than in every worker, and before anything is written
    readable, skipped = readable_texts(texts, dictionary())
    voices = draw_speakers(speakers, seed, first)
    plan = plan_lines(readable, voices, hours, seed)
    present = open_folder(out, voices, plan)
    left = [line for line in plan if line.id not in present]
    lengths: list[float] = []
    with (
        open(out / "manifest.jsonl", "a", encoding="utf-8") as manifest,
        ProcessPoolExecutor(workers or os.cpu_count()) as pool,
        tqdm(total=len(plan), initial=len(plan) - len(left), desc="synthesise", unit="line") as bar,
    ):
        for made in pool.map(_make_line, left, repeat(out)):
            bar.update()
            if isinstance(made, str):
                skipped.append(made)
                continue
            manifest.write(json.dumps(made, separators=(",", ":"), ensure_ascii=False) + "\n")
            manifest.flush()
            lengths.append(made["duration"])
    for reason in skipped:
        log.warning("skipped %s", reason)
    return Summary(len(lengths), len(plan) - len(left), sum(lengths), tuple(skipped))


def readable_texts(texts: Sequence[str], words: Dictionary) -> tuple[dict[str, tuple[Sound, ...]], list[str]]:
    """Return each distinct text with its sounds, and reasons for those that can't be read. Empty lines are ignored.

    Raises ValueError if no text is left.
    """
    found: dict[str, tuple[Sound, ...]] = {}
    skipped: list[str] = []
    for text in filter(None, (text.strip() for text in texts)):
        try:
            found[text] = sounds_of(text, words)
        except ValueError as error:
            skipped.append(str(error))
    if not found:
        raise ValueError(
            f"no sentence can be read out, the first because {skipped[0]}"
            if skipped
            else "there are no sentences: write some"
        )
    return found, skipped


def plan_lines(texts: dict[str, tuple[Sound, ...]], speakers: Sequence[Speaker], hours: float, seed: int) -> list[Line]:
    """Plan who says what: the same time for every speaker, half of it neutral, and all texts in random order before any repeats.

    Speakers take turns, so that a run that is stopped early has all of them. More hours start with the same lines.
    """
    share = hours * 3600 / len(speakers)
    keyed: list[tuple[int, Line]] = []
    for speaker in speakers:
        rng = np.random.default_rng((seed, speaker.id, 1))
        seconds, number = 0.0, 0
        while seconds < share:
            for text in rng.permutation(list(texts)).tolist():
                emotion = "neutral" if rng.random() < _NEUTRAL_SHARE else EMOTIONS[rng.integers(1, len(EMOTIONS))]
                number += 1
                keyed.append(
                    (number, Line(f"{speaker.id:02d}_{emotion}_{number:05d}", speaker, emotion, text, texts[text]))
                )
                seconds += _ENDS + _SYMBOL * len(symbols_of(texts[text])) / (
                    speaker.speed * SPEAKING_STYLES[emotion].speed
                )
                if seconds >= share:
                    break
    return [line for _, line in sorted(keyed, key=lambda pair: (pair[0], pair[1].speaker.id))]


def open_folder(out: Path, speakers: Sequence[Speaker], plan: Sequence[Line]) -> set[str]:
    """Prepare out for more speech, and return the ids that it has. Rows that are incomplete or lost their sound are dropped.

    Raises ValueError if it holds other voices or other texts under the same names, for the two would be taken for one.
    """
    (out / "audio").mkdir(parents=True, exist_ok=True)
    roster, manifest = out / "speakers.json", out / "manifest.jsonl"
    wanted = json.loads(json.dumps([asdict(speaker) for speaker in speakers]))  # as it is read back: lists for tuples
    known = json.loads(roster.read_text(encoding="utf-8")) if roster.is_file() else []
    other = f"{out} holds speech of another seed or other sentences: choose another folder, or the seed and sentences that it was made with"
    if any(old != new for old, new in zip(known, wanted, strict=False)):
        raise ValueError(other)
    texts = {line.id: line.text for line in plan}
    rows: list[str] = []
    present: set[str] = set()
    for row in manifest.read_text(encoding="utf-8").splitlines() if manifest.is_file() else []:
        try:
            item = json.loads(row)
        except ValueError:
            continue  # cut off when a run was stopped
        if item["text"] != texts.get(item["id"], item["text"]):
            raise ValueError(other)
        if (out / "audio" / f"{item['id']}.ogg").is_file():
            rows.append(row + "\n")
            present.add(item["id"])
    for path, content in (
        (manifest, "".join(rows)),
        (roster, json.dumps(max(known, wanted, key=len), indent=1) + "\n"),
    ):
        partial = path.with_suffix(".partial")
        partial.write_text(content, encoding="utf-8")
        partial.replace(path)
    return present


def _make_line(line: Line, out: Path) -> dict[str, Any] | str:
    """Synthesize one line and write its sound. Return its row of the manifest, or the reason why there is none."""
    try:
        samples, phones = say(line)
        path = out / "audio" / f"{line.id}.ogg"
        partial = path.with_suffix(".partial")
        soundfile.write(partial, samples, RATE, format="OGG", subtype="OPUS")
        partial.replace(path)
    except (ValueError, OSError) as error:  # soundfile's own errors are OSErrors
        return f"{line.id}: {error}"
    duration = round(len(samples) / RATE, 4)
    head = {"id": line.id, "speaker": line.speaker.id, "emotion": line.emotion, "text": line.text, "duration": duration}
    return head | {"phones": [list(phone) for phone in phones]}


def say(line: Line) -> tuple[np.ndarray, list[tuple[str, float, float]]]:
    """Return samples (n,) at 24 kHz and (label, start s, end s) of their phones. Raises ValueError for a line that can't be said."""
    style, natural = _voice(line.speaker)
    manner, formants = SPEAKING_STYLES[line.emotion], line.speaker.formants
    # Played faster by `formants` in the end, everything rises and shortens; pitch and pace make up for it beforehand.
    pitch = Pitch(natural, line.speaker.hertz * manner.pitch / formants, manner.strength)
    spoken = speak(_kokoro(), symbols_of(line.sounds), style, line.speaker.speed * manner.speed / formants, pitch)
    return finish(spoken, line.sounds, formants, manner.tilt)


def tilted(samples: np.ndarray, tilt: float) -> np.ndarray:
    """Raise samples (n,) by a gain in dB per octave above TILT_FROM."""
    octaves = np.log2(np.maximum(np.fft.rfftfreq(len(samples), 1 / RATE), TILT_FROM) / TILT_FROM)
    return np.fft.irfft(np.fft.rfft(samples) * 10 ** (tilt * octaves / 20), len(samples))


def finish(
    spoken: Spoken, sounds: Sequence[Sound], formants: float, tilt: float = 0.0
) -> tuple[np.ndarray, list[tuple[str, float, float]]]:
    """Play samples `formants` times as fast, tilt the spectrum and set the level, and scale the times of the phones."""
    samples = tilted(soxr.resample(spoken.samples, RATE * formants, RATE), tilt)
    loudness, peak = float(np.sqrt(np.mean(samples**2))), float(np.abs(samples).max())
    if not 1e-4 < loudness < 1e4:
        raise ValueError("the model made no usable sound of it: leave this sentence out")
    samples = samples * min(_LEVEL / loudness, _PEAK / peak)
    duration = len(samples) / RATE
    times = times_of(sounds, spoken.lengths, duration * formants)
    scaled = [(label, round(start / formants, 4), round(end / formants, 4)) for label, start, end in times]
    return samples.astype(np.float32), scaled


@cache
def _kokoro() -> Kokoro:
    return load()


@cache
def _voice(speaker: Speaker) -> tuple[np.ndarray, float]:
    """Return the speaker's style and its natural pitch in Hz."""
    kokoro = _kokoro()
    style = style_of(speaker, kokoro.voices)
    symbols = symbols_of(sounds_of(_CALIBRATION, dictionary()))
    return style, natural_pitch(speak(kokoro, symbols, style))
