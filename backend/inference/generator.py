"""Sound -> takes: features once a clip, identity and emotion chosen or matched, few-step sampling, curves at any frame rate."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..arkit import CHANNELS
from ..curves.base import Curves, resample
from ..messages import UserMessage
from ..model_folder import ModelCard, ModelError, read_card, read_parts
from ..noise_schedule import NoiseLevel
from ..runtimes import Report, Runtime, RuntimeUnusable, find, silent
from ..runtimes.graphs import try_out
from .audio_encoding import FACE_FPS, AudioFeatures, listen
from .inpainting import CONTEXT, at_rate, hold, put_back
from .voice_match import NEUTRAL, Ranking, rank
from .windowed_sampler import Constrain, Denoise, SamplingTask, sample_in_windows

AUTO = "auto"
_WINDOW = 30  # s: how much is denoised at a time
_SHORT_WINDOW = 2  # s: the same where steps run at the same time, so that the next has not long to wait

_NOTHING = 1e-6  # a share that isn't seen
_LIKENESSES = 3  # told of a voice
_LISTENING = 0.4  # of the time that a job takes

Callback = Callable[[UserMessage, float], None]  # stage, fraction of the whole that is done; may raise to cancel
Sound = np.ndarray | Iterable[np.ndarray]  # (n,) float32 mono at 16 kHz, or its blocks as backend.audio.Clip has them


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
    """One generated performance, with the identity, emotion and seed it was made with; likeness: whom the voice is most like, best first."""

    curves: Curves
    identity: str
    emotion: str
    seed: int
    likeness: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Model:
    """A loaded model. parallel: whether its runtime may be asked by several threads at once; notices: for the artist when it does not
    run as it was meant to; stands_in: for another one, whose names it may not know."""

    card: ModelCard
    runtime: Runtime
    parallel: bool = False
    notices: tuple[UserMessage, ...] = ()
    stands_in: bool = False


def load_model(folder: Path, runtime: str = "onnx", threads: int = 0, report: Report = silent) -> Model:
    """Check a model folder and open it: on the onnx runtime, with a notice, where another can't be used. Raises ModelError.

    runtime: one of backend.runtimes.PACKAGES; threads: of the processor, 0: as many as there are cores; report is told what is being done
    when that takes long.
    """
    card = read_card(folder)
    parts = read_parts(folder, card)
    try:
        opened = find(runtime).load(card, parts, threads, report)
        try_out(card, opened)
        return Model(card, opened, parallel=runtime == "onnx" and threads != 1)
    except (RuntimeUnusable, ModelError) as error:
        if runtime == "onnx":
            raise ModelError(error.message) from error
        notice = UserMessage("{reason}; until then, ONNX Runtime is used", reason=error.message)
    return replace(load_model(folder, threads=threads), notices=(notice,))


def load_model_or(own: Path, folder: Path, runtime: str = "onnx", report: Report = silent) -> Model:
    """load_model() of a folder or, where it can't be used, of our own, with a notice that says why. Raises ModelError when neither can."""
    try:
        return load_model(folder, runtime, report=report)
    except ModelError as error:
        if folder.resolve() == own.resolve():
            raise
        model = load_model(own, runtime, report=report)
        notice = UserMessage("{reason}; until then, the extension's own model is used", reason=error.message)
        return replace(model, notices=(notice, *model.notices), stands_in=True)


def _hear(model: Model, samples: Sound, callback: Callback) -> AudioFeatures:
    blocks = [samples] if isinstance(samples, np.ndarray) else samples
    return listen(
        model.runtime,
        model.card.reach,
        blocks,
        lambda fraction: callback(UserMessage("Listening"), _LISTENING * fraction),
    )


def _denoiser(model: Model, condition: np.ndarray, people: Sequence[tuple[np.ndarray, np.ndarray]]) -> Denoise:
    """The decoder, handing on the GRU's states: over windows it gives the same curves as in one go.

    people: (fused embedding (P,), its share of the face on each frame (N,)); shares add up to 1. What each of them would do is added up.
    """

    def denoise(noisy: np.ndarray, level: NoiseLevel, first: int, states: list | None) -> tuple[np.ndarray, list]:
        here = slice(first, first + noisy.shape[1] - 2 * model.card.look)
        answers = [
            model.runtime.denoise(noisy, condition[here], person, level.log_snr, state)
            for (person, _), state in zip(people, states or [None] * len(people), strict=True)
        ]
        states = [state for _, state in answers]
        if len(people) == 1:
            return answers[0][0], states
        return sum(share[here, None] * clean for (_, share), (clean, _) in zip(people, answers, strict=True)), states

    return denoise


