"""Put a new face where it is seen: on top of what stands at its place, and in view. Runs in Blender."""

from math import radians

import bpy
from mathutils import Euler, Vector

_AHEAD = Vector((0, -1, 0))  # where the face looks
_IN_FRONT = 0.85  # cosine of the angle up to which a view shows the face from the front
_THREE_QUARTERS = (radians(82), 0.0, radians(22))  # a view from a little above and beside


def stand_clear(context: bpy.types.Context, head: bpy.types.Object) -> None:
    """Lift a head onto whatever encloses its place, such as the cube of Blender's default scene."""
    own = {head, *head.children_recursive}
    place = head.location
    for ob in context.view_layer.objects:
        if ob not in own and ob.type == "MESH" and ob.visible_get():
            corners = [ob.matrix_world @ Vector(corner) for corner in ob.bound_box]
            low, high = ([extreme(corner[axis] for corner in corners) for axis in range(3)] for extreme in (min, max))
            if all(low[axis] <= place[axis] < high[axis] for axis in range(3)):
                place.z = high[2]


def frame(context: bpy.types.Context) -> None:
    """Show the selected objects in the 3D View: the one that the mouse is in, or else the largest of the window."""
    views = [area for area in context.window.screen.areas if area.type == "VIEW_3D"] if context.window else []
    if bpy.app.background or not views:
        return
    area = context.area if context.area in views else max(views, key=lambda each: each.width * each.height)
    region = next(region for region in area.regions if region.type == "WINDOW")
    context.view_layer.update()
    view = area.spaces.active.region_3d
    if view.view_perspective != "CAMERA" and view.view_rotation @ Vector((0, 0, 1)) @ _AHEAD < _IN_FRONT:
        view.view_rotation = Euler(_THREE_QUARTERS).to_quaternion()
    with context.temp_override(area=area, region=region):
        bpy.ops.view3d.view_selected()
