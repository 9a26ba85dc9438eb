"""Perform a folder of utterances: write takes in BEAT's layout, so that the same pipeline trains on recorded and synthetic data."""

import json
import logging
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from backend.arkit import EMOTIONS

from ...data.beat import NUMBERS
from ...data.beat_writer import Person, resampled, write_identities, write_recording
from .articulation import Articulation
from .perform import RATE, perform
from .phones import Phone, read_phones
from .styles import Style, Voice, style_of_voice

log = logging.getLogger(__name__)

_LENGTH = 22.0  # s, target length of a take
_IDLE_SHARE = 0.06  # of takes without speech
_ROOM_NOISE = 10 ** (-70 / 20)  # largest amplitude


@dataclass(frozen=True)
class Utterance:
    """One line of the source's manifest, with its audio file. duration in s."""

    id: str
    audio: Path
    duration: float
    phones: tuple[Phone, ...]


@dataclass(frozen=True)
class Plan:
    """A take to make. number: BEAT's sequence number, which implies the emotion. An idle take has no utterances."""

    speaker: int
    style: Style
    emotion: str
    number: int
    utterances: tuple[Utterance, ...]

    @property
    def stem(self) -> str:
        """Return BEAT's file name without suffix, such as 7_mira_0_65_65."""
        return f"{self.speaker}_{self.style.name.lower()}_0_{self.number}_{self.number}"


@dataclass(frozen=True)
class Summary:
    """Result of a stage.

    written: number of new takes. present: number of those that were there before. seconds: length of the new ones. skipped: unusable sources,
    each with its reason.
    """

    written: int
    present: int
    seconds: float
    skipped: tuple[str, ...]


def perform_folder(
    source: Path,
    out: Path,
    seed: int = 0,
    workers: int | None = None,
    limit: int | None = None,
    articulation: Articulation | None = None,
) -> Summary:
    """Perform every utterance of source, and write out/ID/ID_name_0_N_N.{wav,json,TextGrid} and out/identities.json.

    source holds manifest.jsonl, audio/ID.ogg and speakers.json. workers: number of processes, by default one a core. limit: make only so many
    takes, for a trial. articulation: how sounds move the mouth, by default as bundled. Existing takes stay. The same seed makes the same takes with any number of workers. Unreadable files are skipped and
    reported. Several sources may share an out if no speaker is in two. Raises FileNotFoundError if there is no manifest, ValueError if
    speakers.json does not describe the voices.
    """
    manifest = source / "manifest.jsonl"
    if not manifest.is_file():
        raise FileNotFoundError(
            f"{source} holds no manifest.jsonl, so there is nothing to perform: choose a folder of speech."
        )
    utterances, skipped = _read_manifest(manifest)
    plans = plan_takes(utterances, _read_speakers(source / "speakers.json"), seed)[:limit]
    out.mkdir(parents=True, exist_ok=True)
    styles = {plan.speaker: plan.style for plan in plans}
    write_identities(out, [Person(speaker, style.name, style.description) for speaker, style in sorted(styles.items())])
    lengths: list[float | None] = []
    with ProcessPoolExecutor(workers) as pool:
        results = pool.map(make_take, plans, repeat(out), repeat(seed), repeat(articulation), chunksize=4)
        for length, problems in tqdm(results, desc="perform", unit="take", total=len(plans)):
            lengths.append(length)
            skipped += problems
    for line in skipped:
        log.warning("skipped %s", line)
    made = [length for length in lengths if length]
    return Summary(len(made), lengths.count(None), sum(made), tuple(skipped))


def plan_takes(utterances: dict[tuple[int, str], list[Utterance]], voices: dict[int, Voice], seed: int) -> list[Plan]:
    """Assign utterances to takes: shuffled, joined to about 22 s and numbered as in BEAT, with idle takes among the neutral ones."""
    plans = []
    for speaker in sorted({speaker for speaker, _ in utterances}):
        rng = np.random.default_rng((seed, speaker))
        style = style_of_voice(voices[speaker])
        total = 0
        for emotion in EMOTIONS[::-1]:  # neutral last, for idle takes follow it
            group = utterances.get((speaker, emotion), [])
            first, last = NUMBERS[emotion]
            idle = (
                max(1, round(_IDLE_SHARE * (total + sum(u.duration for u in group) / _LENGTH)))
                if emotion == "neutral"
                else 0
            )
            count = min(len(group), last - first + 1 - idle, max(1, round(sum(u.duration for u in group) / _LENGTH)))
            shuffled = [group[k] for k in rng.permutation(len(group))]
            for k, part in enumerate(np.array_split(np.arange(len(group)), count) if count else []):
                plans.append(Plan(speaker, style, emotion, first + k, tuple(shuffled[index] for index in part)))
            plans += [Plan(speaker, style, emotion, first + count + k, ()) for k in range(idle)]
            total += count
    return sorted(plans, key=lambda plan: (plan.speaker, plan.number))


