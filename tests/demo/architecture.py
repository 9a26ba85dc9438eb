"""Draw docs/architecture.svg: the two processes, and the path of a request through their modules.

python -m tests.demo.architecture [OUT.svg]
"""

import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
_OUT = _ROOT / "docs" / "architecture.svg"

_INK, _PALE, _WHITE = "#1e2024", "#6a6e74", "#ffffff"
_BLENDER, _BACKEND, _SHARED = "#fbeee2", "#e3eef8", "#eef3e6"  # grounds
_WIDTH, _HEIGHT = 15.0, 10.6  # inches, as are all sizes
_BOX = 2.62, 1.02
_COLUMNS = 0.45, 3.32, 6.19, 9.06, 11.93  # left edges of boxes


@dataclass(frozen=True)
class Step:
    """A numbered box: what happens, and in which modules. left, bottom: its corner."""

    number: int
    title: str
    text: str
    modules: tuple[str, ...]
    left: float
    bottom: float


STEPS = (
    Step(1, "Read the panel", "settings, locks, emotion keys", ("addon/operators/generate.py",), _COLUMNS[0], 9.0),
    Step(2, "Find the sound", "file and span of the strip", ("addon/generation/sound_strip.py",), _COLUMNS[0], 7.55),
    Step(3, "Send the request", "start the backend if needed", ("addon/generation/job.py",), _COLUMNS[0], 6.1),
    Step(
        4,
        "Check it",
        "reject what can't be done",
        ("backend/ipc/server.py", "backend/inference/generate_takes.py"),
        _COLUMNS[0],
        3.35,
    ),
    Step(
        5,
        "Read the sound",
        "16 kHz mono, then log-mel",
        ("backend/audio", "backend/features.py"),
        _COLUMNS[1],
        3.35,
    ),
    Step(
        6,
        "Encode the sound",
        "match the voice, once per clip",
        ("backend/inference/audio_encoding.py", "backend/inference/voice_match.py"),
        _COLUMNS[2],
        3.35,
    ),
    Step(
        7,
        "Denoise in windows",
        "two steps, locked values fixed",
        ("backend/inference/windowed_sampler.py", "backend/inference/inpainting.py"),
        _COLUMNS[3],
        3.35,
    ),
    Step(
        8,
        "Resample and reply",
        "30 fps to your frame rate",
        ("backend/curves/base.py", "backend/ipc/server_outbox.py"),
        _COLUMNS[4],
        3.35,
    ),
    Step(
        9,
        "Reduce keys",
        "check, adjust, then in a thread",
        ("addon/generation/reply_check.py", "addon/keyframes/key_reduction.py"),
        _COLUMNS[4],
        6.1,
    ),
    Step(
        10,
        "Write the take",
        "all of it or nothing",
        ("addon/generation/take_writer.py", "addon/takes/take_store.py"),
        _COLUMNS[4],
        7.55,
    ),
)
# Packages that are not a step of their own: (what they are for, their path).
ROOMS = (
    ("panels/", "draw the sidebar", "addon/panels"),
    ("operators/", "buttons and menus, all found with F3", "addon/operators"),
    ("generation/", "from a request to an Action", "addon/generation"),
    ("rig/", "meshes, channel names, visemes, mappings, bones", "addon/rig"),
    ("takes/", "what takes store, locks, controls, import and export", "addon/takes"),
    ("keyframes/", "F-curves, key reduction", "addon/keyframes"),
)
SHARED = (
    "backend/arkit.py",
    "backend/performance.py",
    "backend/curves",
    "backend/curve_files",
    "backend/messages.py",
    "backend/model_folder.py",
    "backend/platforms.py",
    "backend/ipc/protocol.py",
)
TRAINING = ("training/data", "training/synthetic", "training/train", "training/evaluation", "training/export.py")


