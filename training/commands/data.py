"""Commands that make data: perform, prepare, features."""

import argparse
from pathlib import Path


def add(stages: argparse._SubParsersAction) -> None:
    """Add this module's stages to the command line."""
    p = stages.add_parser("perform", help="speech with phone times -> faces in BEAT's layout")
    p.add_argument("speech", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--seed", type=int, default=0)
    p.set_defaults(run=_perform)

    p = stages.add_parser("prepare", help="recordings -> arrays, with a report")
    sources = p.add_subparsers(dest="source", required=True)
    p = sources.add_parser("beat", help="BEAT, or anything in its layout, such as performed speech")
    p.add_argument("recordings", type=Path)
    _add_prepare(p)
    p.set_defaults(run=_prepare_beat)

    p = stages.add_parser("features", help="cache a large frozen encoder's features")
    p.add_argument("prepared", type=Path)
    p.add_argument("recordings", type=Path)
    p.add_argument("--encoder", required=True, help="a Whisper model: hub name, folder, or package:NAME")
    p.set_defaults(run=_features)


def _add_prepare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path)
    parser.add_argument("--hold-out", type=int, nargs="*", default=[], metavar="SPEAKER", help="speakers kept whole for evaluation")
    parser.add_argument("--workers", type=int, help="processes (default: as many as cores)")


def _perform(args: argparse.Namespace) -> None:
    from ..performer.takes import perform_folder

    perform_folder(args.speech, args.out, seed=args.seed)


def _prepare_beat(args: argparse.Namespace) -> None:
    from ..data.prepared import prepare
    from ..data.report import write_report

    prepare(args.recordings, args.out, args.hold_out, args.workers)
    print(f"wrote {write_report(args.out)}")


def _features(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..encoders import cache_features, whisper

    cache_features(load_prepared(args.prepared), args.recordings, whisper(args.encoder))
