"""The command that writes models for the backend: export."""

import argparse
from pathlib import Path


def add(stages: argparse._SubParsersAction) -> None:
    """Add this module's stage to the command line."""
    p = stages.add_parser("export", help="write a student for the backend")
    p.add_argument("model", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--name", required=True)
    p.add_argument("--version", default="1.0.0")
    p.set_defaults(run=_export)


def _export(args: argparse.Namespace) -> None:
    from ..export import export

    worst = export(args.model, args.out, args.name, args.version)
    print(f"wrote {args.out}; largest difference between torch and ONNX Runtime {worst:.1e}")
