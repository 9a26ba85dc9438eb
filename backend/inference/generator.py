"""Generate takes from sound: encode it once, choose identity and emotion, sample, and resample. In the backend process."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import runtimes
from ..arkit import CHANNELS, HEAD
from ..curves.aperture import stop_at_contact
from ..curves.base import Curves, resample
from ..messages import UserMessage
from ..model_folder import ModelCard, ModelError, Parts, read_card, read_parts
from ..noise_schedule import NoiseLevel
from ..performance import AUTO, EmotionKey, Performance, Take
from ..runtimes import Report, Runtime, RuntimeUnusable, find, silent
from ..runtimes.graphs import try_out
from ..sounds.head_file import SoundsPart, read_sounds_part
from ..sounds.phone_head import sounds_of
from ..sounds.shapes import Sound as Phone
from .audio_encoding import FACE_FPS, AudioFeatures, encode_clip
from .inpainting import CONTEXT, inpaint, known_at, write_known
from .voice_match import NEUTRAL, Ranking, rank
from .windowed_sampler import Denoise, Inpaint, SamplingTask, sample_in_windows

_WINDOW = 30  # s: how much is denoised at a time
_SHORT_WINDOW = 2  # s: the same where steps run at the same time, so that the next has not long to wait

_MIN_SHARE = 1e-6  # smaller shares of an emotion are invisible
_PIECE = 4096  # frames of noise that are drawn at a time
_LIKENESSES = 3  # listed in a take
_ENCODING_SHARE = 0.4  # of the time of a job

_ON_ANY_MACHINE = ("onnx", "numpy")  # runtimes that fail only for a broken model

log = logging.getLogger(__name__)

Callback = Callable[[UserMessage, float], None]  # gets stage and fraction of the job; may raise to cancel
Sound = np.ndarray | Iterable[np.ndarray]  # (n,) float32, mono at 16 kHz, or its blocks as in backend.audio.Clip


@dataclass(frozen=True)
class Model:
    """A loaded model.

    parallel: several threads may use its runtime at once. notices: for the artist, when it doesn't run as intended.
    stands_in: it replaces another model, and may lack that one's names. sounds: None if it can't tell sounds apart.
    """

    card: ModelCard
    runtime: Runtime
    parallel: bool = False
    notices: tuple[UserMessage, ...] = ()
    stands_in: bool = False
    sounds: SoundsPart | None = None


def load_model(folder: Path, runtime: str = runtimes.AUTO, threads: int = 0, report: Report = silent) -> Model:
    """Check a model folder and load it. If the runtime can't be used, use another one and add a notice.

    runtime: runtimes.AUTO or one of runtimes.PACKAGES. threads: of the processor; 0 uses every core.
    report(stage): called with each slow step. Raises ModelError.
    """
    card = read_card(folder)
    parts, sounds = read_parts(folder, card), read_sounds_part(folder, card)
    return replace(_load(card, parts, runtime, threads, report), sounds=sounds)


def _load(card: ModelCard, parts: Parts, runtime: str, threads: int, report: Report) -> Model:
    """Load a model with a runtime, or with another one and a notice. Raises ModelError."""
    if runtime == runtimes.AUTO:
        return _load_any(card, parts, threads, report)
    try:
        return _tried(card, find(runtime).load(card, parts, threads, report), threads)
    except (RuntimeUnusable, ModelError) as error:
        if isinstance(error, ModelError) and runtime in _ON_ANY_MACHINE:
            raise
        model = _load_any(card, parts, threads, silent)
        if model.runtime.name == "onnx":
            notice = UserMessage("{reason}; until then, ONNX Runtime is used", reason=error.message)
        else:
            notice = UserMessage("{reason}; until then, the numpy runtime is used", reason=error.message)
        return replace(model, notices=(notice,))


def _load_any(card: ModelCard, parts: Parts, threads: int, report: Report) -> Model:
    """Load a model with ONNX Runtime if that is installed and can open it, otherwise with numpy. Raises ModelError."""
    try:
        opened = find("onnx").load(card, parts, threads, report)
    except (RuntimeUnusable, ModelError) as error:
        log.info("ONNX Runtime isn't used: %s", error)
        try:
            opened = find("numpy").load(card, parts, threads, report)
        except ModelError:
            # ONNX Runtime fails for a broken model, too, and says more. Otherwise it is missing, or too old for the
            # model: another extension may have brought it.
            if isinstance(error, ModelError):
                raise error from None
            raise
    return _tried(card, opened, threads)


def _tried(card: ModelCard, runtime: Runtime, threads: int) -> Model:
    """Try a runtime out. Raises ModelError."""
    try_out(card, runtime)
    return Model(card, runtime, parallel=runtime.name == "onnx" and threads != 1)


def load_model_or(own: Path, folder: Path, runtime: str = runtimes.AUTO, report: Report = silent) -> Model:
    """Load the model of a folder. If that fails, load our own and add a notice. Raises ModelError if both fail."""
    try:
        return load_model(folder, runtime, report=report)
    except ModelError as error:
        if folder.resolve() == own.resolve():
            raise
        model = load_model(own, runtime, report=report)
        notice = UserMessage("{reason}; until then, the extension's own model is used", reason=error.message)
        return replace(model, notices=(notice, *model.notices), stands_in=True)


def _encode(model: Model, samples: Sound, callback: Callback) -> AudioFeatures:
    blocks = [samples] if isinstance(samples, np.ndarray) else samples
    return encode_clip(
        model.runtime,
        model.card.receptive_field,
        blocks,
        lambda fraction: callback(UserMessage("Listening"), _ENCODING_SHARE * fraction),
        model.sounds.head if model.sounds else None,
    )


def _heard(model: Model, features: AudioFeatures) -> tuple[Phone, ...]:
    if model.sounds is None or features.phone_scores is None:
        return ()
    return sounds_of(features.phone_scores, model.sounds.head, features.seconds)


def _denoiser(model: Model, condition: np.ndarray, styles: Sequence[tuple[np.ndarray, np.ndarray]]) -> Denoise:
    """Wrap the decoder so that it passes the GRU's states on: over windows it gives the same curves as in one go.

    styles: (fused embedding (P,), its share on each frame (N,)). Shares add up to 1; the predictions are mixed by them.
    """

    def denoise(
        noisy: np.ndarray, level: NoiseLevel, first: int, states: list[Any] | None
    ) -> tuple[np.ndarray, list[Any]]:
        here = slice(first, first + noisy.shape[1] - 2 * model.card.lookahead)
        heard = condition[here].astype(np.float32)
        answers = [
            model.runtime.denoise(noisy, heard, style, level.log_snr, state)
            for (style, _), state in zip(styles, states or [None] * len(styles), strict=True)
        ]
        states = [state for _, state in answers]
        if len(styles) == 1:
            return answers[0][0], states
        return sum(share[here, None] * clean for (_, share), (clean, _) in zip(styles, answers, strict=True)), states

    return denoise


def _inpainter(card: ModelCard, performance: Performance) -> Inpaint:
    """Return the function that puts a request's known values into a prediction (standardized, at FACE_FPS)."""
    locked = performance.locked
    if locked is None:
        return lambda clean, first: clean

    def inpaint_locked(clean: np.ndarray, first: int) -> np.ndarray:
        known = np.full((len(clean), len(card.channels)), np.nan, np.float32)
        given = known_at(locked, performance.fps, FACE_FPS, first, first + len(clean))[:, : len(card.channels)]
        known[:, : given.shape[1]] = given
        # A manual key may lie anywhere; takes hold values of 0..1 only, see write_known().
        weights = known[:, : len(CHANNELS)]
        np.clip(weights, 0.0, 1.0, out=weights)
        return inpaint(clean, (known - card.mean) / card.std, FACE_FPS)

    return inpaint_locked


