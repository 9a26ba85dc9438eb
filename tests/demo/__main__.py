"""python -m tests.demo [AUDIO]: build, install, generate, render. What comes out lies in build/demo."""

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from backend.audio import RATE, AudioError, Clip, read_clip
from backend.curves import write_livelink_csv

from .moments import Phone, extremes, read_phones, telling

log = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_OUT = _ROOT / "build" / "demo"
_SPEECH = _ROOT / "tests" / "data" / "speech.ogg"  # its phones lie beside it


class DemoError(Exception):
    """The demo can't go on; the text says why."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make demo", description="Make the sample face speak.")
    parser.add_argument("audio", nargs="?", type=Path, default=_SPEECH, help="your own speech: make demo AUDIO=my.wav")
    audio = parser.parse_args().audio.absolute()
    _OUT.mkdir(parents=True, exist_ok=True)
    printed = _OUT / "demo.log"
    screen = _divert(printed)
    code = 1
    try:
        with tempfile.TemporaryDirectory(prefix="diffusion_talker_", ignore_cleanup_errors=True) as folder:
            os.environ["BLENDER_USER_RESOURCES"] = folder  # read when bpy is imported: nobody's own Blender is touched
            _demo(audio, read_clip(audio), screen)
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


def _demo(audio: Path, clip: Clip, screen: TextIO) -> None:
    began = time.monotonic()

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        print(f"{name:<24}", end="", file=screen, flush=True)
        start = time.monotonic()
        yield
        print(f"{time.monotonic() - start:7.1f} s", file=screen, flush=True)

    files = {kind: _OUT / f"{audio.stem}.{kind}" for kind in ("blend", "csv", "mp4", "png")}
    for path in files.values():
        path.unlink(missing_ok=True)
    with stage("Build the extension"):
        archive = _build()
    with stage("Start Blender"):
        import bpy

        from . import scene as blender
        from .sheet import draw_sheet

        scene = bpy.context.scene
        blender.clear(scene)
    with stage("Install the extension"):
        blender.install(archive)
    try:
        with stage("Add face and speech"):
            bpy.ops.mesh.arkit_sample_face_add()
            face = bpy.context.active_object
            blender.add_speech(scene, audio, len(clip.samples) / RATE)
            blender.light_and_camera(scene)
        with stage("Generate lip sync"):
            if bpy.ops.lipsync.generate() != {"FINISHED"}:
                raise DemoError("No lip sync was generated.")
        with stage("Write .csv and .blend"):
            curves = blender.performed(scene, face)
            write_livelink_csv(files["csv"], curves)
            scene.frame_set(scene.frame_start)
            bpy.ops.wm.save_as_mainfile(filepath=str(files["blend"]))
        with stage("Render contact sheet"), tempfile.TemporaryDirectory() as folder:
            text, phones = _known_of(audio)
            moments = telling(phones) if phones else extremes(curves)
            stills = [(moment, Path(folder, f"{number}.png")) for number, moment in enumerate(moments)]
            for moment, path in stills:
                blender.render_still(scene, moment.time, path)
            title = face.data.shape_keys.animation_data.action.name
            draw_sheet(title, text, stills, curves, clip.samples, RATE, phones).save(files["png"])
        with stage("Render movie"):
            blender.render_movie(scene, files["mp4"])
    finally:
        blender.disable()
    print(f"{'All':<24}{time.monotonic() - began:7.1f} s\n", file=screen)
    for path in files.values():
        if not path.is_file():
            raise DemoError(f"Blender wrote no {path.name}.")
        print(path, file=screen)


def _build() -> Path:
    """Build the zip with the project's own script, which prints where it is on its last line."""
    result = subprocess.run([sys.executable, _ROOT / ".ci" / "build_zip.py"], capture_output=True, text=True, check=False)
    if result.returncode:
        raise DemoError((result.stderr or result.stdout).strip())
    return Path(result.stdout.strip().splitlines()[-1])


def _known_of(audio: Path) -> tuple[str, list[Phone]]:
    """The words and sounds of the clip that comes with the repository; of any other, nothing is known."""
    if audio != _SPEECH:
        return "", []
    known = json.loads(_SPEECH.with_suffix(".json").read_text(encoding="utf-8"))
    return known["text"], read_phones(known["phones"])


def _divert(log: Path) -> TextIO:
    """Send all that Blender prints to a file, C code's prints too. Returns what is still the screen."""
    screen = os.fdopen(os.dup(1), "w")
    with open(log, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    return screen


if __name__ == "__main__":
    main()
