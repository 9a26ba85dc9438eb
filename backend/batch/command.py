"""The command `python -m backend batch`."""

import argparse
import os
import sys
import time
from pathlib import Path

FORMATS = ("csv", "json", "npz")
SOME_FAILED = 3  # exit code


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the `batch` command to a parser."""
    command = commands.add_parser("batch", help="make the takes of a whole script: a folder of sounds, or a table")
    command.set_defaults(command=_batch)
    command.add_argument(
        "lines",
        type=Path,
        metavar="LINES",
        help="a folder of sounds, or a .csv or .jsonl table with the columns file, start, end, identity, ...",
    )
    command.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the takes and manifest.jsonl"
    )
    command.add_argument(
        "--format", choices=FORMATS, default=FORMATS[0], help="csv (LiveLinkFace, the default), json (BEAT) or npz"
    )
    command.add_argument(
        "--processes",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="number of worker processes (default: one per core)",
    )
    command.add_argument(
        "--ray", nargs="?", const="", metavar="ADDRESS", help="run on a Ray cluster; without an address, start one"
    )
    return command


def _batch(options: argparse.Namespace) -> int:
    from .cluster import on_ray
    from .lines import LinesError, read_lines
    from .run import Setting, processes, run, show

    if options.processes < 1:
        raise LinesError("{processes} processes can't do anything: choose 1 or more", processes=options.processes)
    lines = read_lines(options.lines)
    options.out.mkdir(parents=True, exist_ok=True)
    setting = Setting(options.model.absolute(), options.out.absolute(), options.format)
    workers = processes(setting, options.processes) if options.ray is None else on_ray(setting, options.ray)
    began = time.monotonic()
    summary = run(lines, setting, workers, show(began))
    took = time.monotonic() - began
    print(
        f"{summary.made} lines made, {summary.skipped} kept from before, {len(summary.failed)} failed: {summary.seconds:.0f} s of sound in {took:.1f} s"
    )
    for name, notice in summary.notices:
        print(f"note: {name}: {notice}", file=sys.stderr)
    for result in summary.failed:
        print(f"failed: {result.name}: {result.error}", file=sys.stderr)
    return SOME_FAILED if summary.failed else 0
