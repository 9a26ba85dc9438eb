"""Commands that train: ear, train, distill, voice, calibrate, enroll."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data.splits import SCHEMES
from ..model.baselines import BASELINES
from ..model.config import LossWeights, Plan, TrainConfig, read_plan

# What the student may rest on: mostly its teacher. Ground truth pulls few-step students to the mean face, so only the lips, which the
# sound decides, keep some of it.
DISTIL = TrainConfig(
    iterations=1500,
    batch=16,
    learning_rate=5e-4,
    weights=LossWeights(exp=0.0, lip=1.0, velocity=0.0, contrast=0.2, distil=1.0, ae=0.3, pc=0.01),
)
VOICE = TrainConfig(iterations=5000, learning_rate=2e-3, weights=LossWeights(contrast=1.0))
EAR = TrainConfig(iterations=4500, batch=16, weights=LossWeights(exp=0.0, lip=1.0, velocity=0.0, contrast=0.0, ae=1.0))


def add(stages: argparse._SubParsersAction) -> None:
    """Add this module's stages to the command line."""
    p = stages.add_parser("ear", help="teach the small encoder what the large one hears")
    p.add_argument("prepared", type=Path)
    p.add_argument("out", type=Path)
    _add_plan(p)
    p.set_defaults(run=_ear)

    p = stages.add_parser("train", help="train a teacher")
    p.add_argument("prepared", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--baseline", choices=BASELINES, help="one of the papers' baselines or ablations instead")
    _add_plan(p)
    p.set_defaults(run=_train)

    p = stages.add_parser("distill", help="halve a model's steps, or give it a small encoder, or both")
    p.add_argument("prepared", type=Path)
    p.add_argument("teacher", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument(
        "--ear", type=Path, help="folder of the stage `ear`, or of a student: its small encoder replaces the large one"
    )
    steps = p.add_mutually_exclusive_group()
    steps.add_argument(
        "--keep-steps", action="store_true", help="as many steps as the teacher: only the encoder changes"
    )
    steps.add_argument(
        "--to",
        type=int,
        metavar="STEPS",
        help="as many rounds as it takes, each student in a folder OUT/STEPS of its own",
    )
    _add_plan(p)
    p.set_defaults(run=_distill)

    p = stages.add_parser("voice", help="teach a finished model its matching of voices anew, on sound alone")
    p.add_argument(
        "prepared",
        type=Path,
        help="of identities that the model knows; it needs no features and may hold more speakers",
    )
    p.add_argument("model", type=Path)
    p.add_argument("out", type=Path)
    _add_plan(p)
    p.set_defaults(run=_voice)

    p = stages.add_parser(
        "calibrate",
        help="choose how much noise a model begins from, so that upper faces move as far as the recorded ones",
    )
    p.add_argument("model", type=Path, help="folder that train or distill wrote: its model.json is changed")
    p.add_argument("prepared", type=Path)
    p.add_argument("--split", choices=SCHEMES, default="takes")
    p.set_defaults(run=_calibrate)

    p = stages.add_parser(
        "enroll", help="give a model one more identity: from recordings with a face, or from a voice alone"
    )
    p.add_argument(
        "model", type=Path, help="with --prepared what train or distill wrote, with --audio what export wrote"
    )
    p.add_argument("out", type=Path)
    p.add_argument("--identity", required=True, metavar="NAME")
    p.add_argument("--description", default="", help="how this person speaks, in a few words")
    source = p.add_mutually_exclusive_group(required=True)
    source.add_argument("--prepared", type=Path, help="one person's prepared recordings: a few minutes do")
    source.add_argument(
        "--audio", type=Path, nargs="+", metavar="FILE", help="the voice: becomes a mixture of the known identities"
    )
    _add_plan(p)
    p.set_defaults(run=_enroll)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--split",
        choices=SCHEMES,
        default="takes",
        help="how recordings are divided: by take, BEAT's listing, the papers' leaky one",
    )
    parser.add_argument(
        "--config", type=Path, help="JSON with the sections model, ear, train, distill, voice, as far as they differ"
    )
    parser.add_argument("--iterations", type=int)


def _plan(args: argparse.Namespace, default: TrainConfig, changes: dict[str, Any] | None = None) -> Plan:
    plan = read_plan(args.config, args.stage, default, changes)
    return plan if args.iterations is None else replace(plan, train=replace(plan.train, iterations=args.iterations))


def halvings(steps: int) -> list[int]:
    """16, 8, 4, 2, 1 for 32."""
    found = []
    while steps % 2 == 0:
        steps //= 2
        found.append(steps)
    return found


def _ear(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..train.student_encoder import train_student_encoder

    plan = _plan(args, EAR)
    train_student_encoder(load_prepared(args.prepared, args.split), args.out, plan.model, plan.train)


def _train(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..train.teacher import train_teacher

    plan = _plan(args, TrainConfig(), BASELINES.get(args.baseline))
    train_teacher(load_prepared(args.prepared, args.split), args.out, plan.model, plan.train)


def _distill(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..model.checkpoint import read_steps
    from ..train.distill import distill_round

    data, config = load_prepared(args.prepared, args.split), _plan(args, DISTIL).train
    if args.to is None:
        distill_round(data, args.teacher, args.out, config, args.ear, not args.keep_steps)
        return
    begin = read_steps(args.teacher)
    rounds = halvings(begin)
    if args.to not in rounds:
        raise ValueError(f"{begin} steps can't be halved to {args.to}: choose one of {', '.join(map(str, rounds))}")
    teacher, ear = args.teacher, args.ear
    for steps in rounds[: rounds.index(args.to) + 1]:
        student = args.out / str(steps)
        if not (student / "model.json").exists():
            distill_round(data, teacher, student, config, ear)
        teacher, ear = student, None


def _voice(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..train.voice_head import train_voice

    train_voice(load_prepared(args.prepared, args.split), args.model, args.out, _plan(args, VOICE).train)


def _calibrate(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..train.calibrate import calibrate

    found = calibrate(args.model, load_prepared(args.prepared, args.split))
    print(
        f"{args.model}: noise begins at", ", ".join(f"{deviation:.2f} ({group})" for group, deviation in found.items())
    )


def _enroll(args: argparse.Namespace) -> None:
    if args.audio:
        from ..train.enroll_voice import enroll_voice

        mixture = enroll_voice(args.model, args.audio, args.out, args.identity, args.description)
        print(f"{args.out}: {args.identity} is " + ", ".join(f"{share:.0%} {name}" for name, share in mixture[:3]))
        return
    from ..data.prepared import load_prepared
    from ..train.enroll import ENROLL, enroll

    data, config = load_prepared(args.prepared, args.split), _plan(args, ENROLL).train
    new = enroll(args.model, data, args.out, args.identity, args.description, config)
    print(
        f"{args.out}: {args.identity}, begun from {new.nearest}, is found by voice in {new.match_rate:.0%} of the recordings"
    )
