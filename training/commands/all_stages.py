"""The command `all` runs every stage, one after another. Finished stages are skipped, so it resumes where it was stopped."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..model.baselines import BASELINES
from ..model.config import TrainConfig, read_plan
from .train import halvings


@dataclass(frozen=True)
class Step:
    """A command line, and the file that exists when it is done."""

    command: list[str]
    makes: Path


def add(stages: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this module's stage to the command line."""
    p = stages.add_parser(
        "all", help="make teacher, students, tables and a model for the backend from speech or recordings"
    )
    p.add_argument(
        "data", type=Path, help="speech with phone times, which gets performed, or recordings in BEAT's layout"
    )
    p.add_argument("out", type=Path)
    p.add_argument(
        "--encoder",
        required=True,
        help="the teacher's audio encoder: a Whisper or HuBERT model, by hub name, folder, or package:NAME",
    )
    p.add_argument("--name", default="DiffusionTalker", help="name of the exported model")
    p.add_argument("--hold-out", nargs="*", default=[], metavar="SPEAKER", help="speakers kept for evaluation")
    p.add_argument("--split", default="takes", help="takes | official | leaky")
    p.add_argument(
        "--config",
        type=Path,
        help="JSON with the sections model, ear, train, distill, voice; missing keys keep their defaults",
    )
    p.add_argument(
        "--baselines",
        type=int,
        metavar="ITERATIONS",
        help="train the papers' baselines and ablations too, each for ITERATIONS",
    )
    p.add_argument("--limit", type=int, default=40, help="number of sequences measured of each part")
    p.set_defaults(run=_all)


def _plan(args: argparse.Namespace) -> Iterator[Step]:
    out: Path = args.out
    plan = ["--config", str(args.config)] if args.config else []
    split = ["--split", args.split]
    recordings, prepared = args.data, out / "prepared"
    aligned: list[str] = []
    if (args.data / "manifest.jsonl").exists():
        recordings, aligned = out / "recordings", ["--aligned"]
        yield Step(["perform", str(args.data), str(recordings)], out / "recordings.done")
    yield Step(
        ["prepare", "beat", str(recordings), str(prepared), *aligned, "--hold-out", *args.hold_out],
        prepared / "index.json",
    )
    yield Step(["features", str(prepared), str(recordings), "--encoder", args.encoder], prepared / "features.f16")
    models: list[Path] = []

    def model(name: str, command: list[str], *more: str) -> Step:
        models.append(out / name)
        return Step([*command, str(out / name), *more, *split, *plan], out / name / "model.json")

    yield Step(["ear", str(prepared), str(out / "ear"), *split, *plan], out / "ear" / "ear.json")
    yield model("teacher", ["train", str(prepared)])
    levels = read_plan(args.config, "train", TrainConfig()).model.steps
    large, small = "teacher", f"small-{levels}"
    yield model(small, ["distill", str(prepared), str(out / "teacher")], "--ear", str(out / "ear"), "--keep-steps")
    for steps in (n for n in halvings(levels) if n >= 2):
        yield model(f"large-{steps}", ["distill", str(prepared), str(out / large)])
        yield model(f"small-{steps}", ["distill", str(prepared), str(out / small)])
        large, small = f"large-{steps}", f"small-{steps}"
    yield model("student", ["voice", str(prepared), str(out / small)])
    small = "student"
    yield Step(["calibrate", str(out / small), str(prepared), *split], out / small / "calibrated")
    for name in BASELINES if args.baselines else ():
        yield model(name, ["train", str(prepared)], "--baseline", name, "--iterations", str(args.baselines))
    tables = out / "tables"
    measure = [
        "evaluate",
        *map(str, models),
        "--prepared",
        str(prepared),
        "--encoder",
        args.encoder,
        "--limit",
        str(args.limit),
    ]
    yield Step([*measure, *split, "--out", str(tables)], tables / "tables.md")
    yield Step(["export", str(out / small), str(out / "model"), "--name", args.name], out / "model" / "model.json")


def _all(args: argparse.Namespace) -> None:
    from ..__main__ import main

    for step in [*_plan(args)]:  # all of them planned, so that a wrong configuration is told before the first one runs
        print("python -m training", *step.command, "(done)" if step.makes.exists() else "")
        if step.makes.exists():
            continue
        if code := main(step.command):
            sys.exit(code)
        step.makes.touch()
