"""Sound -> takes: features once a clip, identity and emotion chosen or matched, few-step sampling, curves at any frame rate."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .arkit import CHANNELS
from .curves import Curves, resample
from .features import MEL_FPS, RATE, log_mel, speech_gain
from .locks import at_rate, put_back
from .model_folder import Card, ModelError, check_files, read_card
from .personalizer import NEUTRAL, Ranking, pool_voice, rank
from .runtimes import WINDOW, Report, Runtime, RuntimeUnusable, find, silent
from .sampler import Level, sample_ddim

AUTO = "auto"
FACE_FPS = 30
_AUDIO_FPS = MEL_FPS // 2  # the encoder halves the rate

_NOTHING = 1e-6  # a share that isn't seen
_LISTENING = 0.4  # of the time that a job takes

Callback = Callable[[str, float], None]  # stage, fraction of the whole that is done; may raise to cancel


@dataclass(frozen=True)
class Wish:
    """What an artist asks for."""

    identity: str
    emotion: str
    seed: int
    count: int
    fps: float
    intensity: float = 1.0
    moods: tuple[tuple[float, str, float], ...] = ()  # (seconds, emotion, intensity): in place of emotion and intensity
    kept: np.ndarray | None = None  # (frames, 52) at fps, NaN where the takes are free


@dataclass(frozen=True)
class Take:
    """One generated performance, with the identity, emotion and seed it was made with."""

    curves: Curves
    identity: str
    emotion: str
    seed: int


@dataclass(frozen=True)
class Model:
    """A loaded model. notice: a sentence for the artist when it does not run as it was meant to."""

    card: Card
    runtime: Runtime
    notice: str = ""


@dataclass(frozen=True)
class _Heard:
    condition: np.ndarray  # (N, D) at 30 fps
    queries: tuple[np.ndarray, np.ndarray]  # unit vectors of identity and emotion, (E,) each


def load_model(folder: Path, runtime: str = "onnx", threads: int = 0, report: Report = silent) -> Model:
    """Check a model folder and open it: on the onnx runtime, with a notice, where another can't be used. Raises ModelError.

    runtime: one of backend.runtimes.PACKAGES; threads: of the processor, 0: as many as there are cores; report is told what is being done
    when that takes long.
    """
    card = read_card(folder)
    check_files(folder, card)
    try:
        return Model(card, find(runtime).load(folder, threads, report))
    except RuntimeUnusable as error:
        if runtime == "onnx":
            raise ModelError(str(error)) from error
        notice = f"{str(error).rstrip('.')}; until then, ONNX Runtime does the work."
    return replace(load_model(folder, threads=threads), notice=notice)


def _interpolate(audio: np.ndarray, frames: int) -> np.ndarray:
    """50 Hz -> 30 fps, linear, (T, D) -> (frames, D). Must equal training's to_face_rate."""
    position = np.minimum(np.arange(frames, dtype=np.float32) * np.float32(_AUDIO_FPS / FACE_FPS), len(audio) - 1)
    left = np.floor(position).astype(int)
    weight = (position - left)[:, None]
    return audio[left] * (1 - weight) + audio[np.minimum(left + 1, len(audio) - 1)] * weight


