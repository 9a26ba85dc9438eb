"""Keys copied or cut out of an F-curve: its shape stays the same."""

import bpy
import numpy as np
import pytest
from helpers import add_mesh, fcurves, part
from tolerances import BEZIER, FLOAT32

HANDLES = ("AUTO_CLAMPED", "AUTO", "VECTOR", "ALIGNED", "FREE")


def _action(count: int = 1) -> "bpy.types.Action":
    keys = part("addon.keyframes.face_action")
    table = [keys.Column(f'key_blocks["{number}"].value', "Jaw", np.zeros(1, np.float32)) for number in range(count)]
    return keys.write_action("Take", table, 0, keys.Style(0.0, True))


@pytest.fixture
def curve(scene: "bpy.types.Scene") -> "bpy.types.FCurve":
    """Create an F-curve with all kinds of keys, on whole frames and between."""
    add_mesh("Head", ["0"])
    (curve,) = fcurves(_action()).values()
    rng = np.random.default_rng(0)
    frames = np.cumsum(rng.uniform(1, 12, 40))
    for number, frame in enumerate(frames):
        key = curve.keyframe_points.insert(float(frame), float(rng.uniform(0, 1)))
        key.interpolation = ("BEZIER", "BEZIER", "BEZIER", "LINEAR", "CONSTANT")[number % 5]
        key.handle_left_type = key.handle_right_type = HANDLES[(number // 2) % 5]
        if key.handle_left_type in ("FREE", "ALIGNED"):
            key.handle_left, key.handle_right = (
                key.co - key.co.__class__((15, 0.3)),
                key.co + key.co.__class__((9, 0.2)),
            )
    curve.update()
    return curve


def _pasted(copied: object, *others: tuple[int, float]) -> "bpy.types.FCurve":
    (new,) = fcurves(_action()).values()
    new.keyframe_points[0].co = others[0] if others else (-1000, 0)
    for frame, value in others[1:]:
        new.keyframe_points.insert(frame, value)
    new.update()
    part("addon.keyframes.copy_keys").paste_keys(new, copied)
    return new


def _course(curve: "bpy.types.FCurve", first: float, last: float) -> np.ndarray:
    return np.array([curve.evaluate(frame) for frame in np.linspace(first, last, 2001)])


def test_copy_has_same_shape(curve: "bpy.types.FCurve") -> None:
    (new,) = fcurves(_action()).values()
    new.keyframe_points.remove(new.keyframe_points[0])
    part("addon.keyframes.copy_keys").paste_keys(new, part("addon.keyframes.copy_keys").copy_keys(curve))
    assert [tuple(key.co) for key in new.keyframe_points] == [tuple(key.co) for key in curve.keyframe_points]
    np.testing.assert_array_equal(_course(new, -10, 300), _course(curve, -10, 300))


@pytest.mark.parametrize("first", [-3, 17, 60, 61, 100, 131])
@pytest.mark.parametrize("length", [0, 1, 4, 40, 100, 300])
def test_cut_part_has_same_shape(curve: "bpy.types.FCurve", first: int, length: int) -> None:
    last = first + length
    copied = part("addon.keyframes.copy_keys").cut_keys(curve, first, last)
    new = _pasted(copied, (first - 9, 0.2), (first - 2, 0.9), (last + 3, 0.1))
    if len(copied.frames) == length + 1 > 5:  # a handle that can't be cut
        assert (first, length) == (17, 40)
        times = copied.frames
    else:
        times = np.linspace(first, last, 2001)
    assert [new.evaluate(time) for time in times] == pytest.approx([curve.evaluate(time) for time in times], abs=BEZIER)
    assert [(key.co.x, round(key.co.y, 5)) for key in new.keyframe_points if not first <= key.co.x <= last] == [
        (first - 9, 0.2),
        (first - 2, 0.9),
        (last + 3, 0.1),
    ]


def test_easing_becomes_dense_keys(curve: "bpy.types.FCurve") -> None:
    curve.keyframe_points[12].interpolation = "BOUNCE"
    middle = round(curve.keyframe_points[12].co.x)
    copied = part("addon.keyframes.copy_keys").cut_keys(curve, middle - 5, middle + 10)
    assert copied.frames.tolist() == list(range(middle - 5, middle + 11))
    new = _pasted(copied)
    assert [new.evaluate(frame) for frame in copied.frames] == pytest.approx(
        [curve.evaluate(frame) for frame in copied.frames], abs=FLOAT32
    )
