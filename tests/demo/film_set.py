"""The set of the film: two actors, their performances, light and cameras. Runs in Blender."""

import math
from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Matrix, Vector

from .scene import FPS

_APART = 0.30  # m from the middle to each actor
_OPEN = math.radians(20)  # turn of each actor from the other toward the cameras between them
_SIZE = (480, 270)  # pixels
_FACE = 0.135  # m from the origin of a sample face up to the middle of the face
# Of the second actor: colors of materials, and the size.
_OTHER = {
    "Hair": (0.55, 0.30, 0.10),
    "Skin": (0.93, 0.60, 0.46),
    "Iris": (0.16, 0.28, 0.12),
    "Brows": (0.28, 0.14, 0.05),
    "Lips": (0.72, 0.22, 0.24),
}
_SHIRTS = ((0.10, 0.16, 0.24), (0.45, 0.12, 0.13))
# Of the shoulders, from the collar down: height, and half of width and depth, in m.
_BUST = (
    (0.026, 0.0, -0.025, -0.045, -0.065, -0.09, -0.13, -0.30),
    (0.047, 0.058, 0.09, 0.135, 0.168, 0.185, 0.192, 0.185),
    (0.046, 0.052, 0.062, 0.07, 0.078, 0.085, 0.092, 0.095),
)
_ROOM = 2.4  # m from the middle to the wall
_WALL = (0.33, 0.42, 0.47)

_ALONE = ("close", "listens")  # views of one actor

Marker = tuple[float, str]  # seconds and the name of a marker
Shot = tuple[float, str, int]  # seconds, view and the actor who is seen