def _shares(keys: Sequence[EmotionKey], frames: int) -> dict[str, np.ndarray]:
    """Return emotion -> its share on each frame at FACE_FPS, (frames,). The remainder is neutral's.

    Between two keys one emotion fades into the other; before the first and after the last key, shares are constant.
    """
    times = [key.seconds for key in keys]
    seconds = np.arange(frames) / FACE_FPS
    shares = {}
    for emotion in dict.fromkeys(key.emotion for key in keys if key.emotion != NEUTRAL):
        shares[emotion] = np.interp(seconds, times, [key.intensity if key.emotion == emotion else 0.0 for key in keys])
    rest = 1.0 - sum(shares.values(), np.zeros(frames))
    if np.abs(rest).max() > _MIN_SHARE:
        shares[NEUTRAL] = rest
    return {emotion: share.astype(np.float32) for emotion, share in shares.items()}


def _noise(card: ModelCard, seed: int, frames: int) -> np.ndarray:
    """Draw the initial noise of a seed, (frames, C).

    The 52 come first, so that they have the same noise in a model with rotations as in one without.
    """
    rng = np.random.default_rng(seed)
    z = np.empty((frames, len(card.channels)), np.float32)
    for columns in (slice(len(CHANNELS)), slice(len(CHANNELS), None)):
        for first in range(0, frames, _PIECE):  # to save memory
            part = z[first : first + _PIECE, columns]
            part[:] = rng.standard_normal(part.shape, np.float32)
    z *= card.initial_std
    return z


