"""The sample face: built in Blender, measured in centimeters."""

import importlib
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
from mathutils.kdtree import KDTree

ROOT = Path(__file__).resolve().parents[2]


def load(name: str) -> types.ModuleType:
    """Import a module of the add-on as Blender does: as part of one package that holds `addon` and `backend`."""
    package = types.ModuleType("sample_face_under_test")
    package.__path__ = [str(ROOT)]
    addon = types.ModuleType("sample_face_under_test.addon")
    addon.__path__ = [str(ROOT / "addon")]
    for module in (package, addon):
        sys.modules.setdefault(module.__name__, module)
    return importlib.import_module("sample_face_under_test.addon." + name)


sample_face = load("sample_face")
CHANNELS = load("sample_face.model").CHANNELS


class Face:
    """The built face, posed by adding up shape keys as Blender does; points in centimeters."""

    def __init__(self) -> None:
        begin = time.process_time()
        self.objects = sample_face.build(bpy.context)
        self.seconds = time.process_time() - begin
        self.head = self.objects[0]
        self.parts = {ob.name.split(".")[0]: ob for ob in self.objects}
        self.rig = self.head.find_armature()
        self.builder = load("sample_face.model").head()
        self.marks = self.builder.marks

    def key(self, part: str, name: str) -> np.ndarray:
        block = self.parts[part].data.shape_keys.key_blocks[name]
        co = np.empty(len(block.data) * 3, np.float32)
        block.data.foreach_get("co", co)
        return 100.0 * co.reshape(-1, 3).astype(float)

    def moves(self, part: str, name: str) -> np.ndarray:
        return self.key(part, name) - self.key(part, "Basis")

    def pose(self, part: str, **values: float) -> np.ndarray:
        return self.key(part, "Basis") + sum(
            (value * self.moves(part, name) for name, value in values.items()), np.zeros(3)
        )

    def lip_gaps(self, **values: float) -> np.ndarray:
        points = self.pose("Face", **values)
        return np.linalg.norm(points[self.marks["lip_upper"]] - points[self.marks["lip_lower"]], axis=-1)


@pytest.fixture(scope="module")
def face():
    built = Face()
    yield built
    bpy.data.armatures.remove(built.rig.data)
    for ob in built.objects:
        bpy.data.meshes.remove(ob.data)


def test_sample_face_is_complete(face):
    keys = {
        name: [block.name for block in ob.data.shape_keys.key_blocks[1:]] if ob.data.shape_keys else []
        for name, ob in face.parts.items()
    }
    jaw = {"jawForward", "jawLeft", "jawRight", "jawOpen"}
    assert tuple(keys["Face"]) == tuple(CHANNELS)
    assert set(keys["Eye Left"]) == {"eyeLookUpLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft"}
    assert set(keys["Eye Right"]) == {"eyeLookUpRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight"}
    assert set(keys["Teeth"]) == jaw
    assert set(keys["Tongue"]) == jaw | {"tongueOut"}
    assert keys["Hair"] == []
    assert all(ob.parent == face.head for ob in face.objects[1:])
    assert bpy.context.view_layer.objects.active == face.head


def test_meshes_are_sound(face):
    for ob in face.objects:
        assert not ob.data.validate(), ob.name
        assert ob.data.materials and all(material.diffuse_color[3] == 1.0 for material in ob.data.materials)


def test_size_and_place(face):
    points = np.concatenate(
        [face.key("Face", "Basis"), *(np.array([v.co for v in face.parts["Hair"].data.vertices]) * 100.0,)]
    )
    low, high = points.min(0), points.max(0)
    assert low[2] == pytest.approx(0.0, abs=0.01) and 23.0 < high[2] < 27.0
    assert abs(low[0] + high[0]) < 0.5  # as far left as right
    assert tuple(face.head.location) == tuple(bpy.context.scene.cursor.location)


@pytest.mark.parametrize("height", [13.4, 14.0, 14.6, 15.3, 16.2, 17.0])
def test_no_dent_between_eye_and_temple(height):
    turn = np.radians(np.arange(40.0, 101.0, 4.0))
    directions = np.stack([np.sin(turn), -np.cos(turn), np.zeros_like(turn)], -1)
    outline = load("sample_face.surface").cast(np.tile([0.0, 0.0, height], (len(turn), 1)), directions)[:, :2]
    steps = np.diff(outline, axis=0)
    bends = np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0])))
    assert bends.min() > -0.01


def test_builds_fast(face):
    assert face.seconds < 2.0  # of processor time, so that a busy machine doesn't matter


def test_is_light(face):
    triangles = 0
    for ob in face.objects:
        ob.data.calc_loop_triangles()
        triangles += len(ob.data.loop_triangles)
    assert triangles < 60_000


