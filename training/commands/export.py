"""The commands `export` and `import` write models for the backend and read them back."""

import argparse
from pathlib import Path

from backend import runtimes
from backend.model_folder import read_card, read_parts


def add(stages: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this module's stages to the command line."""
    p = stages.add_parser("export", help="write a student for the backend")
    p.add_argument("model", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--name", required=True)
    p.add_argument("--version", default="1.0.0")
    p.add_argument(
        "--safetensors",
        action="store_true",
        help="write the torch weights too; this doubles the size, and the backend does not need them",
    )
    p.add_argument(
        "--tensorrt", action="store_true", help="build TensorRT engines for this machine's GPU too, in its cache"
    )
    p.set_defaults(run=_export)

    p = stages.add_parser(
        "import", help="an exported model, such as the bundled one -> what train or distill writes, to train on from"
    )
    p.add_argument("exported", type=Path, help="folder that export wrote")
    p.add_argument("out", type=Path)
    p.set_defaults(run=_import)


def _export(args: argparse.Namespace) -> None:
    from ..export import export

    tensorrt = None
    if args.tensorrt:  # fail before any work if this machine can't
        tensorrt = runtimes.find("tensorrt")
        tensorrt.find_machine()
    worst = export(args.model, args.out, args.name, args.version, args.safetensors)
    print(f"wrote {args.out}; largest difference between torch and ONNX Runtime {worst:.1e}")
    if tensorrt is not None:
        card = read_card(args.out)
        tensorrt.load(card, read_parts(args.out, card), report=print)
        print(f"TensorRT's engines are ready, within {tensorrt.TOLERANCE:.0e} of ONNX Runtime")


def _import(args: argparse.Namespace) -> None:
    from ..import_exported import import_exported

    worst = import_exported(args.exported, args.out)
    print(f"wrote {args.out}; largest difference between torch and ONNX Runtime {worst:.1e}")
