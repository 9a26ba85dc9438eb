"""Plots of an evaluation: metrics by the number of steps, and curves against the recorded ones."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.figure
import numpy as np
from matplotlib.axes import Axes

from . import metrics
from .sequences import CURVES
from .tables import Measured, is_whole, main_part

_TRUTH, _SEEDS = "#222222", ("#d1495b", "#2e86ab")
# Color, marker and a factor of x, so that error bars don't cover each other.
_ENCODERS = {"large": ("#2e86ab", "o", 0.97), "small": ("#d1495b", "s", 1.03)}
_PANELS = ("MBE", "LBE", "abs FDD", "diversity mouth", "diversity upper", "ITF")


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, linewidth=0.6)


def plot_steps(models: Sequence[Measured], path: Path) -> bool:
    """Plot metrics against steps, with a line for each encoder and bars of the standard error.

    Return False, and write no file, if no model of the whole method was measured.
    """
    part = main_part(models)
    shown = [m for m in models if is_whole(m.model) and part in m.figures]
    if not shown:
        return False
    figure = matplotlib.figure.Figure(figsize=(11, 6.2), layout="constrained")
    ticks = sorted({m.model.steps for m in shown})
    for index, name in enumerate(_PANELS):
        axes = figure.add_subplot(2, 3, index + 1)
        for encoder, (color, marker, offset) in _ENCODERS.items():
            series = sorted((m for m in shown if m.model.encoder == encoder), key=lambda m: m.model.steps)
            values = [m.time if name == "ITF" else m.figures[part][name] for m in series]
            if series:
                axes.errorbar(
                    [m.model.steps * offset for m in series],
                    [v.value for v in values],
                    np.nan_to_num([v.error for v in values]),
                    color=color,
                    marker=marker,
                    markersize=5,
                    capsize=2.5,
                    linewidth=1.4,
                    label=f"{encoder} encoder",
                )
        axes.set_xscale("log", base=2)
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
        axes.set_xlim(ticks[0] / 1.3, ticks[-1] * 1.3)
        axes.set_ylim(bottom=0)
        complete = all(m.time_includes_encoder for m in shown)
        axes.set_title(
            "ITF, 1e-4 s a frame" + ("" if complete else " (large: without its encoder)") if name == "ITF" else name,
            fontsize=10,
        )
        _tidy(axes)
        if index == 0:
            axes.legend(frameon=False, fontsize=9)
        if index >= 3:
            axes.set_xlabel("steps")
    figure.suptitle(f"By the number of steps ({part}; bars: standard error)", fontsize=11)
    figure.savefig(path, dpi=110)
    return True


def plot_curves(faces: np.ndarray, truth: np.ndarray, title: str, path: Path, fps: float = 30.0) -> None:
    """Plot a sequence's curves: the recorded face, truth (N, 52), and the first two of the takes, faces (takes, N, 52)."""
    figure = matplotlib.figure.Figure(figsize=(11, 8.5), layout="constrained")
    seconds = np.arange(len(truth)) / fps
    grid = figure.subplots(len(CURVES), 1, sharex=True)
    for axes, (name, of) in zip(grid, CURVES.items(), strict=True):
        if np.isnan(of(truth)).any():
            axes.set_title(f"{name}   not recorded", loc="left", fontsize=9.5)
            continue
        axes.fill_between(seconds, of(truth), color=_TRUTH, alpha=0.12, linewidth=0)
        axes.plot(seconds, of(truth), color=_TRUTH, linewidth=1.1, label="truth")
        scores = []
        for seed, color in enumerate(_SEEDS):
            axes.plot(seconds, of(faces[seed]), color=color, linewidth=1.2, alpha=0.9, label=f"seed {seed}")
            scores.append(f"{metrics.correlation(of(faces[seed]), of(truth)):.2f}")
        axes.set_title(f"{name}   r {', '.join(scores)}", loc="left", fontsize=9.5)
        axes.set_ylim(0, max(0.1, 1.08 * max(float(of(truth).max()), *(float(of(face).max()) for face in faces[:2]))))
        axes.set_xlim(0, seconds[-1])
        _tidy(axes)
    grid[0].legend(frameon=False, fontsize=9, ncols=3, loc="lower right", bbox_to_anchor=(1, 1))
    grid[-1].set_xlabel("s")
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=110)
