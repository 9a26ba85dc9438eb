"""Shared by all demos: print stages, build and install the extension, and exit cleanly."""

import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from backend.audio import AudioError

if TYPE_CHECKING:
    import bpy

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "demo"


class DemoError(Exception):
    """The demo can't continue. The text says why."""


class Stages:
    """Prints each stage and its duration."""

    def __init__(self, screen: TextIO) -> None:
        self._screen = screen

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        print(f"{name:<24}", end="", file=self._screen, flush=True)
        start = time.monotonic()
        yield
        print(f"{time.monotonic() - start:7.1f} s", file=self._screen, flush=True)


def run(work: Callable[[Stages], None], files: Sequence[Path], log_name: str) -> NoReturn:
    """Do the work, which must write the files, and exit the process. Blender's output goes to OUT / log_name."""
    OUT.mkdir(parents=True, exist_ok=True)
    printed = OUT / log_name
    screen = _divert(printed)
    code = 1
    try:
        with tempfile.TemporaryDirectory(prefix="diffusion_talker_", ignore_cleanup_errors=True) as folder:
            os.environ["BLENDER_USER_RESOURCES"] = (
                folder  # read when bpy is imported; keeps the user's Blender untouched
            )
            _work(work, files, screen)
        code = 0
    except (AudioError, DemoError) as error:
        print(f"\n{error}", file=screen)
    except RuntimeError as error:  # what an operator reported
        print(f"\n{str(error).strip()}\nBlender's output is in {printed}", file=screen)
    except Exception:
        logging.basicConfig(stream=screen, format="\n%(message)s")
        log.exception("The demo failed unexpectedly. Blender's output is in %s", printed)
    screen.flush()
    os._exit(code)  # skips the shutdown of Blender 4.5, which may hang


@contextmanager
def started_blender(stage: Stages) -> Iterator["bpy.types.Scene"]:
    """Yield an empty scene in a Blender with the extension, which is built first."""
    with stage("Build the extension"):
        archive = _build()
    with stage("Start Blender"):
        import bpy

        from . import scene as blender

        blender.clear(bpy.context.scene)
    with stage("Install the extension"):
        blender.install(archive)
    try:
        yield bpy.context.scene
    finally:
        blender.disable()


def _work(work: Callable[[Stages], None], files: Sequence[Path], screen: TextIO) -> None:
    began = time.monotonic()
    for path in files:
        path.unlink(missing_ok=True)
    work(Stages(screen))
    print(f"{'Total':<24}{time.monotonic() - began:7.1f} s\n", file=screen)
    for path in files:
        if not path.is_file():
            raise DemoError(f"Blender wrote no {path.name}.")
        print(path, file=screen)


def _build() -> Path:
    """Build the zip with .ci/build_zip.py, which prints its path on the last line."""
    result = subprocess.run(
        [sys.executable, ROOT / ".ci" / "build_zip.py"], capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise DemoError((result.stderr or result.stdout).strip())
    return Path(result.stdout.strip().splitlines()[-1].rpartition("  ")[0])  # without the size that follows


def _divert(log: Path) -> TextIO:
    """Redirect all output to a file, including that of C code. Return the original stdout."""
    screen = os.fdopen(os.dup(1), "w")
    with open(log, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    return screen