def _curves(card: ModelCard, z: np.ndarray) -> Curves:
    """Turn standardized curves (frames, C) into weights in 0..1 and rotations in radians, in place. Raises ModelError."""
    z *= card.std
    z += card.mean
    if not np.isfinite(z.sum()):
        raise ModelError(
            "{model} turns this sound into values that aren't numbers: choose another model", model=card.name
        )
    weights = z[:, : len(CHANNELS)]
    np.clip(weights, 0.0, 1.0, out=weights)
    stop_at_contact(weights)
    return Curves(
        CHANNELS, weights, FACE_FPS, rotations=dict(zip(card.rotations, z[:, len(CHANNELS) :].T, strict=True))
    )


def _write_locked(curves: Curves, locked: np.ndarray) -> None:
    """Write locked values into the curves of a take."""
    write_known(curves.values, locked[:, : len(CHANNELS)])
    for name, known in zip(HEAD, locked[:, len(CHANNELS) :].T, strict=False):
        if name in curves.rotations:
            write_known(curves.rotations[name], known, -np.pi, np.pi)


def generate(model: Model, samples: Sound, performance: Performance, callback: Callback) -> Iterator[Take]:
    """Yield performance.count takes of a sound. The same request gives the same takes.

    Each has max(1, round(duration * fps)) frames, frame k at k / fps seconds, all 52 channels in 0..1, and the model's
    rotations. Locked values are in their place. Names must be the model's or AUTO: see generate_takes.check(). Raises
    ModelError when the model's curves are not finite.
    """
    card, request = model.card, performance
    features = _encode(model, samples, callback)
    total = len(features.condition)
    ranking = rank(card, *features.queries)
    identity = ranking.identity if request.identity == AUTO else request.identity
    emotion = ranking.emotion if request.emotion == AUTO else request.emotion
    keys = [key._replace(emotion=emotion) if key.emotion == AUTO else key for key in request.emotion_keys]
    embedding = card.identity_embeddings[[entry.name for entry in card.identities].index(identity)]
    styles = [
        (model.runtime.personalize(embedding, card.emotion_embeddings[card.emotions.index(name)]), share)
        for name, share in _shares(keys or [EmotionKey(0.0, emotion, request.intensity)], total).items()
    ]
    task = SamplingTask(
        window=(_SHORT_WINDOW if model.parallel else _WINDOW) * FACE_FPS,
        lookahead=card.lookahead,
        context=round(CONTEXT * FACE_FPS),
        denoise=_denoiser(model, features.condition, styles),
        inpaint=_inpainter(card, request),
    )
    frames, heard = max(1, round(features.seconds * request.fps)), _heard(model, features)
    features = replace(features, phone_scores=None)  # 60 MB of two hours
    with ThreadPoolExecutor(card.steps) if model.parallel else contextlib.nullcontext() as workers:
        for number in range(request.count):

            def progress(fraction: float, number: int = number) -> None:
                callback(
                    UserMessage("Performing"),
                    _ENCODING_SHARE + (1 - _ENCODING_SHARE) * (number + fraction) / request.count,
                )

            seed = request.seed + number
            z = _noise(card, seed, total)  # becomes the take
            sample_in_windows(task, z, card.levels, workers, progress)
            curves = resample(_curves(card, z), request.fps, frames)
            if request.locked is not None:
                _write_locked(curves, request.locked)
            yield Take(seed, identity, emotion, curves, likeness=ranking.identities[:_LIKENESSES], sounds=heard)


def hear(model: Model, samples: Sound, callback: Callback = lambda stage, fraction: None) -> tuple[Phone, ...]:
    """Return the sounds of a clip, without gaps. Raises ModelError if the model can't tell sounds apart."""
    if model.sounds is None:
        raise ModelError("{model} can't tell sounds apart: choose a model with a sounds.npz", model=model.card.name)
    return _heard(model, _encode(model, samples, callback))


def rank_voice(model: Model, samples: Sound) -> Ranking:
    """Rank the library's identities and emotions by likeness to a voice."""
    return rank(model.card, *voice_queries(model, samples))


def voice_queries(model: Model, samples: Sound) -> tuple[np.ndarray, np.ndarray]:
    """Return a voice's queries to the library: unit vectors of identity and emotion, (E,) each."""
    return _encode(model, samples, lambda stage, fraction: None).queries
