"""Take the pictures of the panel for the docs, in a Blender with a window, on Linux with X and ImageMagick.

make extension
blender --factory-startup --python tests/demo/panel_pictures.py -- dist/EXTENSION.zip build/pictures
"""

import importlib
import random
import shutil
import subprocess
import sys
import tempfile
import traceback
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

MODULE = "bl_ext.user_default.diffusion_talker"
SPEECH = Path(__file__).parents[1] / "data" / "speech.ogg"
_PARENT = "VIEW3D_PT_lipsync"
DRAWN = 0.6  # seconds until Blender has drawn a change
_MARGIN, _TABS = 6, 28  # pixels left and right of the sidebar's panels

Steps = Iterator[float]  # yields the seconds to wait before the next step


def main(archive: Path, out: Path) -> None:
    take(archive, out, _steps)


def take(archive: Path, out: Path, take_pictures: Callable[[Path, Path], Steps]) -> None:
    """Install the extension, take pictures, and quit Blender. take_pictures gets a folder to work in, and where the pictures belong."""
    out.mkdir(parents=True, exist_ok=True)
    bpy.context.preferences.view.show_splash = False
    bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
    folder = Path(tempfile.gettempdir(), "film")  # short, as it is seen in the picture of an error
    folder.mkdir()
    steps = take_pictures(folder, out)

    def go_on() -> float | None:
        try:
            return next(steps)
        except StopIteration:
            pass
        except Exception:  # noqa: BLE001 - Blender must quit in any case
            traceback.print_exc()
        shutil.rmtree(folder, ignore_errors=True)
        only(
            *(cls.__name__.removeprefix(f"{_PARENT}_") for cls in bpy.types.Panel.__subclasses__())
        )  # or disabling would miss some
        bpy.ops.wm.quit_blender()
        return None

    bpy.app.timers.register(go_on, first_interval=2.0)


def open_sidebar() -> Steps:
    """Empty the scene, and show nothing but a 3D view with the sidebar."""
    with in_view():
        bpy.ops.screen.screen_full_area()
    yield 1.0
    for ob in list(bpy.data.objects):
        bpy.data.objects.remove(ob)
    area().spaces[0].show_region_ui = True
    area().spaces[0].overlay.show_overlays = False  # a plain view can be trimmed from the picture
    yield 1.0
    sidebar().active_panel_category = "Lip Sync"


def _steps(folder: Path, out: Path) -> Steps:
    yield from open_sidebar()
    scene = bpy.context.scene
    only()
    yield from _picture(out / "no_face.png")

    with in_view():
        bpy.ops.mesh.arkit_sample_face_add()
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()
    strip, strips = add_speech(), scene.sequence_editor.strips
    yield from _picture(out / "ready.png")

    long = folder / "act_one.wav"
    _write_noise(long, minutes=30)
    scene.sequence_editor.active_strip = strips.new_sound("act_one", str(long), channel=2, frame_start=1)
    with in_view():
        bpy.ops.lipsync.generate("INVOKE_DEFAULT")
    while _job() and not _job().remaining:
        yield 0.5
    yield from _picture(out / "running.png")
    bpy.ops.lipsync.cancel()
    yield 3.0

    broken = folder / "act_two.wav"
    shutil.copy(long, broken)
    scene.sequence_editor.active_strip = strips.new_sound("act_two", str(broken), channel=3, frame_start=1)
    broken.write_bytes(b"no sound any more")
    with in_view():
        bpy.ops.lipsync.generate("INVOKE_DEFAULT")
    while _job():
        yield 0.5
    yield from _picture(out / "error.png")

    scene.sequence_editor.active_strip = strip
    for job in (bpy.ops.lipsync.generate, bpy.ops.lipsync.resample, bpy.ops.lipsync.resample):
        with in_view():
            job("EXEC_DEFAULT")
    _edit(bpy.context.object.data.shape_keys.animation_data.action)
    with in_view():
        bpy.ops.lipsync.resample("EXEC_DEFAULT")
    scene.frame_set(30)
    only("takes")
    yield from _picture(out / "takes.png")
    scene.lipsync.locks.all_brows, scene.lipsync.locks.use_frames = True, True
    for name in ("locks", "controls", "mapping", "keys"):
        only(name)
        yield from _picture(out / f"{name}.png")
    with in_view():
        bpy.ops.lipsync.cast_add_all()
    only("cast")
    yield from _picture(out / "cast.png")


