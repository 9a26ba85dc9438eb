"""The command `evaluate` measures models."""

import argparse
from pathlib import Path

from ..data.splits import SCHEMES


def add(stages: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this module's stage to the command line."""
    p = stages.add_parser(
        "evaluate", help="measure models on held-out takes and on real recordings: the papers' tables, with pictures"
    )
    p.add_argument(
        "models",
        type=Path,
        nargs="+",
        help="folders that train or distill wrote; the tables use their names",
    )
    p.add_argument("--prepared", type=Path, required=True)
    p.add_argument("--split", choices=SCHEMES, default="takes", help="how recordings are split; must be as in training")
    p.add_argument(
        "--zero-shot",
        type=Path,
        metavar="PREPARED",
        help="prepared data of another kind than the models were trained on",
    )
    p.add_argument(
        "--head", type=Path, help="for LVE and EVE: .npz of names (K,), deltas (K, V, 3), vertex lists lips and upper"
    )
    p.add_argument(
        "--films",
        type=Path,
        metavar="PREPARED",
        help="films that `prepare video` prepared, of people that the models don't know: a table of real lips",
    )
    p.add_argument("--recordings", type=Path, help="folder of sounds with lips (.csv) or phones (.json) beside them")
    p.add_argument(
        "--encoder",
        help="the large encoder of models without a student encoder, for times, sizes and recordings",
    )
    p.add_argument(
        "--limit",
        type=int,
        default=40,
        help="number of 10-second sequences measured of each part, and of each person in films",
    )
    p.add_argument("--out", type=Path, required=True, help="folder for tables.md, figures.csv and pictures")
    p.set_defaults(run=_evaluate)

    p = stages.add_parser(
        "readability",
        help="measure which mouth shapes a recognizer of performed lips reads from models, and from films",
    )
    p.add_argument("speech", type=Path, help="folder of speech with phone times, as the stage synthesise writes it")
    p.add_argument("models", type=Path, nargs="*", help="folders that train or distill wrote")
    p.add_argument(
        "--films",
        type=Path,
        metavar="FOLDER",
        help="sounds with a face (.csv) and phones (.json, .TextGrid) beside them",
    )
    p.add_argument(
        "--minutes", type=float, default=30.0, help="how much speech the recognizer learns from (default: 30)"
    )
    p.add_argument("--epochs", type=int, default=10)
    p.add_argument(
        "--hold-out", type=int, nargs="*", default=[5, 11, 17, 23], metavar="SPEAKER", help="speakers to test on"
    )
    p.add_argument("--limit", type=int, default=24, help="number of held-out lines")
    p.set_defaults(run=_readability)


def _evaluate(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..encoders import load_encoder
    from ..evaluation.evaluate import Sources, evaluate
    from ..evaluation.head_mesh import load_head_mesh

    sources = Sources(
        data=load_prepared(args.prepared, args.split),
        zero_shot=load_prepared(args.zero_shot) if args.zero_shot else None,
        head=load_head_mesh(args.head) if args.head else None,
        encoder=load_encoder(args.encoder) if args.encoder else None,
        recordings=args.recordings,
        films=load_prepared(args.films) if args.films else None,
        limit=args.limit,
    )
    print(evaluate(args.models, sources, args.out))


def _readability(args: argparse.Namespace) -> None:
    from ..evaluation.report import as_markdown
    from ..model.pipeline import load_pipeline
    from ..train.lip_reading import read_filmed, read_lines, readability, train_reader
    from ..train.phone_training import choose_utterances, read_utterances

    used, held_out = choose_utterances(read_utterances(args.speech), args.hold_out, args.minutes, 0)
    reader = train_reader(read_lines(used), args.epochs, 0)
    models = [(folder.name, load_pipeline(folder)) for folder in args.models]
    filmed = read_filmed(args.films) if args.films else ([], [])
    print(as_markdown([readability(reader, read_lines(held_out[: args.limit]), models, filmed)]))
