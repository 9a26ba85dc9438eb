"""Measure all figures and write build/bench/bench.md and bench.json: python -m tests.bench."""

import argparse
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from backend.platforms import usable_cores

from . import blender, designs, sizes, speed, start, work
from .machine import ROOT, facts, load
from .table import Table, markdown, write

_OUT = ROOT / "build" / "bench"
_MAX_THREADS = 2


def parts(quick: bool) -> dict[str, Callable[[], Table]]:
    """List what can be measured."""
    threads = min(_MAX_THREADS, usable_cores())
    counts = sorted({1, threads})
    lengths = (1.0, 10.0) if quick else (1.0, 10.0, 60.0, 600.0, 3600.0, 7200.0)
    return {
        "lengths": lambda: speed.by_length(lengths, quick, threads),
        "kinds": lambda: speed.by_kind(10.0 if quick else 60.0, quick, counts),
        "runtimes": lambda: speed.by_runtime(10.0 if quick else 60.0, quick, counts),
        "designs": lambda: designs.side_by_side(2.0 if quick else 10.0, quick, threads),
        "designs-60": lambda: designs.side_by_side(4.0 if quick else 60.0, quick, threads),
        "start": lambda: start.starting(quick),
        "blender": lambda: blender.in_blender(quick, threads),
        "sizes": sizes.sizes,
        "work": lambda: work.work_table(work.count_work()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure how fast and how large everything is.")
    parser.add_argument(
        "--quick", action="store_true", help="short clips and few runs: whether all of it works, not how fast"
    )
    parser.add_argument(
        "--only", nargs="+", choices=parts(False), metavar="PART", help=f"some of {', '.join(parts(False))}"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=_OUT,
        metavar="DIR",
        help="a folder for bench.md and bench.json (default: build/bench)",
    )
    options = parser.parse_args()
    machine, tables, failed = facts(), [], 0
    began = time.monotonic()
    for name, measure in parts(options.quick).items():
        if options.only and name not in options.only:
            continue
        print(f"{name} ...", flush=True)
        try:
            table = measure()
        except (subprocess.CalledProcessError, start.BenchError) as error:
            failed += 1
            table = Table(name, f"Not measured: {error}", (), ())
        tables.append(table)
        print(markdown(table), flush=True)
        machine["load after"] = f"{load():.2f}"
        machine["took"] = f"{time.monotonic() - began:.0f} s"
        write(options.out, machine, tables)  # after each, for they take minutes
    print(f"Written: {options.out / 'bench.md'}, {options.out / 'bench.json'}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
