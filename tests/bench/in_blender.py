"""Blender's share, in a process with bpy: python -m tests.bench.in_blender '{"speech": ..., "long": ..., "curves": ..., "runs": 5}'.

speech: a sound file of a strip's length; long: one of ten minutes; curves: a take of that length, (frames, 52) at 30 fps.
"""

import dataclasses
import importlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(
    prefix="blender_user_"
)  # read when bpy is imported: nobody's own Blender is touched

import bpy
import numpy as np

from .machine import ROOT, times

_PACKAGE = "bl_ext.user_default.diffusion_talker"
_PERIOD = 0.1  # s between two looks at the backend, as the modal operator takes them


def _part(name: str) -> ModuleType:
    return importlib.import_module(f"{_PACKAGE}.{name}")


def _install() -> None:
    spec = importlib.util.spec_from_file_location("build_zip", ROOT / ".ci/build_zip.py")
    assert spec and spec.loader
    build_zip = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build_zip)
    archive = build_zip.build(build_zip.this_platform())
    bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)


def _scene(sound: Path) -> bpy.types.Scene:
    """Open a new file with the sample face, active, and a sound as the active strip."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1.0
    bpy.ops.mesh.arkit_sample_face_add()
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    editor.active_strip = strips.new_sound("speech", str(sound), 1, 1)
    return scene


def _click_to_keys(sound: Path, runs: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"cold": [], "warm": []}
    for _ in range(runs):
        _scene(sound)
        _part("addon.generation.backend_process").process.restart()  # there is no backend now
        found["cold"] += times(bpy.ops.lipsync.generate, 1)
        found["warm"] += times(bpy.ops.lipsync.generate, 1)
    return found


def _styles() -> dict[str, Any]:
    style, default = _part("addon.keyframes.face_action").Style, _part("addon.properties").key_style(bpy.context)
    return {"dense": style(0.0, True), "simplified": style(default.tolerance or 0.01, True)}


def _writing(values: np.ndarray, runs: int) -> dict[str, Any]:
    """Measure the seconds to write a take's curves as an Action, and the number of keys, by style."""
    keys, rig, curves = (
        _part("addon.keyframes.face_action"),
        _part("addon.rig.face_rig"),
        _part("backend.curves.base"),
    )
    face = rig.read_face(bpy.context.active_object)
    take = curves.Curves(_part("backend.arkit").CHANNELS, values, 30.0)
    found = {}
    for name, style in _styles().items():

        def write(style: Any = style) -> None:
            keys.write_action("Take", keys.columns(face, take), 1, style)

        seconds = []
        for _ in range(runs):
            seconds += times(write, 1)
            action = bpy.data.actions["Take"]
            count = sum(len(fcurve.keyframe_points) for fcurve in keys.fcurves(action))
            bpy.data.actions.remove(action)
        found[name] = {"seconds": seconds, "keys": count}
    return found


def _holds(sound: Path, style: Any) -> dict[str, float]:
    """Measure the seconds that a job blocks Blender: at most at once while it runs, and when it applies its take."""
    scene = _scene(sound)
    request = _part("addon.operators.generate").make_request(bpy.context)
    job = _part("addon.generation.job").Job(dataclasses.replace(request, style=style))
    longest, done = 0.0, False
    while not done:
        began = time.perf_counter()
        done = job.pump()
        longest = max(longest, time.perf_counter() - began)
        time.sleep(_PERIOD)
    (applied,) = times(job.apply, 1)
    return {"pump": longest, "apply": applied, "frames": scene.frame_end}


def _growth(sound: Path, minutes: float) -> dict[str, float]:
    """Measure the growth of a compressed .blend in MB for each minute of a take, by style."""

    def size(path: Path) -> float:
        bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
        return path.stat().st_size / 1e6

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, style in _styles().items():
            _scene(sound)
            before = size(Path(folder) / "before.blend")
            request = _part("addon.operators.generate").make_request(bpy.context)
            job = _part("addon.generation.job").Job(dataclasses.replace(request, style=style))
            while not job.pump(_PERIOD):
                pass
            job.apply()
            found[name] = (size(Path(folder) / "after.blend") - before) / minutes
    return found


def main() -> None:
    options = json.loads(sys.argv[1])
    runs, speech, long = options["runs"], Path(options["speech"]), Path(options["long"])
    values = np.load(options["curves"])
    _install()
    measured: dict[str, Callable[[], Any]] = {
        "click": lambda: _click_to_keys(speech, runs),
        "writing": lambda: _writing(values, runs),
        "holds": lambda: {name: _holds(long, style) for name, style in _styles().items()},
        "growth": lambda: _growth(long, len(values) / 30 / 60),
    }
    found: dict[str, Any] = {"blender": bpy.app.version_string}
    for name, measure in measured.items():
        _scene(speech)
        found[name] = measure()
    Path(options["out"]).write_text(json.dumps(found))
    bpy.ops.preferences.addon_disable(module=_PACKAGE)
    shutil.rmtree(os.environ["BLENDER_USER_RESOURCES"], ignore_errors=True)
    os._exit(0)  # not by way of Blender 4.5's end, which may hang


if __name__ == "__main__":
    main()
