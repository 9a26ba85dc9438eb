"""Make ARKit Keys in Blender: what it adds, what it leaves alone, and what it refuses."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from helpers import add_mesh, part
from mathutils import Vector

from backend.arkit import CHANNELS


def _coordinates(ob: "bpy.types.Object", key: str = "") -> np.ndarray:
    data = ob.data.shape_keys.key_blocks[key].data if key else ob.data.vertices
    flat = np.empty(3 * len(data), np.float32)
    data.foreach_get("co", flat)
    return flat.reshape(-1, 3)


def _keys(ob: "bpy.types.Object") -> list[str]:
    return [block.name for block in ob.data.shape_keys.key_blocks[1:]] if ob.data.shape_keys else []


@pytest.fixture
def bare(face: "bpy.types.Object") -> "bpy.types.Object":
    """Return the sample face without its keys."""
    for ob in (face, *face.children):
        if getattr(ob.data, "shape_keys", None):
            ob.shape_key_clear()
    return face


def test_a_bare_head_gets_all_keys_and_its_parts_get_theirs(bare: "bpy.types.Object") -> None:
    bare.shape_key_add(name="Basis", from_mix=False)
    kept = bare.shape_key_add(name="mouthPucker", from_mix=False)
    kept.value = 0.0
    kept.data[5].co.x += 0.25
    before, own = _coordinates(bare).copy(), _coordinates(bare, "mouthPucker").copy()
    assert bpy.ops.object.arkit_keys_make() == {"FINISHED"}
    assert set(_keys(bare)) >= set(CHANNELS)
    assert np.array_equal(_coordinates(bare), before)
    assert np.array_equal(_coordinates(bare, bare.data.shape_keys.reference_key.name), before)
    assert np.array_equal(_coordinates(bare, "mouthPucker"), own)
    assert all(block.value == 0.0 for block in bare.data.shape_keys.key_blocks[1:])
    parts = {ob.name.split(".")[0]: set(_keys(ob)) for ob in bare.children if ob.type == "MESH"}
    assert any("eyeLookUpLeft" in keys for keys in parts.values())
    assert any("tongueOut" in keys for keys in parts.values())
    assert sum("jawOpen" in keys for keys in parts.values()) >= 2  # lower teeth and tongue
    # Then it speaks: every channel is found.
    face = part("addon.rig.face_rig").read_face(bare)
    assert len(face.channels) == 52
    _redo_strengthen_and_delete(bare)


def _redo_strengthen_and_delete(bare: "bpy.types.Object") -> None:
    """Go on with the keys that were made: making them takes seconds."""
    landmarks = part("addon.key_making.scene_landmarks")
    assert not landmarks.landmark_objects(bare)
    assert bpy.ops.lipsync.landmarks_propose() == {"FINISHED"}
    marks = landmarks.landmark_objects(bare)
    assert bpy.context.active_object in marks.values()  # the panel goes on with its head
    assert set(marks) == set(part("addon.key_transfer.face_landmarks").NAMES)
    blocks = bare.data.shape_keys.key_blocks
    smile, frown = _coordinates(bare, "mouthSmileLeft").copy(), _coordinates(bare, "mouthFrownLeft").copy()

    bare.active_shape_key_index = blocks.find("mouthSmileLeft")
    assert bpy.ops.lipsync.key_strength(strength=0.5) == {"FINISHED"}
    rest = _coordinates(bare)
    half = _coordinates(bare, "mouthSmileLeft") - rest
    assert half == pytest.approx(0.5 * (smile - rest), abs=1e-6)  # rounding of positions in meters
    for side in ("left", "right"):
        marks[f"lip_corner_{side}"].location.z += 0.01
    bpy.context.view_layer.update()
    assert bpy.ops.lipsync.key_redo() == {"FINISHED"}
    again = _coordinates(bare, "mouthSmileLeft")
    assert not np.array_equal(again, smile) and np.array_equal(_coordinates(bare, "mouthFrownLeft"), frown)
    assert np.abs(again - rest).max() > 1.2 * np.abs(half).max()  # at full strength again

    empty = bare.shape_key_add(name="tongueOut.001", from_mix=False)
    blocks["tongueOut"].name, empty.name = "old", "tongueOut"
    assert bpy.ops.lipsync.keys_delete_unused() == {"FINISHED"}
    assert "tongueOut" not in blocks and "old" in blocks and "jawOpen" in blocks
    assert bpy.ops.lipsync.landmarks_remove() == {"FINISHED"}
    assert not landmarks.landmark_objects(bare)


def test_mirrored_landmarks(bare: "bpy.types.Object") -> None:
    landmarks = part("addon.key_making.scene_landmarks")
    assert bpy.ops.lipsync.landmarks_propose() == {"FINISHED"}
    assert not bare.data.shape_keys
    marks = landmarks.landmark_objects(bare)
    proposed = landmarks.placed(bare)
    marks["brow_outer_left"].location += Vector((0.0, -0.03, 0.02))  # off the skin
    bpy.context.view_layer.update()
    shown = marks["brow_outer_left"].matrix_world.translation
    on_skin = np.array(bare.closest_point_on_mesh(shown)[1])  # the head stands at the origin
    assert np.array(shown) == pytest.approx(on_skin, abs=1e-5)
    assert landmarks.placed(bare)["brow_outer_left"] == pytest.approx(on_skin, abs=1e-5)
    assert bpy.ops.lipsync.landmarks_mirror(side="left") == {"FINISHED"}
    bpy.context.view_layer.update()
    left, right = (marks[f"brow_outer_{side}"].matrix_world.translation for side in ("left", "right"))
    # The head is symmetric to a vertex.
    assert np.array(right) == pytest.approx((-left.x, left.y, left.z), abs=2e-3)
    # Where a modifier shows the skin elsewhere, landmarks that weren't dragged still mean the mesh's own points.
    bare.modifiers.new("Subdivision", "SUBSURF")
    bpy.context.view_layer.update()
    assert landmarks.placed(bare)["nose_tip"] == pytest.approx(proposed["nose_tip"], abs=1e-6)


def _refusal(ob: "bpy.types.Object | None") -> str:
    bpy.context.view_layer.objects.active = ob
    scene_head = part("addon.key_making.scene_head")
    with pytest.raises(scene_head.HeadError) as refused:
        scene_head.read_head(bpy.context, ob)
    return str(refused.value)


def test_what_is_no_head_is_refused_with_a_sentence(scene: "bpy.types.Scene") -> None:
    assert "Select the mesh" in _refusal(None)
    empty = bpy.data.objects.new("Empty", None)
    scene.collection.objects.link(empty)
    assert "Select the mesh" in _refusal(empty)
    assert "too simple" in _refusal(add_mesh("Triangle", []))
    bpy.ops.mesh.primitive_uv_sphere_add()
    with pytest.raises(RuntimeError, match="No face was found"):
        bpy.ops.object.arkit_keys_make()


def test_a_mess_is_refused(scene: "bpy.types.Scene") -> None:
    bpy.ops.mesh.primitive_uv_sphere_add()
    ball = bpy.context.active_object
    count = len(ball.data.vertices)
    rows = [tuple(polygon.vertices) for polygon in ball.data.polygons]
    points = [vertex.co.copy() for vertex in ball.data.vertices]
    mesh = bpy.data.meshes.new("Mess")
    mesh.from_pydata([*points, (0, 0, 3)], [], [*rows, *((row[0], row[1], count) for row in rows)])
    ball.data = mesh
    assert "more than two faces" in _refusal(ball)


def test_absolute_keys_are_refused(bare: "bpy.types.Object") -> None:
    bare.shape_key_add(name="Basis", from_mix=False)
    bare.data.shape_keys.use_relative = False
    assert "relative" in _refusal(bare)


@pytest.mark.parametrize("segments", [6, 32])  # fewer points than any head has, and enough
def test_multires_without_a_face_in_its_base_is_explained(scene: "bpy.types.Scene", segments: int) -> None:
    bpy.ops.mesh.primitive_uv_sphere_add(segments=segments, ring_count=16)
    modifier = bpy.context.active_object.modifiers.new("Multires", "MULTIRES")
    assert bpy.ops.object.multires_subdivide(modifier=modifier.name) == {"FINISHED"}
    with pytest.raises(RuntimeError, match="Apply Base"):
        bpy.ops.object.arkit_keys_make()


def test_linked_heads_are_refused(scene: "bpy.types.Scene", bare: "bpy.types.Object", tmp_path: Path) -> None:
    """Linked, with an object that overrides, and with a mesh that overrides too: Blender gives that one keys and doesn't save them."""
    path = str(tmp_path / "head.blend")
    bpy.data.libraries.write(path, {bare}, fake_user=True)
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.objects = [bare.name]
    (linked,) = wanted.objects
    scene.collection.objects.link(linked)
    assert "linked from another file" in _refusal(linked)
    override = linked.override_create()
    scene.collection.objects.link(override)
    assert "linked from another file" in _refusal(override)
    override.data = override.data.override_create()
    assert "linked from another file" in _refusal(override)


def test_the_menu_and_the_panel_offer_it(bare: "bpy.types.Object") -> None:
    assert part("addon.panels.arkit_keys").offers_keys(bpy.context)
    assert bpy.ops.object.arkit_keys_make.poll()
