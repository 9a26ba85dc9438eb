"""Commands that train: ear, train, distill, revise, head, voice, calibrate, enroll."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data.splits import SCHEMES
from ..model.baselines import BASELINES
from ..model.config import LossWeights, Plan, TrainConfig, read_plan
from .data import add_tracker

# Students learn mostly from their teacher. The recorded faces would pull few-step students to the mean face, so they count only for the
# lips, which the sound decides.
DISTILL = TrainConfig(
    iterations=1500,
    batch=16,
    learning_rate=5e-4,
    weights=LossWeights(exp=0.0, lip=1.0, velocity=0.0, contrast=0.2, distil=1.0, ae=0.3, pc=0.01),
)
HEAD = TrainConfig(
    iterations=800,
    batch=8,
    seconds=8.0,
    learning_rate=1e-3,
    warmup=20,
    ema=0.99,
    weights=LossWeights(exp=1.0, distil=4.0),
)
REVISE = TrainConfig(
    iterations=600,
    batch=8,
    learning_rate=6e-4,
    warmup=20,
    ema=0.99,
    save_every=50,
    weights=LossWeights(exp=1.0, lip=2.0, ae=0.3),
)
VOICE = TrainConfig(iterations=5000, learning_rate=2e-3, weights=LossWeights(contrast=1.0))
STUDENT_ENCODER = TrainConfig(
    iterations=4500, batch=16, weights=LossWeights(exp=0.0, lip=1.0, velocity=0.0, contrast=0.0, ae=1.0)
)


def add(stages: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this module's stages to the command line."""
    p = stages.add_parser("ear", help="pre-train a student encoder to predict the large encoder's features")
    p.add_argument("prepared", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument(
        "--start",
        type=Path,
        metavar="MODEL",
        help="begin with the student encoder of MODEL, shortened to model.encoder_blocks, and not with random weights",
    )
    _add_plan(p)
    p.set_defaults(run=_ear)

    p = stages.add_parser("train", help="train a teacher")
    p.add_argument("prepared", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--baseline", choices=BASELINES, help="train one of the papers' baselines or ablations instead")
    _add_plan(p)
    p.set_defaults(run=_train)

    p = stages.add_parser("distill", help="halve a model's steps, give it a student encoder, or both")
    p.add_argument("prepared", type=Path)
    p.add_argument("teacher", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument(
        "--ear",
        type=Path,
        help="folder of the stage `ear`, or of a student, whose student encoder replaces the large one",
    )
    p.add_argument(
        "--decoder-only",
        action="store_true",
        help="fine-tune a finished model: encoder, library and voices stay, and PREPARED holds the features of its own encoder",
    )
    steps = p.add_mutually_exclusive_group()
    steps.add_argument(
        "--keep-steps", action="store_true", help="keep the teacher's number of steps and change only the encoder"
    )
    steps.add_argument(
        "--to",
        type=int,
        metavar="STEPS",
        help="distill in rounds down to STEPS, with each student in a folder OUT/STEPS",
    )
    _add_plan(p)
    p.set_defaults(run=_distill)

    p = stages.add_parser("head", help="give a finished model a head that nods, drifts and follows the gaze")
    p.add_argument("prepared", type=Path, help="any speech, with the features of the model's own encoder")
    p.add_argument("model", type=Path)
    p.add_argument("out", type=Path)
    _add_plan(p)
    p.set_defaults(run=_head)

    p = stages.add_parser(
        "revise",
        help="give a finished model emotions that show, even sides, brows on accents and the lips of real people",
    )
    p.add_argument(
        "prepared", type=Path, help="speech, and films that were tracked, with the features of the model's own encoder"
    )
    p.add_argument("model", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--ear", type=Path, help="folder of the stage `ear`, whose encoder replaces the model's own")
    _add_plan(p)
    p.set_defaults(run=_revise)

    p = stages.add_parser("voice", help="train a finished model's voice match again, on sound alone")
    p.add_argument(
        "prepared",
        type=Path,
        help="prepared data of identities that the model knows; it needs no features and may have more speakers",
    )
    p.add_argument("model", type=Path)
    p.add_argument("out", type=Path)
    _add_plan(p)
    p.set_defaults(run=_voice)

    p = stages.add_parser(
        "calibrate",
        help="choose the upper face's starting noise, so that it moves as far as in the recordings",
    )
    p.add_argument("model", type=Path, help="folder that train or distill wrote; its model.json is changed")
    p.add_argument("prepared", type=Path)
    p.add_argument("--split", choices=SCHEMES, default="takes")
    p.set_defaults(run=_calibrate)

    p = stages.add_parser(
        "enroll", help="add an identity to a model, from films, from recordings with a face or from a voice alone"
    )
    p.add_argument(
        "model",
        type=Path,
        help="with --prepared a folder that train or distill wrote, with --video or --audio one that export wrote",
    )
    p.add_argument("out", type=Path)
    p.add_argument("--identity", required=True, metavar="NAME")
    p.add_argument("--description", default="", help="the person's way of speaking, in a few words")
    source = p.add_mutually_exclusive_group(required=True)
    source.add_argument("--prepared", type=Path, help="one person's prepared recordings; a few minutes are enough")
    source.add_argument(
        "--video",
        type=Path,
        nargs="+",
        metavar="FILM",
        help="films of the person talking, or folders of them; a minute is enough. Needs --tracker and the extra `video`",
    )
    source.add_argument(
        "--audio",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="recordings of the voice; the identity becomes a mixture of the known ones",
    )
    add_tracker(p, required=False)
    _add_plan(p)
    p.set_defaults(run=_enroll)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--split",
        choices=SCHEMES,
        default="takes",
        help="how recordings are split: by take, by BEAT's listing, or the papers' leaky split",
    )
    parser.add_argument(
        "--config",
        type=Path,
        help="JSON with the sections model, ear, train, distill, revise, head, voice, enroll; missing keys keep their defaults",
    )
    parser.add_argument("--iterations", type=int)


def _plan(args: argparse.Namespace, default: TrainConfig, changes: dict[str, Any] | None = None) -> Plan:
    plan = read_plan(args.config, args.stage, default, changes)
    return plan if args.iterations is None else replace(plan, train=replace(plan.train, iterations=args.iterations))


def halvings(steps: int) -> list[int]:
    """Return the numbers of steps that halving leads to, such as 16, 8, 4, 2, 1 for 32."""
    halved = []
    while steps % 2 == 0:
        steps //= 2
        halved.append(steps)
    return halved


def _ear(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..train.student_encoder import train_student_encoder

    plan = _plan(args, STUDENT_ENCODER)
    train_student_encoder(load_prepared(args.prepared, args.split), args.out, plan.model, plan.train, args.start)


def _train(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..train.teacher import train_teacher

    plan = _plan(args, TrainConfig(), BASELINES.get(args.baseline))
    train_teacher(load_prepared(args.prepared, args.split), args.out, plan.model, plan.train)


def _distill(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..model.checkpoint import read_steps
    from ..train.distill import distill_round

    data, config = load_prepared(args.prepared, args.split), _plan(args, DISTILL).train
    if args.to is None:
        distill_round(data, args.teacher, args.out, config, args.ear, not args.keep_steps, args.decoder_only)
        return
    teacher_steps = read_steps(args.teacher)
    rounds = halvings(teacher_steps)
    if args.to not in rounds:
        raise ValueError(
            f"{teacher_steps} steps can't be halved to {args.to}: choose one of {', '.join(map(str, rounds))}"
        )
    teacher, ear = args.teacher, args.ear
    for steps in rounds[: rounds.index(args.to) + 1]:
        student = args.out / str(steps)
        if not (student / "model.json").exists():
            distill_round(data, teacher, student, config, ear, decoder_only=args.decoder_only)
        teacher, ear = student, None


def _head(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..revision.head import train_head

    train_head(load_prepared(args.prepared, args.split), args.model, args.out, _plan(args, HEAD).train)


def _revise(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..revision.revise import revise

    plan = _plan(args, REVISE)
    revise(load_prepared(args.prepared, args.split), args.model, args.out, plan.train, args.ear)


def _voice(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..train.voice_head import train_voice

    train_voice(load_prepared(args.prepared, args.split), args.model, args.out, _plan(args, VOICE).train)


def _calibrate(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..train.calibrate import calibrate

    stds = calibrate(args.model, load_prepared(args.prepared, args.split))
    print(
        f"{args.model}: standard deviation of the starting noise",
        ", ".join(f"{std:.2f} ({group})" for group, std in stds.items()),
    )


def _enroll(args: argparse.Namespace) -> None:
    if args.audio:
        from ..train.enroll_voice import enroll_voice

        mixture = enroll_voice(args.model, args.audio, args.out, args.identity, args.description)
        print(f"{args.out}: {args.identity} is " + ", ".join(f"{share:.0%} {name}" for name, share in mixture[:3]))
        return
    from ..train.enroll import ENROLL, enroll

    if args.video:
        from ..train.enroll_video import enroll_video

        if args.tracker is None:
            raise ValueError("--video needs --tracker: name MediaPipe's face_landmarker.task.")
        config = _plan(args, ENROLL).train
        made = enroll_video(args.model, args.video, args.tracker, args.out, args.identity, args.description, config)
        print(f"{args.out}: {args.identity}, started from {made.nearest}, learned from {made.seconds:.0f} s of film")
        return
    from ..data.prepared import load_prepared

    data, config = load_prepared(args.prepared, args.split), _plan(args, ENROLL).train
    new = enroll(args.model, data, args.out, args.identity, args.description, config)
    print(
        f"{args.out}: {args.identity}, started from {new.nearest}, is matched by voice in {new.match_rate:.0%} of its recordings"
    )
