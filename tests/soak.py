"""Soak tests: few trials in `make test`, all of them in `make soak`, which also records the counts."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "build" / "soak"


@dataclass
class Row:
    """The outcomes of one test. tried - survived counts crashes, hangs and lost data."""

    what: str
    test: str
    tried: int = 0
    survived: int = 0
    seconds: float = 0.0


class Soak:
    """The number of trials of a soak test, and the counts of their outcomes."""

    def __init__(self, test: str, long: bool) -> None:
        self._test = test
        self._long = long
        self.rows: dict[str, Row] = {}

    def times(self, quick: int, long: int) -> range:
        return range(long if self._long else quick)

    @contextmanager
    def trial(self, what: str, tries: int = 1) -> Iterator[None]:
        """Count a block as survived unless it raises. count: trials in the block. what: the name in the table."""
        row = self.rows.setdefault(what, Row(what, self._test))
        row.tried += tries
        began = time.perf_counter()
        try:
            yield
            row.survived += tries
        finally:
            row.seconds += time.perf_counter() - began


def write_table(rows: list[Row]) -> Path:
    """Write the counts to the table of `make soak`, replacing earlier counts of the same tests."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    kept = _FOLDER / "soak.json"
    before = [Row(**row) for row in json.loads(kept.read_text())] if kept.exists() else []
    tests = {row.test for row in rows}
    rows = sorted([*(row for row in before if row.test not in tests), *rows], key=lambda row: row.test)
    kept.write_text(json.dumps([asdict(row) for row in rows], indent=1))
    lines = ["| tried | times | survived | lost | seconds | again with |", "|---|---|---|---|---|---|"]
    for row in rows:
        again = f'make soak ARGS="-k {row.test}"'
        lines.append(
            f"| {row.what} | {row.tried:,} | {row.survived:,} | {row.tried - row.survived:,} | {row.seconds:.0f} | `{again}` |"
        )
    table = _FOLDER / "soak.md"
    table.write_text("\n".join(lines) + "\n")
    return table
