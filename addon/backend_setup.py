"""The settings that the backend process is started with. Does not need Blender."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BackendSetup:
    """The program, the model and the runtime of the backend.

    python: path of an interpreter, "" for Blender's own. model: a model folder. runtime: see docs/runtimes.md.
    """

    python: str
    model: Path
    runtime: str = "auto"
