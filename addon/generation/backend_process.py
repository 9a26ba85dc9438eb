"""The backend process: started when first needed, kept between jobs, ended with Blender. Runs in Blender, without bpy."""

import contextlib
import importlib.util
import itertools
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from ...backend import platforms
from ...backend.ipc import client
from ...backend.ipc.client import Client, launch
from ...backend.messages import UserMessage
from ..backend_setup import BackendSetup
from .model_info import file_times

_ROOT = Path(client.__file__).parents[2]  # the folder that holds the package `backend`
# What the backend uses: only numpy is needed, which Blender has. Some zips bring the others.
_PACKAGES = ("onnxruntime", "soundfile", "soxr", "_cffi_backend", "typing_extensions", "numpy")
_LOG = "backend.log"
_PREFIX = "diffusion_talker_"  # of temporary folders; the id of Blender's process follows
_RESTART_DELAY = 5.0  # seconds between two starts, or a backend that crashes at once would be started over and over


class BackendProcess:
    """The backend with its log and its folder of temporary files. There is one: `process`."""

    def __init__(self) -> None:
        self.ids = itertools.count(1)  # of requests
        self._client: Client | None = None
        self._setup: tuple[BackendSetup, tuple[int, ...]] | None = (
            None  # of the last start, with the model's file times
        )
        self._folder: Path | None = None
        self._started = float("-inf")

    def client(self, setup: BackendSetup) -> Client | None:
        """Return a client of the backend, started with this setup if need be; None while a restart is delayed.

        Raises LaunchError, and OSError when the folder of temporary files can't be made.
        """
        current = setup, file_times(setup.model)
        if current != self._setup:
            self.restart()
            self._setup = current
        if self._client and self._client.alive:
            return self._client
        if time.monotonic() < self._started + _RESTART_DELAY:
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
        """The log since the last start; None before the first."""
        path = self._folder / _LOG if self._folder else None
        return path if path and path.is_file() else None

    def folder(self) -> Path:
        """Return a private folder for the log and for unpacked sounds. Raises OSError when it can't be made."""
        if self._folder is None or not self._folder.is_dir():
            _sweep(Path(tempfile.gettempdir()))
            self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}_"))
        return self._folder

    def restart(self) -> None:
        """Stop the backend; the next job starts a new one without delay."""
        self._drop()
        self._started = float("-inf")

    def close(self) -> None:
        """Stop the backend and delete its folder."""
        self.restart()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _drop(self) -> None:
        if self._client:
            self._client.stop()
            self._client = None


process = BackendProcess()


def _sweep(temporary: Path) -> None:
    """Delete this user's folders of Blenders that were killed."""
    for folder in temporary.glob(f"{_PREFIX}*_*"):
        number = folder.name.removeprefix(_PREFIX).partition("_")[0]
        with contextlib.suppress(FileNotFoundError):  # another Blender sweeps too
            if number.isdecimal() and not platforms.is_running(int(number)) and platforms.is_private(folder):
                shutil.rmtree(folder, ignore_errors=True)


def own_python() -> str:
    """Return the path of Blender's own Python; "" when it has none."""
    if os.path.basename(sys.executable).lower().startswith("python"):
        return sys.executable
    names = platforms.python_names(sys.version_info[:2])
    return next((str(path) for path in (Path(sys.prefix, name) for name in names) if path.is_file()), "")


def site_dirs() -> list[str]:
    """Return the folders where Blender finds the packages that the backend uses, without importing any."""
    folders: dict[str, None] = {}  # an ordered set
    for spec in map(importlib.util.find_spec, _PACKAGES):
        if spec and spec.origin:
            folders[str(Path(spec.origin).parents[1 if spec.submodule_search_locations else 0])] = None
    return list(folders)


def disabled_reason(python: str) -> UserMessage | None:
    """Return why the backend can't be started; None when its Python is there."""
    if python:
        if os.path.isfile(python):
            return None
        return UserMessage("There is no Python at {python}: choose another in the preferences", python=python)
    if not own_python():
        return UserMessage("This Blender has no Python program of its own to run the backend: reinstall Blender")
    return None