@pytest.mark.parametrize("part", ["Face", "Teeth", "Tongue"])
def test_is_symmetric(face, part):
    points = face.key(part, "Basis")
    tree = KDTree(len(points))
    for number, point in enumerate(points):
        tree.insert(point, number)
    tree.balance()
    distances = [tree.find(point * (-1.0, 1.0, 1.0))[2] for point in points]
    assert max(distances) < 0.002  # cm, well above the rounding of float32


def test_landmarks_lie_where_they_say(face):
    found = load("sample_face.landmarks").landmarks(face.builder)
    points = face.key("Face", "Basis")
    for name in (name for name in found if not name.endswith("right")):
        twin = found[name.replace("left", "right")]
        assert points[twin] == pytest.approx(points[found[name]] * (-1.0, 1.0, 1.0), abs=0.05), name
    assert points[found["lip_upper_inner"]] == pytest.approx(points[found["lip_lower_inner"]], abs=1e-4)
    upward = ["chin", "lip_lower_outer", "lip_upper_outer", "nose_base", "nose_tip", "lid_lower_left"]
    upward += ["lid_upper_left", "brow_middle_left", "forehead"]
    heights = [points[found[name], 2] for name in upward]
    assert heights == sorted(heights)
    assert points[:, 1].min() == pytest.approx(points[found["nose_tip"], 1], abs=0.1)
    assert face.moves("Face", "jawOpen")[found["lip_lower_inner"], 2] < -1.0
    assert abs(face.moves("Face", "jawOpen")[found["lip_upper_inner"], 2]) < 0.1


def test_head_bone_turns_the_head_and_not_the_foot_of_the_neck(face):
    bone = face.rig.pose.bones["head"]
    bone.rotation_mode = "XYZ"
    bone.rotation_euler = (0.0, np.radians(20.0), 0.0)  # about the bone's own axis, which points up
    graph = bpy.context.evaluated_depsgraph_get()
    graph.update()
    for part, ob in face.parts.items():
        turned = np.array([100.0 * v.co for v in ob.evaluated_get(graph).data.vertices])
        rest = np.array([100.0 * v.co for v in ob.data.vertices])
        away = np.linalg.norm(turned - rest, axis=-1)
        high, foot = rest[:, 2] > 9.0, rest[:, 2] < 0.1
        reach = np.hypot(rest[high, 0], rest[high, 1] - 1.3)
        assert away[high] == pytest.approx(2.0 * np.sin(np.radians(10.0)) * reach, abs=0.02), part
        assert away[foot].max(initial=0.0) < 0.01
    bone.rotation_euler = (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "pose",
    [
        {},
        {"jawOpen": 0.3, "mouthClose": 0.3},
        {"jawOpen": 1.0, "mouthClose": 1.0},
        {"mouthPucker": 1.0},
        {"mouthSmileLeft": 1.0},
    ],
)
def test_lips_meet(face, pose):
    assert face.lip_gaps(**pose).max() < 0.05


def test_lips_part(face):
    assert face.lip_gaps(jawOpen=1.0).max() > 0.8
    assert face.lip_gaps(jawOpen=0.2).max() > 0.3
    assert face.lip_gaps(mouthFunnel=1.0).max() > 0.5
    assert face.lip_gaps(mouthLowerDownLeft=1.0, mouthLowerDownRight=1.0).max() > 0.4


def test_rounding_narrows_the_mouth(face):
    def width(**pose: float) -> float:
        return float(np.ptp(face.pose("Face", **pose)[face.marks["lip_upper"], 0]))

    assert width(mouthPucker=1.0) < 0.7 * width() < width()
    assert width(mouthStretchLeft=1.0, mouthStretchRight=1.0) > 1.2 * width()


@pytest.mark.parametrize(
    "pose",
    [{"eyeBlinkLeft": 1.0}, {"eyeBlinkLeft": 1.0, "eyeLookDownLeft": 1.0}, {"eyeBlinkLeft": 1.0, "eyeSquintLeft": 1.0}],
)
def test_lids_cover_the_eye(face, pose):
    surface = load("sample_face.surface")
    points = face.pose("Face", **pose)
    ring = face.marks["lid_left"]
    edge = points[ring] - surface.EYE
    half = len(ring) // 2
    upper, lower = edge[1:half], edge[:half:-1]
    assert (np.linalg.norm(upper, axis=-1) > surface.EYE_RADIUS).all()
    assert (
        upper[:, 2] <= lower[:, 2] + 0.03
    ).all()  # lashes cover 0.03 cm: the upper lid's edge has come down to the lower one's
    eye = face.pose("Eye Left", **{name: value for name, value in pose.items() if "Look" in name}) - surface.EYE
    assert np.linalg.norm(eye, axis=-1).max() < np.linalg.norm(upper, axis=-1).min()


