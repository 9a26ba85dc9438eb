"""Commands that make data: perform, prepare, features."""

import argparse
from pathlib import Path

from ..data.prepared import load_prepared, prepare


def add(stages: argparse._SubParsersAction) -> None:
    """Add this module's stages to the command line."""
    p = stages.add_parser("perform", help="speech with phone times -> faces in BEAT's layout")
    p.add_argument("speech", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--seed", type=int, default=0)
    p.set_defaults(run=_perform)

    p = stages.add_parser("prepare", help="recordings in BEAT's layout -> arrays")
    p.add_argument("recordings", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--hold-out", type=int, nargs="*", default=[], metavar="SPEAKER", help="speakers kept for evaluation")
    p.set_defaults(run=_prepare)

    p = stages.add_parser("features", help="cache a large frozen encoder's features")
    p.add_argument("prepared", type=Path)
    p.add_argument("recordings", type=Path)
    p.add_argument("--encoder", required=True, help="a HuBERT or Whisper: hub name, folder, or package:NAME")
    p.set_defaults(run=_features)


def _perform(args: argparse.Namespace) -> None:
    from ..performer.takes import perform_folder

    perform_folder(args.speech, args.out, seed=args.seed)


def _prepare(args: argparse.Namespace) -> None:
    prepare(args.recordings, args.out, set(args.hold_out))


def _features(args: argparse.Namespace) -> None:
    from ..encoders import cache_features, load_encoder

    cache_features(load_prepared(args.prepared), args.recordings, load_encoder(args.encoder))