def make_take(
    plan: Plan, out: Path, seed: int, articulation: Articulation | None = None
) -> tuple[float | None, list[str]]:
    """Perform and write one take. Return its length in s (None if it exists already, 0 if no source could be read) and the skipped sources.

    The .json is written last and by renaming, so a take that has one is complete.
    """
    folder = out / str(plan.speaker)
    done = folder / f"{plan.stem}.json"
    if done.is_file():
        return None, []
    folder.mkdir(parents=True, exist_ok=True)
    sound_rng, face_rng = (np.random.default_rng((seed, plan.speaker, plan.number, stream)) for stream in (0, 1))
    samples, phones, problems = _join(plan.utterances, sound_rng)
    if plan.utterances and len(problems) == len(plan.utterances):
        return 0.0, problems
    curves = perform(samples, phones, plan.style, plan.emotion, face_rng, articulation=articulation)
    (folder / f"{plan.stem}.TextGrid").write_text(text_grid(phones, len(samples) / RATE), encoding="utf-8")
    write_recording(folder, plan.stem, samples, curves)
    return len(samples) / RATE, problems


def text_grid(phones: Sequence[Phone], duration: float) -> str:
    """Format a Praat TextGrid with the tiers `words` (one empty interval) and `phones`, both without gaps."""
    rows: list[tuple[float, float, str]] = []
    for phone in phones:
        clock = rows[-1][1] if rows else 0.0
        if phone.start > clock + 1e-4:
            rows.append((clock, phone.start, "SIL"))
            clock = phone.start
        if min(phone.end, duration) > clock:
            rows.append((clock, min(phone.end, duration), phone.label))
    if not rows or rows[-1][1] < duration - 1e-4:
        rows.append((rows[-1][1] if rows else 0.0, duration, "SIL"))
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {duration:.6f}"]
    lines += ["tiers? <exists>", "size = 2", "item []:"]
    for number, (name, tier) in enumerate((("words", [(0.0, duration, "")]), ("phones", rows)), start=1):
        lines += [
            f"    item [{number}]:",
            '        class = "IntervalTier"',
            f'        name = "{name}"',
            "        xmin = 0",
        ]
        lines += [f"        xmax = {duration:.6f}", f"        intervals: size = {len(tier)}"]
        for k, (start, end, label) in enumerate(tier, start=1):
            lines += [f"        intervals [{k}]:", f"            xmin = {start:.6f}", f"            xmax = {end:.6f}"]
            lines += [f'            text = "{label}"']
    return "\n".join(lines) + "\n"


def _read_speakers(path: Path) -> dict[int, Voice]:
    """Read the voice of each speaker. Raises ValueError if the file does not describe them."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {int(row["id"]): Voice(float(row["hertz"]), float(row["formants"]), float(row["speed"])) for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} does not list each speaker's id, hertz, formants and speed ({error!r}): `synthesise` writes such a list"
        ) from error


def _read_manifest(path: Path) -> tuple[dict[tuple[int, str], list[Utterance]], list[str]]:
    found: dict[tuple[int, str], list[Utterance]] = {}
    skipped = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            key = (int(row["speaker"]), str(row["emotion"]))
            if key[1] not in EMOTIONS:
                raise ValueError(f"unknown emotion {key[1]}")
            audio = path.parent / "audio" / f"{row['id']}.ogg"
            found.setdefault(key, []).append(
                Utterance(row["id"], audio, float(row["duration"]), read_phones(row["phones"]))
            )
        except (ValueError, KeyError, TypeError) as error:
            skipped.append(f"line {number} of {path.name}: {error!r}")
    return {key: sorted(group, key=lambda item: item.id) for key, group in found.items()}, skipped


def _join(utterances: Sequence[Utterance], rng: np.random.Generator) -> tuple[np.ndarray, tuple[Phone, ...], list[str]]:
    """Join utterances with pauses between them into samples (n,) at 16 kHz and phones. Without utterances, return 10 to 20 s of a quiet room."""
    noise = _ROOM_NOISE * rng.uniform(0.3, 1.0) if rng.random() < 0.5 else 0.0
    pieces: list[np.ndarray] = []
    phones: list[Phone] = []
    problems: list[str] = []
    length = 0

    def pause(shortest: float, longest: float) -> None:
        nonlocal length
        pieces.append(np.zeros(int(rng.uniform(shortest, longest) * RATE)))
        length += len(pieces[-1])

    pause(0.2, 0.9) if utterances else pause(10, 20)
    for utterance in utterances:
        try:
            samples = read_speech(utterance.audio)
        except (OSError, ValueError) as error:  # soundfile's own errors are OSErrors
            problems.append(f"{utterance.audio.name}: {error}")
            continue
        phones += [
            Phone(phone.label, phone.start + length / RATE, phone.end + length / RATE) for phone in utterance.phones
        ]
        pieces.append(samples)
        length += len(samples)
        # Mostly breath pauses, now and then a long one in which the face idles.
        pause(0.3, 2.5) if rng.random() < 0.4 else pause(0.3, 0.9)
    joined = np.concatenate(pieces)
    return (joined + noise * rng.standard_normal(len(joined))).astype(np.float32), tuple(phones), problems


def read_speech(path: Path) -> np.ndarray:
    """Read a sound as mono samples (n,) at 16 kHz. Raises OSError or ValueError for a file that is no sound."""
    try:
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    except soundfile.SoundFileError as error:
        raise OSError(str(error)) from error
    if not len(samples) or not np.isfinite(samples).all():
        raise ValueError("it holds no usable samples")
    return resampled(samples, rate)