def test_lids_clear_the_eye(face):
    surface = load("sample_face.surface")
    half = len(face.marks["lid_left"]) // 2
    for blink in np.linspace(0.0, 1.0, 9):
        edge = face.pose("Face", eyeBlinkLeft=blink)[face.marks["lid_left"][1:half]] - surface.EYE
        assert np.linalg.norm(edge, axis=-1).min() > surface.EYE_RADIUS


def test_lids_meet_at_one(face, extension):
    """So that takes blink with the values that were generated, see addon/rig/lid_contact.py."""
    rig = importlib.import_module("bl_ext.user_default.diffusion_talker.addon.rig.lid_contact")
    read = importlib.import_module("bl_ext.user_default.diffusion_talker.addon.rig.face_rig").read_face
    assert rig.measure(read(face.head)) == {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}


def test_wide_eyes_show_white_above_the_iris(face):
    surface = load("sample_face.surface")
    half = len(face.marks["lid_left"]) // 2
    iris = 24.0  # degrees from the middle of the eye to its edge

    def edge(**pose: float) -> float:
        point = face.pose("Face", **pose)[face.marks["lid_left"][half // 2]] - surface.EYE
        return float(np.degrees(np.arctan2(point[2], -point[1])))

    assert edge() < iris - 3.0  # at rest the lid lies over the iris
    assert edge(eyeWideLeft=1.0) > iris + 6.0


@pytest.mark.parametrize("name", CHANNELS)
def test_each_key_is_different(face, name):
    moves = face.moves("Face", name)
    size = np.linalg.norm(moves, axis=-1)
    assert 0.03 < size.max() < 5.0 and np.isfinite(size).all()
    for other in CHANNELS:
        if other != name:
            assert np.linalg.norm(moves - face.moves("Face", other), axis=-1).max() > 0.03, other


@pytest.mark.parametrize("name", [name for name in CHANNELS if name.endswith("Left")])
def test_left_is_left(face, name):
    x = face.key("Face", "Basis")[:, 0]
    moves, mirrored = face.moves("Face", name), face.moves("Face", name.removesuffix("Left") + "Right")
    if name in ("jawLeft", "mouthLeft"):
        assert moves[np.linalg.norm(moves, axis=-1).argmax(), 0] > 0.3
    else:
        size = np.linalg.norm(moves, axis=-1)
        assert size[x > 0].sum() > 3.0 * size[x < 0].sum()
    assert np.linalg.norm(mirrored, axis=-1).sum() == pytest.approx(np.linalg.norm(moves, axis=-1).sum(), rel=0.02)


def test_skull_and_neck_stay_still(face):
    rest = face.key("Face", "Basis")
    still = (rest[:, 2] > 19.5) | (rest[:, 1] > 4.5) | (rest[:, 2] < 0.1)
    for name in CHANNELS:
        assert np.linalg.norm(face.moves("Face", name)[still], axis=-1).max() < 0.05, name


def test_jaw_carries_the_lower_teeth_only(face):
    moves = np.linalg.norm(face.moves("Teeth", "jawOpen"), axis=-1)
    low = face.key("Teeth", "Basis")[:, 2] < 7.0
    assert moves[low].min() > 0.5 and (moves == 0).mean() > 0.4
    assert np.linalg.norm(face.moves("Tongue", "tongueOut"), axis=-1).max() > 2.0


def test_teeth_and_tongue_are_symmetric(face):
    lips = face.key("Face", "Basis")[face.marks["lip_upper"]]
    teeth, tongue = face.key("Teeth", "Basis"), face.key("Tongue", "Basis")
    for x in np.linspace(-2.3, 2.3, 13):
        behind = teeth[np.abs(teeth[:, 0] - x) < 0.2, 1].min() - np.interp(x, lips[::-1, 0], lips[::-1, 1])
        assert 0.3 < behind < 1.6
    assert tongue[:, 0].max() > 2.2 and tongue[:, 0].min() < -2.2


def test_operator_adds_it_at_the_cursor(extension):
    bpy.context.scene.cursor.location = (1.0, 2.0, 3.0)
    before = set(bpy.data.objects)
    assert bpy.ops.mesh.arkit_sample_face_add() == {"FINISHED"}
    added = set(bpy.data.objects) - before
    assert tuple(bpy.context.view_layer.objects.active.location) == (1.0, 2.0, 3.0)
    for ob in added:
        bpy.data.objects.remove(ob)
    bpy.context.scene.cursor.location = (0.0, 0.0, 0.0)
