"""`python -m training STAGE` makes models, with one command for each stage. A stage that was stopped resumes where it was."""

import argparse
import sys

from backend.audio import AudioError
from backend.model_folder import ModelError
from backend.runtimes import RuntimeUnusable
from backend.shell import run_command

from .commands import all_stages, data, evaluate, export, sounds_part, train
from .data.beat import BeatError


def main(arguments: list[str] | None = None) -> int:
    """Run one stage and return the exit code."""
    return run_command(lambda: _run(arguments))


def _run(arguments: list[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    stages = parser.add_subparsers(dest="stage", required=True)
    for module in (data, train, evaluate, export, sounds_part, all_stages):
        module.add(stages)
    args = parser.parse_args(arguments)
    try:
        return args.run(args) or 0
    except KeyboardInterrupt:
        print(f"\n{args.stage}: stopped. The same command resumes from here.", file=sys.stderr)
        return 130
    except (BeatError, AudioError, ModelError, RuntimeUnusable, ValueError, FileNotFoundError) as error:
        print(f"{args.stage}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
