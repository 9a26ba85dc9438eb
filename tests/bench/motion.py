"""How a face moves: rates, ranges, power and correlations of generated takes beside those of captures, as a Markdown table.

python -m tests.bench.motion [FOLDER ...]   folders of curves, as captures are stored: CSV, JSON or NPZ
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

import backend
from backend import curve_files
from backend.arkit import CHANNELS, HEAD
from backend.audio import read_clip
from backend.curves.adjust import NEW_TAKES, adjust
from backend.curves.base import Curves, resample
from backend.inference import generator
from backend.performance import Performance, Take
from training.evaluation import metrics

FPS = 30.0
SPEECH = Path(__file__).parents[1] / "data/speech.ogg"
SEEDS = 4  # of each of 13 identities
_SHORTEST = 2.0  # s
_OPEN = 0.25  # mean of both lids below which the eyes are open
_SIDES = [name.removesuffix("Left") for name in CHANNELS if name.endswith("Left") and not name.startswith("jaw")]
_MOUTH = [stem for stem in _SIDES if stem.startswith("mouth") and stem != "mouth"]

Figure = Callable[[Curves], float]


def _get(take: Curves, name: str) -> np.ndarray:
    return take.values[:, take.names.index(name)] if name in take.names else np.zeros(len(take.values))


def _lids(take: Curves) -> np.ndarray:
    return (_get(take, "eyeBlinkLeft") + _get(take, "eyeBlinkRight")) / 2


def _closures(take: Curves) -> list[float]:
    """Return how far the lids fall each time that they do."""
    down = (_lids(take) > _OPEN).astype(np.int8)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], down, [0]]))).reshape(-1, 2)
    return [float(_lids(take)[first:stop].max()) for first, stop in edges]


def _per_minute(count: float, take: Curves) -> float:
    return count * 60 * take.fps / len(take.values)


def _std(*names: str) -> Figure:
    return lambda take: float(np.mean([_get(take, name).std() for name in names]))


def _bandwidth(name: str) -> Figure:
    """Measure the frequency in Hz below which a channel has 95 % of its power."""

    def measure(take: Curves) -> float:
        power = np.abs(np.fft.rfft(_get(take, name) - _get(take, name).mean())) ** 2
        if not power.sum() > 0:
            return np.nan
        share = np.cumsum(power) / power.sum()
        return float(np.fft.rfftfreq(len(take.values), 1 / take.fps)[np.searchsorted(share, 0.95)])

    return measure


def _correlation(one: str, other: str) -> Figure:
    return lambda take: metrics.correlation(_get(take, one), _get(take, other))


def _gaze_jumps(take: Curves) -> float:
    """Count turns of the eyes by more than 0.1 within 0.1 s, a minute."""
    step = round(0.1 * take.fps)
    yaw = _get(take, "eyeLookOutLeft") - _get(take, "eyeLookInLeft")
    pitch = _get(take, "eyeLookUpLeft") - _get(take, "eyeLookDownLeft")
    jumps = np.hypot(yaw[step:] - yaw[:-step], pitch[step:] - pitch[:-step]) > 0.1
    return _per_minute(float((jumps[1:] & ~jumps[:-1]).sum()), take)


def _lopsided(take: Curves) -> float:
    """Return the largest difference between the mean of a mouth channel on the left and on the right."""
    return max(abs(float(_get(take, f"{stem}Left").mean() - _get(take, f"{stem}Right").mean())) for stem in _MOUTH)


def _turn(name: str) -> Figure:
    return lambda take: float(np.degrees(take.rotations[name].std())) if name in take.rotations else np.nan


FIGURES: dict[str, Figure] = {
    "blinks a minute, lids over 0.7": lambda take: _per_minute(sum(peak > 0.7 for peak in _closures(take)), take),
    "lids falling over 0.25, a minute": lambda take: _per_minute(len(_closures(take)), take),
    "of these, reaching 0.9": lambda take: float(np.mean([float(peak >= 0.9) for peak in _closures(take)] or [np.nan])),
    "browInnerUp, standard deviation": _std("browInnerUp"),
    "browOuterUp, standard deviation": _std("browOuterUpLeft", "browOuterUpRight"),
    "browDown, standard deviation": _std("browDownLeft", "browDownRight"),
    "eyeLook, standard deviation": _std(*(name for name in CHANNELS if name.startswith("eyeLook"))),
    "gaze jumps a minute": _gaze_jumps,
    "jawOpen, standard deviation": _std("jawOpen"),
    "jawOpen, 95 % of power below, Hz": _bandwidth("jawOpen"),
    "browInnerUp, 95 % of power below, Hz": _bandwidth("browInnerUp"),
    "r of browInnerUp and browOuterUp": _correlation("browInnerUp", "browOuterUpLeft"),
    "r of both lids": _correlation("eyeBlinkLeft", "eyeBlinkRight"),
    "largest left-right difference of the mouth's means": _lopsided,
    **{f"{name}, standard deviation, degrees": _turn(name) for name in HEAD},
}


def measure(takes: Sequence[Curves]) -> dict[str, float]:
    """Return the median of each figure over takes; NaN where none has it."""
    rows = {name: [figure(take) for take in takes] for name, figure in FIGURES.items()}
    return {name: float(np.nanmedian(row)) if not np.isnan(row).all() else np.nan for name, row in rows.items()}


def generated() -> list[Take]:
    """Generate the bundled clip with every identity, neutral, with some seeds."""
    model = generator.load_model(backend.DEFAULT_MODEL, threads=1)
    samples = read_clip(SPEECH).samples
    requests = (
        Performance(identity=each.name, emotion="neutral", count=SEEDS, fps=FPS) for each in model.card.identities
    )
    return [
        take
        for request in requests
        for take in generator.generate(model, samples, request, lambda stage, fraction: None)
    ]


def read_folder(folder: Path) -> list[Curves]:
    """Read the curves in a folder, at 30 frames a second. Shorter ones than 2 s are left out."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in curve_files.SUFFIXES)
    found = [curve_files.read(path) for path in files]
    return [
        resample(take, FPS, round(len(take.values) * FPS / take.fps))
        for take in found
        if len(take.values) >= _SHORTEST * take.fps
    ]


def table(columns: dict[str, dict[str, float]]) -> str:
    """Return figures as a Markdown table, a column for each title."""
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name in FIGURES:
        values = (figures[name] for figures in columns.values())
        lines.append(f"| {name} | {' | '.join('' if np.isnan(value) else f'{value:.3g}' for value in values)} |")
    return "\n".join(lines)


def main(folders: Sequence[str]) -> None:
    takes = generated()
    columns = {
        "as the model makes them": measure([take.curves for take in takes]),
        "as new takes are": measure([adjust(take.curves, NEW_TAKES, take.seed) for take in takes]),
    }
    columns |= {Path(folder).name: measure(read_folder(Path(folder))) for folder in folders}
    print(table(columns))


if __name__ == "__main__":
    main(sys.argv[1:])
