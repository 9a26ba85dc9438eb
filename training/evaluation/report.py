"""Writes what was measured: tables.md for people, figures.csv for programs."""

import csv
import math
import os
import subprocess
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from backend.arkit import EMOTIONS
from backend.platforms import load_average, processor

from .model_size import megabytes
from .sequences import Figure
from .tables import Measured, Table, found_in, in_order

CSV_HEADER = ("model", "part", "metric", "value", "n", "±")


def commit() -> str:
    """The checkout's commit, `-dirty` if files differ from it; without a checkout the package's version."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty"]
    try:
        return "commit " + subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        pass
    try:
        return f"diffusion-talker {version('diffusion-talker')}"
    except PackageNotFoundError:
        return "of unknown version: neither a checkout nor installed"


def machine() -> str:
    """The processor that the times are of, and how much of it."""
    load = load_average()
    busy = "" if load is None else f", load {load:.1f} on {os.cpu_count()} cores"
    return f"{processor()}, {torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''}, torch {torch.__version__}{busy}"


def as_markdown(tables: Sequence[Table]) -> str:
    """Each table under its title."""
    parts = []
    for table in tables:
        lines = ["| " + " | ".join(row) + " |" for row in (table.header, *table.rows)]
        parts.append("\n".join([f"## {table.title}", "", lines[0], "|---" * len(table.header) + "|", *lines[1:]]))
        if table.note:
            parts.append(table.note)
    return "\n\n".join(parts) + "\n"


def _flat(m: Measured) -> Iterator[tuple[str, str, Figure]]:
    """(part, metric, figure) of all that was measured on a model."""
    yield "", f"ITF 1e-4 s{'' if m.timed_encoder else ' without its encoder'}", m.time
    parts = {
        "encoder": m.size.encoder,
        "personalizer": m.size.personalizer,
        "decoder": m.size.decoder,
        "all": m.size.total,
    }
    for name, parameters in parts.items():
        if parameters is not None:
            yield "", f"parameters {name}", Figure(parameters, 1)
            yield "", f"MB fp32 {name}", Figure(megabytes(parameters), 1)
    for part, figures in m.figures.items():
        for name, figure in figures.items():
            yield part, name, figure
    for part, found in m.found.items():
        for of, counts in (("identity", found.identity), ("emotion", found.emotion)):
            for name, value in found_in(counts).items() if m.card.personal else ():
                yield part, f"{of} {name}", Figure(value, int(counts.sum()))
        for row, true in zip(found.emotion, EMOTIONS, strict=True):
            for count, taken in zip(row, EMOTIONS, strict=True):
                if count and m.card.personal:
                    yield part, f"emotion {true} found as {taken}", Figure(int(count), int(row.sum()))


def write_csv(models: Sequence[Measured], path: Path) -> None:
    """Long format, a figure a row: CSV_HEADER. ± is the standard error, empty where there is none; part is empty for what has none."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(CSV_HEADER)
        for m in in_order(models):
            for part, name, figure in _flat(m):
                error = "" if math.isnan(figure.error) else f"{figure.error:.6g}"
                writer.writerow((m.card.label, part, name, f"{figure.value:.8g}", figure.n, error))
