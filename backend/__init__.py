"""Speech in, named curves of a talking face out. Imports no bpy.

    from backend import load_model

    take = load_model().generate("line.wav", identity="Ada")

The names in __all__ are the public Python API, see docs/python_api.md. They are imported on first use, because Blender
needs little more than the protocol.

Most of this package runs in the backend process. Blender itself uses ipc.client and pure modules, such as arkit,
curves, curve_files and model_folder. Training imports it as a library.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import Talker, load_model
    from .audio import AudioError
    from .curves.base import Curves
    from .inference.errors import RequestError
    from .model_folder import ModelError
    from .performance import AUTO, EmotionKey, Performance, Take

__version__ = "0.1.0"
__all__ = [
    "AUTO",
    "DEFAULT_MODEL",
    "AudioError",
    "Curves",
    "EmotionKey",
    "ModelError",
    "Performance",
    "RequestError",
    "Take",
    "Talker",
    "load_model",
]

DEFAULT_MODEL = Path(__file__).parent / "model"  # the one that comes with the extension

_MODULES = {
    "AUTO": "performance",
    "AudioError": "audio",
    "Curves": "curves.base",
    "EmotionKey": "performance",
    "ModelError": "model_folder",
    "Performance": "performance",
    "RequestError": "inference.errors",
    "Take": "performance",
    "Talker": "api",
    "load_model": "api",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
