"""Measure models on real lips: films of people who talk, as `prepare video` makes them.

Identity and emotion are matched by the voice, as for an animator who leaves them on Auto. Every talker counts alike, however long the films.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from backend.arkit import CHANNELS, LOWER
from backend.features import MEL_FPS

from ..data.prepared import Prepared, Take
from ..data.splits import PARTS
from ..model.pipeline import TalkerPipeline, match_voice, sample_takes
from . import alignment, metrics
from .human_scale import performances, read_lexicon
from .recordings import mean_figures
from .sequences import SEEDS, encode_take, missing_features, recorded_face, words_of
from .tables import VOICE, Table, number

Sampler = Callable[[Take], np.ndarray]  # a sequence -> takes (seeds, N, 52)

_CURVES = {"jaw r": metrics.jaw_opening, "opening r": metrics.lip_gap, "rounding r": metrics.rounding}
_PBM = "P/B/M"
_COLUMNS = (*_CURVES, _PBM, "MTM ms", "soft LBE", "jitter", "SLCC")
_MIN_STD = 0.01  # of a recorded curve that is worth correlating with
_FEWEST = 5  # sequences, for the correlation over sequences
_CLOSE = 0.15  # quantile of the gap between the lips up to which p, b and m are closed
_NOTE = (
    "Means over talkers at zero lag, identity and emotion on Auto. Opening: the gap between the lips. MTM: mean temporal misalignment of the "
    "gap, and SLCC: correlation over sequences of the sound's level with the speed of the gap (arXiv 2503.20308). Soft LBE: error of the known "
    "channels of jaw and lips over the best alignments in time (arXiv 2606.01031). Jitter: mean absolute third difference of these channels "
    "(arXiv 2507.18352). Jitter and SLCC should be as in the row of the films. P/B/M: share of p, b and m in which the gap is within the "
    "lowest 15 % of the sequence. For scale, people who say the same words elsewhere, put together word by word: the same person again, "
    "and another one. Both need films whose words are known."
)


def real_lips(models: Sequence[tuple[str, TalkerPipeline]], data: Prepared, limit: int) -> Table:
    """Build the table of real lips, of held-out talkers if there are any, else of all.

    models: labels and pipelines. limit: number of sequences of each talker.
    """
    parts = (VOICE,) if data.part(VOICE) else PARTS
    sequences = [take for part in parts for take in data.sequences(part)]
    talkers = {
        talker: [take for take in sequences if take.speaker == talker][:limit]
        for talker in sorted({take.speaker for take in sequences})
    }
    rows = [("the films", *_cells(_measure(talkers, data, lambda take: recorded_face(data, take)[None], True)))]
    scale = _human_scale(talkers, data)
    rows += [(label, *_cells(figures)) for label, figures in scale.items()]
    rows.append(("loudness", *_cells(_measure(talkers, data, lambda take: open_jaw(_level(data, take))[None]))))
    missing = []
    for label, pipeline in models:
        if reason := missing_features(pipeline, data):
            missing.append(f"No data for {label}: {reason}.")
            continue
        rows.append((label, *_cells(_measure(talkers, data, partial(_sampled, pipeline, data)))))
    count = sum(map(len, talkers.values()))
    title = f"Real lips: {count} sequences of {len(talkers)} talkers, {data.folder.name}"
    return Table(title, ("model", *_COLUMNS), rows, " ".join([_NOTE, *missing]))


def _human_scale(talkers: dict[int, list[Take]], data: Prepared) -> dict[str, dict[str, float]]:
    """Return how alike people are who say the same words, for those of whom that is known."""
    lexicon = read_lexicon(data, [take for part in PARTS for take in data.sequences(part)])
    scale = {}
    for label, same_person in (("the same person again", True), ("another person", False)):
        by_talker = []
        for takes in talkers.values():
            rows = []
            for take in takes:
                truth = recorded_face(data, take)
                rows += [
                    _correlations(np.nan_to_num(face[there]), np.nan_to_num(truth[there]))
                    for face, there in performances(data, take, lexicon, same_person)
                ]
            if rows:
                by_talker.append(mean_figures(rows))
        if by_talker:
            scale[label] = mean_figures(by_talker)
    return scale


def _correlations(face: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return r of each curve that moves in the truth."""
    return {
        name: metrics.correlation(curve_of(face), curve)
        for name, curve_of in _CURVES.items()
        if (curve := curve_of(truth)).std() > _MIN_STD
    }


