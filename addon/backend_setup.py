"""What the backend process is started with."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BackendSetup:
    """What the backend is run with. python: "" for Blender's own; model: a folder; runtime: what runs the model, see docs/runtimes.md."""

    python: str
    model: Path
    runtime: str = "onnx"