def _listen(model: Model, samples: np.ndarray, callback: Callback) -> _Heard:
    """Encode a clip in windows. Each gets the encoder's whole field of view, so that their seams are nowhere to be seen."""
    samples = samples * np.float32(speech_gain(samples))
    total = int(np.ceil(len(samples) / RATE * _AUDIO_FPS)) + 2  # audio frames
    reach = model.card.reach + model.card.reach % 2
    conditions, voices = [], []
    for start in range(0, total, WINDOW * _AUDIO_FPS):
        callback("Listening", _LISTENING * start / total)
        stop = min(start + WINDOW * _AUDIO_FPS, total)
        first, last = max(2 * start - reach, 0), min(2 * stop + reach, 2 * total)
        condition, voice = model.runtime.encode(log_mel(samples, first, last - first))
        keep = slice(start - first // 2, stop - first // 2)
        conditions.append(condition[keep])
        voices.append(voice[keep])
    queries = model.runtime.queries(pool_voice(np.concatenate(voices)))
    return _Heard(_interpolate(np.concatenate(conditions), int(len(samples) / RATE * FACE_FPS) + 2), queries)


def _denoiser(model: Model, heard: _Heard, people: list[tuple[np.ndarray, np.ndarray]]) -> Callable[[np.ndarray, Level], np.ndarray]:
    """The decoder over a whole clip, in windows that hand on the GRU's state: the same curves as in one go.

    people: (fused embedding (P,), its share of the face on each frame (N,)); shares add up to 1. What each of them would do is added up.
    """
    look, window = model.card.look, WINDOW * FACE_FPS

    def walk(z: np.ndarray, level: Level, person: np.ndarray) -> np.ndarray:
        padded = np.pad(z, ((0, 0), (look, look), (0, 0)))
        pieces, state = [], None
        for start in range(0, z.shape[1], window):
            stop = min(start + window, z.shape[1])
            clean, state = model.runtime.denoise(
                padded[:, start : stop + 2 * look], heard.condition[start:stop], person, level.log_snr, state
            )
            pieces.append(clean)
        return np.concatenate(pieces, axis=1)

    def denoise(z: np.ndarray, level: Level) -> np.ndarray:
        if len(people) == 1:
            return walk(z, level, people[0][0])
        return sum((share[:, None] * walk(z, level, person) for person, share in people), np.zeros_like(z))

    return denoise


def _shares(moods: Sequence[tuple[float, str, float]], frames: int) -> dict[str, np.ndarray]:
    """Emotion -> its share of the face on each frame at 30 fps (frames,), for moods over time. What an emotion leaves is neutral's.

    Between two moods one fades into the other; the first and the last hold.
    """
    times = [seconds for seconds, _, _ in moods]
    seconds = np.arange(frames) / FACE_FPS
    shares = {}
    for emotion in dict.fromkeys(emotion for _, emotion, _ in moods if emotion != NEUTRAL):
        shares[emotion] = np.interp(seconds, times, [intensity if name == emotion else 0.0 for _, name, intensity in moods])
    rest = 1.0 - sum(shares.values(), np.zeros(frames))
    if np.abs(rest).max() > _NOTHING:
        shares[NEUTRAL] = rest
    return {emotion: share.astype(np.float32) for emotion, share in shares.items()}


def generate(model: Model, samples: np.ndarray, wish: Wish, callback: Callback) -> Iterator[Take]:
    """Make wish.count takes of a clip, with seeds wish.seed, wish.seed + 1, ...

    samples: (n,) float32 mono at 16 kHz. Each take has max(1, round(duration * fps)) frames, frame k at k / fps seconds, all 52 channels in
    0..1; where wish.kept is no NaN, they hold it. The same wish gives the same take. The wish's names must be the model's: backend.service.check says so in words.
    """
    card = model.card
    identity_names = tuple(entry.name for entry in card.identities)
    heard = _listen(model, samples, callback)
    ranking = rank(card, *heard.queries)
    identity = ranking.identity if wish.identity == AUTO else wish.identity
    emotion = ranking.emotion if wish.emotion == AUTO else wish.emotion
    moods = [(seconds, emotion if name == AUTO else name, how_much) for seconds, name, how_much in wish.moods]
    total = len(heard.condition)
    people = [
        (
            model.runtime.personalize(
                card.identity_embeddings[identity_names.index(identity)], card.emotion_embeddings[card.emotions.index(name)]
            ),
            share,
        )
        for name, share in _shares(moods or [(0.0, emotion, wish.intensity)], total).items()
    ]
    denoise = _denoiser(model, heard, people)
    frames = max(1, round(len(samples) / RATE * wish.fps))
    constrain = None
    if wish.kept is not None:
        known = (at_rate(wish.kept, wish.fps, FACE_FPS, total) - card.mean) / card.deviation

        def constrain(clean: np.ndarray) -> np.ndarray:
            return put_back(clean[0], known, FACE_FPS)[None]

    for number in range(wish.count):
        seed = wish.seed + number
        noise = np.random.default_rng(seed).standard_normal((1, total, len(CHANNELS)), np.float32) * card.start

        def progress(step: int, steps: int, number: int = number) -> None:
            callback("Performing", _LISTENING + (1 - _LISTENING) * (number + step / steps) / wish.count)

        z = sample_ddim(denoise, noise, card.levels, progress, constrain)[0]
        values = np.clip(z * card.deviation + card.mean, 0.0, 1.0)
        curves = resample(Curves(CHANNELS, values, FACE_FPS), wish.fps, frames)
        yield Take(replace(curves, values=_hold(curves.values, wish.kept)), identity, emotion, seed)


def _hold(values: np.ndarray, kept: np.ndarray | None) -> np.ndarray:
    """What was kept, to the bit, in a take of as many frames or more."""
    if kept is None:
        return values
    held = values.copy()
    here = kept[: len(values)]
    held[: len(here)] = np.where(np.isnan(here), values[: len(here)], np.clip(here, 0.0, 1.0))
    return held


def rank_voice(model: Model, samples: np.ndarray) -> Ranking:
    """Which identities and emotions of the library a voice is like."""
    return rank(model.card, *voice_queries(model, samples))


def voice_queries(model: Model, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the libraries' keys are compared with for this voice: unit vectors of identity and emotion, (E,) each."""
    return _listen(model, samples, lambda stage, fraction: None).queries
