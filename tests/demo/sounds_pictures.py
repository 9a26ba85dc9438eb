"""Take the two pictures of docs/sounds.md, in a Blender with a window, on Linux with X and ImageMagick.

make zip
blender --factory-startup --python tests/demo/sounds_pictures.py -- dist/EXTENSION.zip build/pictures
"""

import json
import subprocess
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.demo.panel_pictures import (
    DRAWN,
    SPEECH,
    Steps,
    add_speech,
    area,
    in_view,
    most_open,
    only,
    sidebar,
    take,
    write_shot,
)

_FACE = 300  # width in pixels of the face in lips_closed.png
_LANE = 230  # height in pixels of the Dope Sheet


def _steps(folder: Path, out: Path) -> Steps:
    only()  # before it is drawn, or panels stay closed
    for ob in list(bpy.data.objects):
        bpy.data.objects.remove(ob)
    lane = next(each for each in bpy.context.window_manager.windows[0].screen.areas if each.type == "DOPESHEET_EDITOR")
    lane.ui_type = "DOPESHEET"
    _enlarge(lane)
    space = area().spaces[0]
    space.show_region_ui, space.overlay.show_overlays = True, False
    space.show_gizmo = space.show_region_toolbar = space.show_region_tool_header = False
    yield 1.0
    sidebar().active_panel_category = "Lip Sync"
    with in_view():
        bpy.ops.mesh.arkit_sample_face_add()
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()
    scene = bpy.context.scene
    add_speech()
    with in_view():
        bpy.ops.lipsync.generate("EXEC_DEFAULT")
    scene.lipsync.script = json.loads(SPEECH.with_suffix(".json").read_text(encoding="utf-8"))["text"]
    with in_view():
        bpy.ops.lipsync.sounds_from_script()

    scene.frame_set(most_open(bpy.context.object))
    only("sounds")
    yield from _redraw()
    faces = [folder / "before.png", folder / "after.png"]
    _face(faces[0])
    with in_view():
        bpy.ops.lipsync.sound_close()
    yield from _redraw()
    _face(faces[1])
    subprocess.run(["convert", *map(str, faces), "+append", f"png8:{out / 'lips_closed.png'}"], check=True)

    scene.frame_start, scene.frame_end = scene.frame_current - 36, scene.frame_current + 36
    region = next(each for each in lane.regions if each.type == "WINDOW")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=lane, region=region):
        bpy.ops.anim.channels_collapse(all=True)
        bpy.ops.action.view_all()
        bpy.ops.view2d.zoom(deltax=3.0)
        bpy.ops.action.view_frame()
    yield from _redraw()
    view, window = area(), bpy.context.window_manager.windows[0]
    top = window.height - view.y - view.height
    write_shot(out / "sounds.png", f"{view.width}x{view.y + view.height - lane.y}+{view.x}+{top}", 200)


def _enlarge(lane: "bpy.types.Area") -> None:
    """Move the upper edge of the Dope Sheet up."""
    x, y = lane.x + lane.width // 2, lane.y + lane.height
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.screen.area_move(x=x, y=y, delta=max(0, _LANE - lane.height))


def _redraw() -> Steps:
    for _ in range(2):  # the first pass gives new panels their height
        for each in bpy.context.window_manager.windows[0].screen.areas:
            each.tag_redraw()
        yield DRAWN


def _face(file: Path) -> None:
    """Take a picture of the middle of the view."""
    view, window = area(), bpy.context.window_manager.windows[0]
    top = window.height - view.y - view.height + 26  # below the header
    write_shot(file, f"{_FACE}x{view.height - 26}+{view.x + (view.width - _FACE) // 2}+{top}", 64)


if __name__ == "__main__":
    archive, pictures = map(Path, sys.argv[sys.argv.index("--") + 1 :])
    take(archive, pictures, _steps)
