"""What every demo does around its own work: print its stages, build and install the extension, and end in good order."""

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
    """The demo can't go on; the text says why."""


class Stages:
    """Names what is being done on the screen, and how long it took."""

    def __init__(self, screen: TextIO) -> None:
        self._screen = screen

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        print(f"{name:<24}", end="", file=self._screen, flush=True)
        start = time.monotonic()
        yield
        print(f"{time.monotonic() - start:7.1f} s", file=self._screen, flush=True)


def run(work: Callable[[Stages], None], files: Sequence[Path], log_name: str) -> NoReturn:
    """Do the work, which has to write the files, and end the process. What Blender prints goes to OUT / log_name."""
    OUT.mkdir(parents=True, exist_ok=True)
    printed = OUT / log_name
    screen = _divert(printed)
    code = 1
    try:
        with tempfile.TemporaryDirectory(prefix="diffusion_talker_", ignore_cleanup_errors=True) as folder:
            os.environ["BLENDER_USER_RESOURCES"] = folder  # read when bpy is imported: nobody's own Blender is touched
            _work(work, files, screen)
        code = 0
    except (AudioError, DemoError) as error:
        print(f"\n{error}", file=screen)
    except RuntimeError as error:  # what an operator reported
        print(f"\n{str(error).strip()}\nWhat Blender said is in {printed}", file=screen)
    except Exception:
        logging.basicConfig(stream=screen, format="\n%(message)s")
        log.exception("The demo has a bug, or met one; what Blender said is in %s", printed)
    screen.flush()
    os._exit(code)  # not by way of Blender 4.5's end, which may hang


@contextmanager
def started_blender(stage: Stages) -> Iterator["bpy.types.Scene"]:
    """An empty scene in a Blender that has the extension, built just now."""
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
    print(f"{'All':<24}{time.monotonic() - began:7.1f} s\n", file=screen)
    for path in files:
        if not path.is_file():
            raise DemoError(f"Blender wrote no {path.name}.")
        print(path, file=screen)


def _build() -> Path:
    """Build the zip with the project's own script, which prints where it is on its last line."""
    result = subprocess.run(
        [sys.executable, ROOT / ".ci" / "build_zip.py"], capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise DemoError((result.stderr or result.stdout).strip())
    return Path(result.stdout.strip().splitlines()[-1].rpartition("  ")[0])  # its size follows


def _divert(log: Path) -> TextIO:
    """Send all that Blender prints to a file, C code's prints too. Returns what is still the screen."""
    screen = os.fdopen(os.dup(1), "w")
    with open(log, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    return screen
