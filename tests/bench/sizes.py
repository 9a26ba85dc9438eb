"""The size of the download, and of the installed extension."""

import io
import zipfile
from pathlib import Path

from backend.__main__ import DEFAULT_MODEL

from .machine import ROOT
from .table import Cell, Table

_MB = 1e6


def weights() -> float:
    """Return the MB of the default model's parts and library."""
    return sum(path.stat().st_size for path in (*DEFAULT_MODEL.glob("*.onnx"), DEFAULT_MODEL / "model.json")) / _MB


def installed(archive: Path, python: str) -> float:
    """Return the MB of an extension in a Blender with this Python ("cp311"): files, wheels, and the matching wheels unpacked."""
    with zipfile.ZipFile(archive) as outer:
        total = sum(entry.file_size for entry in outer.infolist())
        for entry in outer.infolist():
            if entry.filename.endswith(".whl") and _fits(entry.filename, python):
                with zipfile.ZipFile(io.BytesIO(outer.read(entry))) as wheel:
                    total += sum(file.file_size for file in wheel.infolist())
    return total / _MB


def _fits(wheel: str, python: str) -> bool:
    _, _, interpreter, abi, _ = wheel.removesuffix(".whl").rsplit("-", 4)
    newer = abi == "abi3" and int(interpreter[3:]) <= int(python[3:])
    return newer or python in interpreter or "py3" in interpreter


def sizes() -> Table:
    """Measure the weights, and every zip that `make zip` left in dist/."""
    rows: list[tuple[Cell, ...]] = [("weights of the default model", weights(), None, None)]
    for archive in sorted((ROOT / "dist").glob("*.zip")):
        rows.append(
            (archive.name, archive.stat().st_size / _MB, installed(archive, "cp311"), installed(archive, "cp313"))
        )
    return Table(
        "Sizes",
        "1 MB is 1,000,000 bytes. Installed: the extension with its wheels, which Blender keeps, and what it unpacks of them.",
        ("what", "MB", "installed, Python 3.11", "installed, Python 3.13"),
        tuple(rows),
    )
