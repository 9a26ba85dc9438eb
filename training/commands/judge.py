"""The command that measures: evaluate."""

import argparse
from pathlib import Path

from ..data.splits import SCHEMES


def add(stages: argparse._SubParsersAction) -> None:
    """Add this module's stage to the command line."""
    p = stages.add_parser("evaluate", help="measure models on held-out takes and on real recordings")
    p.add_argument("models", type=Path, nargs="+")
    p.add_argument("--prepared", type=Path)
    p.add_argument("--split", choices=SCHEMES, default="takes", help="how recordings are divided: as the model was trained")
    p.add_argument("--recordings", type=Path, help="folder of sounds with lips (.csv) or phones (.json) beside them")
    p.add_argument("--encoder", help="the teacher's large encoder, for teachers on recordings")
    p.add_argument("--limit", type=int, default=40, help="takes of each split")
    p.add_argument("--out", type=Path, help="write the tables there too")
    p.set_defaults(run=_evaluate)


def _evaluate(args: argparse.Namespace) -> None:
    from .. import evaluate
    from ..data.prepared import load_prepared
    from ..encoders import load_encoder
    from ..synthesis import load_performer

    encoder = load_encoder(args.encoder) if args.encoder else None
    tables: dict[str, evaluate.Figures] = {}
    for folder in args.models:
        performer = load_performer(folder)
        title = f"{folder.name}, {performer.steps} steps"
        if args.prepared:
            data = load_prepared(args.prepared, args.split)
            for split, words in (("test", f"held-out takes of known voices (split {args.split})"), ("voice", "held-out voices")):
                if data.part(split):
                    tables[f"{title}: {words}"] = evaluate.on_split(performer, data, split, args.limit)
        if args.recordings and (performer.ear is not None or encoder is not None):
            for name, figures in evaluate.on_recordings(performer, args.recordings, encoder).items():
                tables[f"{title}: {name}"] = figures
    text = evaluate.as_markdown(tables)
    print(text)
    if args.out:
        args.out.write_text(text)