def draw(out: Path) -> None:
    """Write the picture. out: .svg, or .png to look at."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "architecture"  # the same file every time
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text; the widest font comes first, so that others fit too
    mpl.rcParams["font.sans-serif"] = ["DejaVu Sans", "Arial", "Helvetica"]
    mpl.rcParams["font.monospace"] = ["DejaVu Sans Mono", "Consolas", "Courier New"]
    figure = plt.figure(figsize=(_WIDTH, _HEIGHT), facecolor=_WHITE)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, _WIDTH), ylim=(0, _HEIGHT))
    axes.axis("off")
    _ground(axes, 0.15, 5.75, 14.7, 4.7, _BLENDER, "Blender's process", "addon/: the only package that imports bpy")
    _ground(
        axes, 0.15, 2.75, 14.7, 2.1, _BACKEND, "Backend process", "backend/: NumPy and a runtime, no bpy", below=True
    )
    _ground(axes, 0.15, 0.2, 14.7, 2.25, _SHARED, "Shared and offline", "")
    for step in STEPS:
        _step(axes, step)
    for one, other in pairwise(STEPS):
        _arrow(axes, one, other)
    axes.text(2.0, 5.3, "Generate: file, span, settings, locks", fontsize=11, color=_INK, va="center")
    axes.text(13.0, 5.3, "TakeReady: (frames, 52) values", fontsize=11, color=_INK, va="center", ha="right")
    axes.text(7.5, 5.3, "pipe: stdin and stdout, backend/ipc", fontsize=11, color=_PALE, va="center", ha="center")
    for row, (name, text, _) in enumerate(ROOMS):
        axes.text(4.0, 9.25 - 0.52 * row, name, fontsize=12, family="monospace", color=_INK, va="center")
        axes.text(5.75, 9.25 - 0.52 * row, text, fontsize=12, color=_PALE, va="center")
    _row(axes, 1.55, "Both, backend/:", SHARED)
    _row(axes, 1.05, "Offline, training/:", TRAINING)
    axes.text(2.6, 0.55, "training writes the ONNX files in backend/model", fontsize=11, color=_PALE, va="center")
    figure.savefig(out, metadata={"Date": None} if out.suffix == ".svg" else None)
    plt.close(figure)


def _ground(
    axes: Any,
    left: float,
    bottom: float,
    width: float,
    height: float,
    color: str,
    title: str,
    note: str,
    below: bool = False,
) -> None:
    """Draw a process as a rounded area with its name and a note."""
    from matplotlib.patches import FancyBboxPatch

    axes.add_patch(FancyBboxPatch((left, bottom), width, height, "round,pad=0,rounding_size=0.15", fc=color, ec="none"))
    y = bottom + 0.28 if below else bottom + height - 0.26
    x = left + 0.3 if below or not note else 4.0
    axes.text(x, y, title, fontsize=14, weight="bold", color=_INK, va="center")
    axes.text(x + 2.3, y, note, fontsize=11, color=_PALE, va="center")


def _step(axes: Any, step: Step) -> None:
    from matplotlib.patches import FancyBboxPatch

    left, bottom, (width, height) = step.left, step.bottom, _BOX
    axes.add_patch(
        FancyBboxPatch((left, bottom), width, height, "round,pad=0,rounding_size=0.1", fc=_WHITE, ec=_PALE, lw=1)
    )
    title = f"{step.number}. {step.title}"
    axes.text(left + 0.12, bottom + height - 0.2, title, fontsize=12, weight="bold", color=_INK, va="center")
    axes.text(left + 0.12, bottom + height - 0.44, step.text, fontsize=10, color=_INK, va="center")
    names = [_short(module) for module in step.modules]
    for line, name in enumerate(names):
        y = bottom + height - 0.68 - 0.2 * line
        axes.text(left + 0.12, y, name, fontsize=9, family="monospace", color=_PALE, va="center")


def _short(module: str) -> str:
    return module.removeprefix("addon/").removeprefix("backend/").removeprefix("training/").removesuffix(".py")


def _arrow(axes: Any, one: Step, other: Step) -> None:
    width, height = _BOX
    if one.bottom == other.bottom:
        start, end = (one.left + width, one.bottom + height / 2), (other.left, other.bottom + height / 2)
    elif one.bottom > other.bottom:
        start, end = (one.left + width / 2, one.bottom), (other.left + width / 2, other.bottom + height)
    else:
        start, end = (one.left + width / 2, one.bottom + height), (other.left + width / 2, other.bottom)
    axes.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": _INK, "lw": 1.6, "shrinkA": 0, "shrinkB": 0}
    )


def _row(axes: Any, y: float, title: str, paths: tuple[str, ...]) -> None:
    axes.text(0.45, y, title, fontsize=12, color=_INK, va="center")
    text = ",  ".join(_short(path) for path in paths)
    axes.text(2.6, y, text, fontsize=11, family="monospace", color=_INK, va="center")


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else _OUT)
