"""Tables of figures, written as Markdown and JSON."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """A table: title, a note about how it was measured, columns, and rows of as many cells."""

    title: str
    about: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def shown(cell: Cell) -> str:
    """Format a number with three significant digits."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float) and not math.isfinite(cell):
        return str(cell)
    if isinstance(cell, int) or abs(cell) >= 100:
        return f"{cell:,.0f}"
    return f"{cell:.3g}"


def markdown(table: Table) -> str:
    lines = [f"## {table.title}", "", table.about, "", row(table.columns), row(["---"] * len(table.columns))]
    return "\n".join([*lines, *(row([shown(cell) for cell in cells]) for cells in table.rows), ""])


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write(folder: Path, machine: dict[str, str], tables: Sequence[Table]) -> None:
    """Write folder/bench.md and folder/bench.json."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = "\n".join(f"- {name}: {value}" for name, value in machine.items())
    (folder / "bench.md").write_text(
        "\n".join(["# Benchmark", "", facts, "", *map(markdown, tables)]), encoding="utf-8"
    )
    (folder / "bench.json").write_text(
        json.dumps({"machine": machine, "tables": [asdict(table) for table in tables]}, indent=1) + "\n"
    )
