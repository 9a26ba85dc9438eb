"""Commands that make data: synthesise, perform, prepare, features."""

import argparse
from pathlib import Path

from ..data.prepared import load_prepared, prepare


def add(stages: argparse._SubParsersAction) -> None:
    """Add this module's stages to the command line."""
    p = stages.add_parser("synthesise", help="sentences -> speech with phone times, in many voices")
    p.add_argument("out", type=Path)
    p.add_argument("--lines", type=Path, metavar="FILE", help="a text file, one English sentence a line (default: built-in ones)")
    p.add_argument("--speakers", type=int, default=24)
    p.add_argument("--hours", type=float, default=1.0, help="of speech in all, about")
    p.add_argument("--seed", type=int, default=0)
    p.set_defaults(run=_synthesise)

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
    p.add_argument("--encoder", required=True, help="a Whisper model: hub name, folder, or package:NAME")
    p.set_defaults(run=_features)


def _synthesise(args: argparse.Namespace) -> None:
    from ..speech.synthesise import builtin_sentences, synthesise

    texts = args.lines.read_text(encoding="utf-8").splitlines() if args.lines else builtin_sentences()
    made = synthesise(args.out, texts, args.speakers, args.hours, args.seed)
    print(f"{made.written} utterances ({made.seconds / 60:.1f} min) written to {args.out}, {made.present} were there, skipped:", len(made.skipped))
    for reason in made.skipped:
        print(f"  {reason}")


def _perform(args: argparse.Namespace) -> None:
    from ..performer.takes import perform_folder

    perform_folder(args.speech, args.out, seed=args.seed)


def _prepare(args: argparse.Namespace) -> None:
    prepare(args.recordings, args.out, set(args.hold_out))


def _features(args: argparse.Namespace) -> None:
    from ..encoders import cache_features, whisper

    cache_features(load_prepared(args.prepared), args.recordings, whisper(args.encoder))
