"""Take the five pictures of docs/make_keys.md, in a Blender with a window, on Linux with X and ImageMagick.

make zip
blender --factory-startup --python tests/demo/make_keys_pictures.py -- dist/EXTENSION.zip build/pictures
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.demo.panel_pictures import (
    DRAWN,
    MODULE,
    Steps,
    add_speech,
    area,
    in_view,
    most_open,
    only,
    open_sidebar,
    sidebar,
    take,
    write_shot,
)
from tests.made_heads import add_head

_HEAD = "broad"
_WIDTH, _HEIGHT = 960, 680  # of a picture: the head and the panel


def _steps(folder: Path, out: Path) -> Steps:
    only()  # before it is drawn, or panels stay closed
    yield from open_sidebar()
    space = area().spaces[0]
    space.overlay.show_overlays = True
    for shown in ("floor", "axis_x", "axis_y", "ortho_grid", "bones", "text", "cursor", "relationship_lines"):
        setattr(space.overlay, f"show_{shown}", False)
    space.show_gizmo = space.show_region_toolbar = space.show_region_tool_header = False
    with in_view():
        head = add_head(_HEAD)
        for ob in bpy.data.objects:
            ob.select_set(ob == head)
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()
    yield 2.0
    only("make_keys")
    yield from _picture(out / "make_keys_1_select.png")

    with in_view():
        bpy.ops.lipsync.landmarks_propose("INVOKE_DEFAULT")
    while _job():
        yield 0.5
    only("make_keys")
    yield from _picture(out / "make_keys_2_landmarks.png")

    with in_view():
        bpy.ops.object.arkit_keys_make("INVOKE_DEFAULT")
    while _job() and _job().fraction < 0.5:
        yield 0.1
    yield from _picture(out / "make_keys_3_make.png")
    while _job():
        yield 0.5
    with in_view():
        bpy.ops.lipsync.landmarks_remove()
    keys = head.data.shape_keys.key_blocks
    head.active_shape_key_index = keys.find("mouthSmileLeft")
    for name in ("mouthSmileLeft", "mouthSmileRight"):
        keys[name].value = 1.0
    yield from _picture(out / "make_keys_4_keys.png")

    for name in ("mouthSmileLeft", "mouthSmileRight"):
        keys[name].value = 0.0
    add_speech()
    with in_view():
        bpy.ops.lipsync.generate("EXEC_DEFAULT")
    bpy.context.scene.frame_set(most_open(head))
    only("takes")
    yield from _picture(out / "make_keys_5_speak.png")


def _job() -> Any:
    return importlib.import_module(f"{MODULE}.addon.key_making.running_key_job").running.job


def _picture(file: Path) -> Steps:
    """Take a picture of the right part of the view, where head and panels are."""
    for _ in range(2):  # the first pass gives new panels their height
        sidebar().tag_redraw()
        yield DRAWN
    window, region = bpy.context.window_manager.windows[0], area()
    top = window.height - region.y - region.height
    crop = f"{_WIDTH}x{_HEIGHT}+{region.x + region.width - _WIDTH}+{top + 26}"  # below the header
    write_shot(file, crop, 200)


if __name__ == "__main__":
    archive, pictures = map(Path, sys.argv[sys.argv.index("--") + 1 :])
    take(archive, pictures, _steps)