def add_speech() -> "bpy.types.Strip":
    """Put the line of the tests into the Sequencer, as the active strip."""
    editor = bpy.context.scene.sequence_editor_create()
    editor.active_strip = editor.strips.new_sound("line_12", str(SPEECH), channel=1, frame_start=1)
    return editor.active_strip


def most_open(head: bpy.types.Object) -> int:
    """Return the frame in which a head opens its jaw widest."""
    keys, jaw = head.data.shape_keys, {}
    for frame in range(1, int(keys.animation_data.action.frame_range[1])):
        bpy.context.scene.frame_set(frame)
        jaw[frame] = keys.key_blocks["jawOpen"].value
    return max(jaw, key=lambda frame: jaw[frame])


def _picture(file: Path) -> Steps:
    """Take a picture of the panels in the sidebar, without its tabs and the empty area below the panels."""
    for _ in range(2):  # the first pass gives new panels their height
        sidebar().tag_redraw()
        yield DRAWN
    window, bar = bpy.context.window_manager.windows[0], sidebar()
    top = window.height - bar.y - bar.height
    crop = f"{bar.width - _MARGIN - _TABS}x{bar.height}+{bar.x + _MARGIN}+{top}"
    write_shot(file, crop, 128, "-fuzz", "3%", "-trim", "+repage")


def write_shot(file: Path, crop: str, colors: int, *options: str) -> None:
    """Write a part of the screen to a file. crop: WIDTHxHEIGHT+LEFT+TOP in pixels. options: of ImageMagick's convert."""
    shot = subprocess.run(
        ["import", "-window", "root", "-crop", crop, "+repage", "png:-"], check=True, capture_output=True
    )
    reduce = ["convert", "png:-", *options, "+dither", "-colors", str(colors), f"png8:{file}"]
    subprocess.run(reduce, check=True, input=shot.stdout)


def only(*names: str) -> None:
    """Show these sub-panels, expanded, and hide the others."""
    for cls in [cls for cls in bpy.types.Panel.__subclasses__() if _is_below(cls)]:
        wanted = any(cls.__name__ == f"{_PARENT}_{name}" for name in names)
        if cls.is_registered:
            bpy.utils.unregister_class(cls)
        if wanted:
            cls.bl_options = set()
            bpy.utils.register_class(cls)


def _is_below(cls: type) -> bool:
    return cls.__module__.startswith(MODULE) and getattr(cls, "bl_parent_id", "").startswith(_PARENT)


def area() -> bpy.types.Area:
    return next(each for each in bpy.context.window_manager.windows[0].screen.areas if each.type == "VIEW_3D")


def sidebar() -> bpy.types.Region:
    return next(region for region in area().regions if region.type == "UI")


def in_view() -> "bpy.types.ContextTempOverride":
    region = next(region for region in area().regions if region.type == "WINDOW")
    return bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area(), region=region)


def _job() -> Any:
    return importlib.import_module(f"{MODULE}.addon.generation.current_job").current.job


def _edit(action: bpy.types.Action) -> None:
    """Move one key, as a manual edit does."""
    keys = importlib.import_module(f"{MODULE}.addon.keyframes.face_action")
    curve = max(keys.fcurves(action), key=lambda fcurve: len(fcurve.keyframe_points))
    curve.keyframe_points[3].co.y += 0.2
    curve.update()
    bpy.context.scene.frame_set(1)


def _write_noise(path: Path, minutes: int) -> None:
    """Write a sound that takes a while to process."""
    rate, block = 8000, random.Random(0).randbytes(2 * 8000)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        for _ in range(60 * minutes):
            file.writeframesraw(block)


if __name__ == "__main__":
    main(*map(Path, sys.argv[sys.argv.index("--") + 1 :]))