def _constraint(card: ModelCard, wish: Wish) -> Constrain:
    """What a prediction becomes so that it holds what is kept."""
    kept = wish.kept
    if kept is None:
        return lambda clean, first: clean

    def constrain(clean: np.ndarray, first: int) -> np.ndarray:
        # An artist's key may lie anywhere; a take holds what of it is within 0..1, see hold().
        known = np.clip(at_rate(kept, wish.fps, FACE_FPS, first, first + len(clean)), 0.0, 1.0)
        return put_back(clean, (known - card.mean) / card.deviation, FACE_FPS)

    return constrain


def _shares(moods: Sequence[tuple[float, str, float]], frames: int) -> dict[str, np.ndarray]:
    """Emotion -> its share of the face on each frame at 30 fps (frames,), for moods over time. What an emotion leaves is neutral's.

    Between two moods one fades into the other; the first and the last hold.
    """
    times = [seconds for seconds, _, _ in moods]
    seconds = np.arange(frames) / FACE_FPS
    shares = {}
    for emotion in dict.fromkeys(emotion for _, emotion, _ in moods if emotion != NEUTRAL):
        shares[emotion] = np.interp(
            seconds, times, [intensity if name == emotion else 0.0 for _, name, intensity in moods]
        )
    rest = 1.0 - sum(shares.values(), np.zeros(frames))
    if np.abs(rest).max() > _NOTHING:
        shares[NEUTRAL] = rest
    return {emotion: share.astype(np.float32) for emotion, share in shares.items()}


def generate(model: Model, samples: Sound, wish: Wish, callback: Callback) -> Iterator[Take]:
    """Make wish.count takes of a clip, with seeds wish.seed, wish.seed + 1, ...

    Each take has max(1, round(duration * fps)) frames, frame k at k / fps seconds, all 52 channels in 0..1; where wish.kept is no NaN, they
    hold it. The same wish gives the same take. The wish's names must be the model's: backend.ipc.server.check says so in words.
    """
    card = model.card
    heard = _hear(model, samples, callback)
    total = len(heard.condition)
    ranking = rank(card, *heard.queries)
    identity = ranking.identity if wish.identity == AUTO else wish.identity
    emotion = ranking.emotion if wish.emotion == AUTO else wish.emotion
    moods = [(seconds, emotion if name == AUTO else name, how_much) for seconds, name, how_much in wish.moods]
    embedding = card.identity_embeddings[[entry.name for entry in card.identities].index(identity)]
    people = [
        (model.runtime.personalize(embedding, card.emotion_embeddings[card.emotions.index(name)]), share)
        for name, share in _shares(moods or [(0.0, emotion, wish.intensity)], total).items()
    ]
    task = SamplingTask(
        window=(_SHORT_WINDOW if model.parallel else _WINDOW) * FACE_FPS,
        look=card.look,
        context=round(CONTEXT * FACE_FPS),
        denoise=_denoiser(model, heard.condition, people),
        constrain=_constraint(card, wish),
    )
    frames = max(1, round(heard.seconds * wish.fps))
    with ThreadPoolExecutor(card.steps) if model.parallel else contextlib.nullcontext() as workers:
        for number in range(wish.count):

            def progress(fraction: float, number: int = number) -> None:
                callback(UserMessage("Performing"), _LISTENING + (1 - _LISTENING) * (number + fraction) / wish.count)

            seed = wish.seed + number
            z = np.random.default_rng(seed).standard_normal(
                (total, len(CHANNELS)), np.float32
            )  # which becomes the take
            z *= card.start
            sample_in_windows(task, z, card.levels, workers, progress)
            z *= card.deviation
            z += card.mean
            if not np.isfinite(z.sum()):
                raise ModelError(
                    "{model} turns this sound into values that aren't numbers: choose another model", model=card.name
                )
            np.clip(z, 0.0, 1.0, out=z)
            curves = resample(Curves(CHANNELS, z, FACE_FPS), wish.fps, frames)
            if wish.kept is not None:
                hold(curves.values, wish.kept)
            yield Take(curves, identity, emotion, seed, ranking.identities[:_LIKENESSES])


def rank_voice(model: Model, samples: Sound) -> Ranking:
    """Which identities and emotions of the library a voice is like."""
    return rank(model.card, *voice_queries(model, samples))


def voice_queries(model: Model, samples: Sound) -> tuple[np.ndarray, np.ndarray]:
    """What the libraries' keys are compared with for this voice: unit vectors of identity and emotion, (E,) each."""
    return _hear(model, samples, lambda stage, fraction: None).queries