def _cells(figures: dict[str, float]) -> list[str]:
    return [number(figures[name]) if name in figures else "" for name in _COLUMNS]


def _sampled(pipeline: TalkerPipeline, data: Prepared, take: Take) -> np.ndarray:
    condition = encode_take(pipeline, data, take)
    voice = match_voice(pipeline, data.stretch("mel", take))
    return sample_takes(pipeline, lambda: condition, *voice, SEEDS)


def _level(data: Prepared, take: Take) -> np.ndarray:
    """Return the amplitude of the sound around each frame, (N,), from the log-mel."""
    power = 10 ** (2 * data.stretch("mel", take).astype(np.float64).mean(1))
    smooth = np.convolve(np.sqrt(power), np.full(8, 1 / 8), mode="same")
    frames = 3 * take.length
    return np.interp(np.arange(frames) / 30, np.arange(len(smooth)) / MEL_FPS, smooth)


def open_jaw(level: np.ndarray) -> np.ndarray:
    """Return a face whose jaw opens with the sound, (N, 52): what any lip sync must beat. level: of the sound, (N,)."""
    face = np.zeros((len(level), len(CHANNELS)), np.float32)
    face[:, CHANNELS.index("jawOpen")] = 0.5 * level / max(float(np.quantile(level, 0.98)), 1e-9)
    return face


def _measure(talkers: dict[int, list[Take]], data: Prepared, sample: Sampler, films: bool = False) -> dict[str, float]:
    """Return the mean over talkers of each figure. films: the faces are the recorded ones, of which only jitter and SLCC tell something."""
    by_talker = []
    for takes in talkers.values():
        rows, levels, speeds = [], [], []
        for take in takes:
            truth, faces = recorded_face(data, take), np.nan_to_num(sample(take))
            known = [name for name, column in zip(CHANNELS, truth.T, strict=True) if not np.isnan(column).any()]
            mouth = tuple(name for name in LOWER if name in known)
            closures = [sound.center for sound in words_of(data, take).sounds if sound.label in ("P", "B", "M")]
            rows.append(_compare(faces, np.nan_to_num(truth), mouth, films) | _accuracy(faces, closures))
            levels.append(float(np.log(_level(data, take).mean() + 1e-9)))
            speeds.append(np.mean([alignment.lip_speed(metrics.lip_gap(face)) for face in faces]))
        figures = mean_figures(rows)
        if len(takes) >= _FEWEST and np.std(levels) > 0 and np.std(speeds) > 0:
            figures["SLCC"] = alignment.intensity_correlation(np.array(levels), np.array(speeds))
        by_talker.append(figures)
    return mean_figures(by_talker)


def _accuracy(faces: np.ndarray, closures: list[float]) -> dict[str, float]:
    """Return the share of closures at known times, s, in which the lips of takes (seeds, N, 52) are close."""
    if not closures:
        return {}
    return {_PBM: float(np.mean([metrics.rank_at(metrics.lip_gap(face), closures) <= _CLOSE for face in faces]))}


def _compare(faces: np.ndarray, truth: np.ndarray, mouth: tuple[str, ...], films: bool) -> dict[str, float]:
    """Measure takes (seeds, N, 52) against a filmed face (N, 52) with these known channels of jaw and lips."""
    figures = {"jitter": float(np.mean([alignment.third_difference(face, mouth) for face in faces]))}
    if films:
        return figures
    figures |= mean_figures([_correlations(face, truth) for face in faces])
    gap = metrics.lip_gap(truth)
    misaligned = [alignment.temporal_misalignment(metrics.lip_gap(face), gap) for face in faces]
    if not np.isnan(misaligned).all():
        figures["MTM ms"] = float(np.nanmean(misaligned))
    figures["soft LBE"] = float(np.mean([alignment.soft_aligned_error(face, truth, mouth) for face in faces]))
    return figures
