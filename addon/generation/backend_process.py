"""The backend process: found a Python for, started when first needed, kept between jobs, ended with Blender."""

import atexit
import contextlib
import importlib.util
import itertools
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ...backend import platforms
from ...backend.ipc import client
from ...backend.ipc.client import Client, launch
from ...backend.messages import UserMessage
from ..backend_setup import BackendSetup
from .model_info import changed

if TYPE_CHECKING:
    from .batch_job import Batch
    from .job import Job

_ROOT = Path(client.__file__).parents[2]  # the folder that holds the package `backend`
_PACKAGES = ("onnxruntime", "soundfile", "soxr", "_cffi_backend", "typing_extensions", "numpy")
_LOG = "backend.log"
_PREFIX = "diffusion_talker_"  # of temporary folders; the id of Blender's process follows
_REST = 5.0  # seconds from one start to the next, or a backend that dies at once would be started over and over


class Session:
    """What lives as long as the add-on is enabled and belongs to no .blend file. There is one: `session`."""

    def __init__(self) -> None:
        self.job: Job | Batch | None = None  # the one under way
        self.timer: bpy.types.Timer | None = None  # that moves it on
        self.message: UserMessage | None = None  # why the last one came to nothing
        self.ids = itertools.count(1)  # of requests
        self._client: Client | None = None
        self._setup: tuple[BackendSetup, tuple[int, ...]] | None = (
            None  # what it was last started with, and when the model was written
        )
        self._folder: Path | None = None
        self._started = float("-inf")

    def client(self, setup: BackendSetup) -> Client | None:
        """The backend, started if there is none with this setup; None while it rests from the last start. Raises LaunchError
        or OSError."""
        wanted = setup, changed(setup.model)
        if wanted != self._setup:
            self.restart()
            self._setup = wanted
        if self._client and self._client.alive:
            return self._client
        if time.monotonic() < self._started + _REST:
            return None
        self._drop()
        folder = self.folder()
        self._started = time.monotonic()
        packages = [] if setup.python else site_dirs()  # another Python brings its own
        arguments = ("serve", "--model", str(setup.model), "--runtime", setup.runtime)
        self._client = launch(setup.python or own_python(), _ROOT, packages, folder / _LOG, arguments)
        return self._client

    @property
    def log(self) -> Path | None:
        """What the backend printed since its last start; None before the first."""
        path = self._folder / _LOG if self._folder else None
        return path if path and path.is_file() else None

    def folder(self) -> Path:
        """A private folder for the log and for unpacked sounds. Raises OSError where none can be made."""
        if self._folder is None or not self._folder.is_dir():
            _sweep(Path(tempfile.gettempdir()))
            self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}_"))
        return self._folder

    def restart(self) -> None:
        """End the backend; the next job starts a new one at once."""
        self._drop()
        self._started = float("-inf")

    def close(self) -> None:
        """Give up the job under way, end the backend and leave nothing behind."""
        if self.job:
            self.job.cancel()
            self.job = None  # no operator is left to do so, and the add-on may be enabled again
        self.restart()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _drop(self) -> None:
        if self._client:
            self._client.stop()
            self._client = None


session = Session()


def _sweep(temporary: Path) -> None:
    """Remove this user's folders of Blenders that were killed."""
    for folder in temporary.glob(f"{_PREFIX}*_*"):
        process = folder.name.removeprefix(_PREFIX).partition("_")[0]
        with contextlib.suppress(FileNotFoundError):  # another Blender sweeps too
            if process.isdecimal() and not platforms.is_running(int(process)) and platforms.is_private(folder):
                shutil.rmtree(folder, ignore_errors=True)


def own_python() -> str:
    """Blender's own Python; "" when there is none beside it."""
    if os.path.basename(sys.executable).lower().startswith("python"):
        return sys.executable
    names = platforms.python_names(sys.version_info[:2])
    return next((str(path) for path in (Path(sys.prefix, name) for name in names) if path.is_file()), "")


def site_dirs() -> list[str]:
    """The folders where Blender finds the packages that the backend needs, without importing any."""
    folders: dict[str, None] = {}  # an ordered set
    for spec in map(importlib.util.find_spec, _PACKAGES):
        if spec and spec.origin:
            folders[str(Path(spec.origin).parents[1 if spec.submodule_search_locations else 0])] = None
    return list(folders)


def disabled_reason(python: str) -> UserMessage | None:
    """Return why the backend can't be started, as far as that can be told beforehand; None when it may."""
    if python:
        if os.path.isfile(python):
            return None
        return UserMessage("There is no Python at {python}: choose another in the preferences", python=python)
    if not own_python():
        return UserMessage("This Blender has no Python to run the backend: choose one in the preferences")
    missing = [name for name in _PACKAGES[:3] if importlib.util.find_spec(name) is None]
    if missing:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return UserMessage(
            "This extension has no {packages} for this Blender's Python {version}: choose a Python that has them in the preferences",
            packages=", ".join(missing),
            version=version,
        )
    return None


@bpy.app.handlers.persistent
def _close(*_: object) -> None:
    session.close()


def register() -> None:
    atexit.register(_close)
    if hasattr(bpy.app.handlers, "exit_pre"):  # 5.1+: while Blender is still whole
        bpy.app.handlers.exit_pre.append(_close)


def unregister() -> None:
    if hasattr(bpy.app.handlers, "exit_pre"):
        bpy.app.handlers.exit_pre.remove(_close)
    atexit.unregister(_close)
    session.close()