def add_actors(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """Add two sample faces with shoulders that face each other, half turned to the cameras. Returns the first one's left of the picture."""
    actors = []
    for number, side in enumerate((-1, 1)):
        bpy.ops.mesh.arkit_sample_face_add()
        face = bpy.context.active_object
        face.name = f"Actor {number + 1}"
        face.location = (side * _APART, 0.0, 0.0)
        face.rotation_euler.z = -side * (math.pi / 2 - _OPEN)
        _add_shoulders(scene, face, _SHIRTS[number])
        actors.append(face)
    for ob in (actors[1], *actors[1].children):
        for slot in ob.material_slots:
            _paint(slot.material, _OTHER.get(slot.material.name.split(".")[0]))
    actors[0].scale = (1.06, 1.06, 1.06)
    return actors


def perform(
    scene: bpy.types.Scene, face: bpy.types.Object, identity: str, seed: int, emotion_markers: Sequence[Marker]
) -> None:
    """Generate a take for the active strip, with emotions that come by the scene's markers."""
    scene.timeline_markers.clear()
    for seconds, name in emotion_markers:
        scene.timeline_markers.new(name, frame=max(1, 1 + round(seconds * FPS)))
    settings = scene.lipsync
    settings.face, settings.identity_name, settings.emotion_name, settings.seed = face, identity, "neutral", seed
    if bpy.ops.lipsync.generate() != {"FINISHED"}:
        raise RuntimeError("No lip sync was generated.")
    scene.timeline_markers.clear()


def look_at_each_other(actors: Sequence[bpy.types.Object]) -> None:
    """Let each actor's eyes hold the other's."""
    for face, other in zip(actors, reversed(actors), strict=True):
        face.data.shape_keys.animation_data.action.lipsync_controls.look_target = other


def light(scene: bpy.types.Scene) -> None:
    """Light the set with a warm key, a cool fill and a rim, before a wall, and render it in Cycles."""
    ring = [(_ROOM * math.cos(angle), _ROOM * math.sin(angle)) for angle in np.linspace(0, 2 * math.pi, 65)]
    points = [(x, y, z) for z in (-2.0, 3.0) for x, y in ring]
    wall = _add_mesh(scene, "Wall", points, [(n, n + 1, n + 66, n + 65) for n in range(64)], _WALL)
    wall.visible_shadow = False
    for name, place, size, power, color in (
        ("Key", (-0.7, -1.6, 1.1), 0.9, 26, (1.0, 0.90, 0.78)),
        ("Fill", (1.4, -1.4, 0.4), 1.4, 11, (0.78, 0.88, 1.0)),
        ("Rim", (0.0, 1.2, 1.3), 0.8, 26, (1.0, 0.96, 0.9)),
        ("Backdrop", (0.0, 0.3, 2.2), 1.5, 30, (0.75, 0.85, 1.0)),
        ("Behind", (0.0, -2.0, 2.2), 1.5, 20, (0.75, 0.85, 1.0)),
    ):
        lamp = bpy.data.lights.new(name, "AREA")
        lamp.size, lamp.energy, lamp.color = size, power, color
        ob = bpy.data.objects.new(name, lamp)
        scene.collection.objects.link(ob)
        ob.location = place
        aim = {"Backdrop": Vector((0, _ROOM, 0.6)), "Behind": Vector((0, 0, -1))}.get(name, Vector((0, 0, _FACE)))
        ob.rotation_euler = (aim - ob.location).to_track_quat("-Z", "Y").to_euler()
    scene.world = scene.world or bpy.data.worlds.new("World")
    scene.world.color = (0.05, 0.055, 0.065)
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y = _SIZE
    render.use_persistent_data = True
    scene.cycles.device = "CPU"
    scene.cycles.samples, scene.cycles.use_denoising = 8, True
    scene.cycles.denoising_prefilter = "NONE"
    if hasattr(scene.cycles, "denoising_quality"):  # 4.2 and later
        scene.cycles.denoising_quality = "FAST"
    scene.cycles.max_bounces = 2
    for material in bpy.data.materials:
        for node in material.node_tree.nodes if material.node_tree else ():
            if node.type == "BSDF_PRINCIPLED":
                node.inputs["Subsurface Weight"].default_value = 0.0  # most of the time of a frame
    scene.view_settings.view_transform = "Standard"


def cut(scene: bpy.types.Scene, actors: Sequence[bpy.types.Object], shots: Sequence[Shot]) -> list[int]:
    """Bind a camera to a marker at each cut. Returns the frames of the cuts."""
    cameras: dict[tuple[str, int], bpy.types.Object] = {}
    frames = []
    for seconds, view, seen in shots:
        if (view, seen) not in cameras:
            cameras[view, seen] = _add_camera(scene, view, actors[seen], actors[1 - seen])
        frame = 1 + round(seconds * FPS)
        marker = scene.timeline_markers.new(f"{view} {seen + 1}", frame=frame)
        marker.camera = cameras[view, seen]
        for number, actor in enumerate(actors):  # who can't be seen needn't be rendered, which halves the time
            for ob in (actor, *actor.children):
                ob.hide_render = ob.type == "ARMATURE" or (number != seen and view in _ALONE)
                ob.keyframe_insert("hide_render", frame=frame)
        frames.append(frame)
    scene.camera = scene.timeline_markers[0].camera
    return frames


def _middle(face: bpy.types.Object) -> Vector:
    return face.matrix_world @ Vector((0, -0.03, _FACE))


def _add_camera(scene: bpy.types.Scene, view: str, seen: bpy.types.Object, other: bpy.types.Object) -> bpy.types.Object:
    """Add a camera: on both, over the other's shoulder, or close. All lie on one side of the line between the two."""
    bpy.context.view_layer.update()
    face, back = _middle(seen), _middle(other)
    side = Vector((0, -1, 0))
    if view == "both":
        middle = (face + back) / 2
        place, aim, lens = middle + 1.38 * side + Vector((0, 0, 0.05)), middle + Vector((0, 0, -0.02)), 50
    elif view == "over":
        way = (back - face).normalized()
        place, aim, lens = back + 0.34 * way + 0.17 * side + Vector((0, 0, 0.06)), face + Vector((0, 0, -0.02)), 70
    else:
        ahead = seen.matrix_world.to_3x3().normalized() @ Vector((0, -1, 0))
        place, aim, lens = face + 0.95 * ahead + 0.05 * side + Vector((0, 0, 0.02)), face + Vector((0, 0, -0.008)), 85
    data = bpy.data.cameras.new(f"{view} {seen.name}")
    data.lens = lens
    data.dof.use_dof, data.dof.focus_distance, data.dof.aperture_fstop = view == "over", (face - place).length, 2.8
    ob = bpy.data.objects.new(data.name, data)
    ob.matrix_world = Matrix.Translation(place) @ (aim - place).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    scene.collection.objects.link(ob)
    return ob


def _add_shoulders(scene: bpy.types.Scene, face: bpy.types.Object, color: tuple[float, float, float]) -> None:
    """Add a smooth bust below the neck, which does not turn with the head."""
    points, faces, rings, around = [], [], 24, 48
    heights, widths, depths = _BUST
    for ring in range(rings + 1):
        z = heights[0] + (heights[-1] - heights[0]) * ring / rings
        wide, deep = (float(np.interp(-z, [-height for height in heights], sizes)) for sizes in (widths, depths))
        for step in range(around):
            angle = 2 * math.pi * step / around
            points.append((wide * math.cos(angle), 0.02 + deep * math.sin(angle), z))
    for ring in range(rings):
        for step in range(around):
            left, right = ring * around + step, ring * around + (step + 1) % around
            faces.append((left, left + around, right + around, right))
    shoulders = _add_mesh(scene, f"Shoulders {face.name}", points, faces, color)
    shoulders.parent = face


def _add_mesh(scene, name, points, faces, color) -> bpy.types.Object:  # type: ignore[no-untyped-def]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points, [], faces)
    mesh.polygons.foreach_set("use_smooth", [True] * len(faces))
    material = bpy.data.materials.new(name)
    if material.node_tree is None:
        material.use_nodes = True
    mesh.materials.append(material)
    _paint(material, color)
    ob = bpy.data.objects.new(name, mesh)
    scene.collection.objects.link(ob)
    return ob


def _paint(material: bpy.types.Material, color: tuple[float, float, float] | None) -> None:
    """Give a material another color, which its tint goes on to multiply."""
    if color is None:
        return
    material.diffuse_color = (*color, 1.0)
    nodes = material.node_tree.nodes
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*color, 1.0)
    for mix in (node for node in nodes if node.type == "MIX"):
        next(socket for socket in mix.inputs if socket.enabled and socket.type == "RGBA").default_value = (*color, 1.0)
