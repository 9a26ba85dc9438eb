"""What a prepared folder holds: report.md, report.csv (a row a recording) and plots beside the arrays."""

import csv
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from backend.arkit import EMOTIONS

from .lag import REACH
from .prepared import Prepared, load_prepared
from .splits import PARTS, SCHEMES, SPOKEN, Recorded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TENTHS_AN_HOUR = 36000


def write_report(folder: Path) -> Path:
    """Write the report of a prepared folder and return report.md's path."""
    data = load_prepared(folder)
    counts, reasons = count_sequences(folder)
    _write_csv(folder / "report.csv", data)
    _plot_hours(folder / "report_hours.png", data)
    _plot_lag(folder / "report_lag.png", data)
    _plot_parts(folder / "report_parts.png", counts)
    path = folder / "report.md"
    path.write_text(_markdown(data, counts, reasons))
    return path


def count_sequences(folder: Path) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
    """Return {scheme: {part: number of 10-s sequences}}, and {scheme: reason} for those that do not fit this data."""
    counts, reasons = {}, {}
    for scheme in SCHEMES:
        try:
            data = load_prepared(folder, scheme)
        except ValueError as error:
            reasons[scheme] = str(error)
        else:
            counts[scheme] = {part: len(data.sequences(part)) for part in PARTS}
    return counts, reasons


def hours(recordings: list[Recorded]) -> float:
    """Return the hours in the arrays."""
    return sum(each.length for each in recordings) / _TENTHS_AN_HOUR


def _speech(recordings: list[Recorded]) -> float:
    """Return the hours of speech, by the TextGrid or else by the sound."""
    return (
        sum(each.length * (each.voiced if each.spoken is None else each.spoken) for each in recordings)
        / _TENTHS_AN_HOUR
    )


def _by_speaker(data: Prepared) -> dict[int, list[Recorded]]:
    groups: dict[int, list[Recorded]] = {}
    for each in data.recordings:
        groups.setdefault(each.speaker, []).append(each)
    return dict(sorted(groups.items()))


def markdown_table(header: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, ["---"] * len(header), *rows])


def _markdown(data: Prepared, counts: dict[str, dict[str, int]], reasons: dict[str, str]) -> str:
    everything = list(data.recordings)
    broken = [each for each in data.left_out if each.kind == "broken"]
    lagging = [each for each in data.left_out if each.kind == "lag"]
    measured = [each for each in everything if each.lag is not None]
    moved = [each for each in everything if each.shift]
    labelled = sum(each.spoken is not None for each in everything)
    silent = sum(each.voiced < SPOKEN for each in everything)
    spoken = _speech(everything)
    parts = [
        f"# {len(everything)} recordings, {hours(everything):.2f} hours",
        f"Speech {spoken:.2f} h, silence {hours(everything) - spoken:.2f} h, by the TextGrid in {labelled} recordings, by the sound in the others.",
        f"Left out: {len(broken)} broken, {len(lagging)} whose lag can't be told. In {silent} nobody speaks: kept as they are, lag 0.",
        "## Lag of the face behind the sound",
    ]
    if measured:
        lags = np.array([each.lag for each in measured])
        parts.append(
            f"Measured in {len(measured)} recordings: median {np.median(lags):+.3f} s, from {lags.min():+.3f} to {lags.max():+.3f} s. "
            f"{len(moved)} faces were moved; the others are within a frame or so and stay.\n\n![lags](report_lag.png)"
        )
    else:
        parts.append("Not measured.")
    rows = [
        [
            str(speaker),
            group[0].identity,
            str(len(group)),
            *(f"{60 * hours([e for e in group if e.emotion == emotion]):.1f}" for emotion in EMOTIONS),
        ]
        + [f"{60 * hours(group):.1f}", f"{60 * _speech(group):.1f}"]
        for speaker, group in _by_speaker(data).items()
    ]
    parts += [
        "## Minutes by speaker and emotion",
        markdown_table(["speaker", "identity", "recordings", *EMOTIONS, "all", "speech"], rows),
    ]
    parts.append("![hours](report_hours.png)")
    rows = [[scheme, *(str(counts[scheme][part]) for part in PARTS)] for scheme in counts]
    parts += [
        "## 10-s sequences by split",
        markdown_table(["split", *PARTS], rows),
        *(f"`{scheme}` does not fit: {why}." for scheme, why in reasons.items()),
    ]
    parts.append("![sequences](report_parts.png)")
    if data.left_out:
        parts += [
            "## Left out",
            markdown_table(
                ["recording", "why", "reason"], [[e.id, e.kind, e.reason.replace("|", "\\|")] for e in data.left_out]
            ),
        ]
    if data.notes:
        parts += [
            "## Kept, with a fault",
            markdown_table(
                ["recording", "fault"], [[name, note.replace("|", "\\|")] for name, note in data.notes.items()]
            ),
        ]
    return "\n\n".join(parts) + "\n"


def _write_csv(path: Path, data: Prepared) -> None:
    """Write one row for each recording, left out or not, with lengths in tenths of a second as in the index."""
    names = [field.name for field in fields(Recorded)]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*names, "left_out", "reason"])
        writer.writeheader()
        for each in data.recordings:
            writer.writerow({name: getattr(each, name) for name in names} | {"reason": data.notes.get(each.id, "")})
        for gone in data.left_out:
            writer.writerow({"id": gone.id, "left_out": gone.kind, "reason": gone.reason})


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure as a picture that depends on nothing but what it shows."""
    figure.tight_layout()
    figure.savefig(path, dpi=120, metadata={"Software": None})


def new_figure(width: float, height: float) -> "tuple[Figure, Axes]":
    """Make a figure that needs no display and leaves no global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _plot_hours(path: Path, data: Prepared) -> None:
    groups = _by_speaker(data)
    figure, axes = new_figure(max(5.0, 1.5 + 0.32 * len(groups)), 4)
    labels = [str(speaker) for speaker in groups]
    floor = np.zeros(len(groups))
    for emotion in EMOTIONS:
        heights = np.array(
            [60 * hours([each for each in group if each.emotion == emotion]) for group in groups.values()]
        )
        axes.bar(labels, heights, bottom=floor, label=emotion)
        floor += heights
    axes.set_xlabel("speaker")
    axes.set_ylabel("minutes")
    axes.legend(fontsize=7, ncols=4)
    axes.set_ylim(0, 1.3 * max(float(floor.max()), 0.1))
    save_figure(figure, path)


def _plot_lag(path: Path, data: Prepared) -> None:
    figure, axes = new_figure(6, 3)
    lags = [each.lag for each in data.recordings if each.lag is not None]
    axes.hist(lags, bins=np.linspace(-REACH, REACH, 101).tolist())
    axes.set_xlabel("lag of the face behind the sound, s, before correction")
    axes.set_ylabel("recordings")
    save_figure(figure, path)


def _plot_parts(path: Path, counts: dict[str, dict[str, int]]) -> None:
    figure, axes = new_figure(6, 3)
    for column, part in enumerate(PARTS):
        bars = axes.bar(
            [row + 0.2 * column for row in range(len(counts))],
            [count[part] for count in counts.values()],
            0.18,
            label=part,
        )
        axes.bar_label(bars, fontsize=7)
    axes.set_xticks([row + 0.3 for row in range(len(counts))], list(counts))
    axes.set_ylabel("10-s sequences")
    axes.legend(fontsize=7)
    save_figure(figure, path)
