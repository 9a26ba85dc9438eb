"""`python -m training STAGE`: perform | prepare | features | ear | train | distill | evaluate | export. Each can be stopped and goes on where it was."""

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

from .checkpoint import train_config
from .config import LossWeights, ModelConfig, TrainConfig
from .data.beat import BeatError
from .data.prepared import load_prepared, prepare

# What the student may rest on: mostly its teacher. Ground truth pulls few-step students to the mean face, so only the lips, which the
# sound decides, keep some of it.
DISTIL = TrainConfig(
    iterations=1500,
    batch=16,
    learning_rate=5e-4,
    weights=LossWeights(exp=0.0, lip=1.0, velocity=0.0, contrast=0.2, distil=1.0, ae=0.3, pc=0.01),
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    stages = parser.add_subparsers(dest="stage", required=True)

    p = stages.add_parser("perform", help="speech with phone times -> faces in BEAT's layout")
    p.add_argument("speech", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--seed", type=int, default=0)

    p = stages.add_parser("prepare", help="recordings in BEAT's layout -> arrays")
    p.add_argument("recordings", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--hold-out", type=int, nargs="*", default=[], metavar="SPEAKER", help="speakers kept for evaluation")

    p = stages.add_parser("features", help="cache a large frozen encoder's features")
    p.add_argument("prepared", type=Path)
    p.add_argument("recordings", type=Path)
    p.add_argument("--encoder", required=True, help="a Whisper model: hub name, folder, or package:NAME")

    p = stages.add_parser("ear", help="teach the small encoder what the large one hears")
    p.add_argument("prepared", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--config", type=Path)
    p.add_argument("--iterations", type=int)

    p = stages.add_parser("train", help="train a teacher")
    p.add_argument("prepared", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--config", type=Path, help="JSON with fields of TrainConfig")
    p.add_argument("--iterations", type=int)

    p = stages.add_parser("distill", help="halve a model's steps; a large encoder is replaced by a small one")
    p.add_argument("prepared", type=Path)
    p.add_argument("teacher", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--ear", type=Path, help="folder of the stage `ear`, for the first round")
    p.add_argument("--config", type=Path)
    p.add_argument("--iterations", type=int)

    p = stages.add_parser("evaluate", help="measure models on held-out takes and on real recordings")
    p.add_argument("models", type=Path, nargs="+")
    p.add_argument("--prepared", type=Path)
    p.add_argument("--recordings", type=Path, help="folder of sounds with lips (.csv) or phones (.json) beside them")
    p.add_argument("--encoder", help="the teacher's large encoder, for teachers on recordings")
    p.add_argument("--limit", type=int, default=40, help="takes of each split")
    p.add_argument("--out", type=Path, help="write the tables there too")

    p = stages.add_parser("export", help="write a student for the backend")
    p.add_argument("model", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--name", required=True)
    p.add_argument("--version", default="1.0.0")
    return parser


def _config(args: argparse.Namespace, default: TrainConfig) -> TrainConfig:
    config = default if args.config is None else train_config({**asdict(default), **json.loads(args.config.read_text())})
    return config if args.iterations is None else replace(config, iterations=args.iterations)


def _evaluate(args: argparse.Namespace) -> None:
    from . import evaluate
    from .encoders import whisper
    from .synthesis import load_performer

    encoder = whisper(args.encoder) if args.encoder else None
    tables: dict[str, evaluate.Figures] = {}
    for folder in args.models:
        performer = load_performer(folder)
        title = f"{folder.name}, {performer.steps} steps"
        if args.prepared:
            data = load_prepared(args.prepared)
            for split, words in (("clip", "held-out takes of known voices"), ("voice", "held-out voices")):
                if data.part(split):
                    tables[f"{title}: {words}"] = evaluate.on_split(performer, data, split, args.limit)
        if args.recordings and (performer.ear is not None or encoder is not None):
            for name, figures in evaluate.on_recordings(performer, args.recordings, encoder).items():
                tables[f"{title}: {name}"] = figures
    text = evaluate.as_markdown(tables)
    print(text)
    if args.out:
        args.out.write_text(text)


def main(arguments: list[str] | None = None) -> int:
    """Run one stage; returns the exit code."""
    args = _parser().parse_args(arguments)
    try:
        match args.stage:
            case "perform":
                from .performer.takes import perform_folder

                perform_folder(args.speech, args.out, seed=args.seed)
            case "prepare":
                prepare(args.recordings, args.out, set(args.hold_out))
            case "features":
                from .encoders import cache_features, whisper

                cache_features(load_prepared(args.prepared), args.recordings, whisper(args.encoder))
            case "ear":
                from .ear import train_ear

                train_ear(load_prepared(args.prepared), args.out, ModelConfig(), _config(args, TrainConfig()))
            case "train":
                from .teacher import train_teacher

                train_teacher(load_prepared(args.prepared), args.out, ModelConfig(), _config(args, TrainConfig()))
            case "distill":
                from .distill import distill_round

                distill_round(load_prepared(args.prepared), args.teacher, args.out, _config(args, DISTIL), args.ear)
            case "evaluate":
                _evaluate(args)
            case "export":
                from .export import export

                worst = export(args.model, args.out, args.name, args.version)
                print(f"wrote {args.out}; largest difference between torch and ONNX Runtime {worst:.1e}")
    except (BeatError, ValueError, FileNotFoundError) as error:
        print(f"{args.stage}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
