"""Format evaluations: tables.md for people, figures.csv for programs."""

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
from .tables import Measured, Table, in_order, match_scores

CSV_HEADER = ("model", "part", "metric", "value", "n", "±")


def commit() -> str:
    """Return the checkout's commit, with `-dirty` if files differ from it, or the package's version if there is no checkout."""
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
    """Describe the machine that times are measured on: processor, threads, torch version and load."""
    load = load_average()
    busy = "" if load is None else f", load {load:.1f} on {os.cpu_count()} cores"
    return f"{processor()}, {torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''}, torch {torch.__version__}{busy}"


def as_markdown(tables: Sequence[Table]) -> str:
    """Return the tables as Markdown, each under its title."""
    parts = []
    for table in tables:
        lines = ["| " + " | ".join(row) + " |" for row in (table.header, *table.rows)]
        parts.append("\n".join([f"## {table.title}", "", lines[0], "|---" * len(table.header) + "|", *lines[1:]]))
        if table.note:
            parts.append(table.note)
    return "\n\n".join(parts) + "\n"


def _flat(m: Measured) -> Iterator[tuple[str, str, Figure]]:
    """Yield all figures of a model as (part, metric, figure)."""
    yield "", f"ITF 1e-4 s{'' if m.time_includes_encoder else ' without its encoder'}", m.time
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
    for part, matches in m.matches.items() if m.model.personal else ():
        for library, counts in (("identity", matches.identity), ("emotion", matches.emotion)):
            for name, value in match_scores(counts).items():
                yield part, f"{library} {name}", Figure(value, int(counts.sum()))
        for row, true in zip(matches.emotion, EMOTIONS, strict=True):
            for count, found in zip(row, EMOTIONS, strict=True):
                if count:
                    yield part, f"emotion {true} found as {found}", Figure(int(count), int(row.sum()))


def write_csv(models: Sequence[Measured], path: Path) -> None:
    """Write one figure per row, with the columns of CSV_HEADER.

    ± is the standard error. It is empty where there is none, and so is the part of figures that do not depend on data.
    """
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(CSV_HEADER)
        for m in in_order(models):
            for part, name, figure in _flat(m):
                error = "" if math.isnan(figure.error) else f"{figure.error:.6g}"
                writer.writerow((m.model.label, part, name, f"{figure.value:.8g}", figure.n, error))
