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
