"""Keys reduced in the thread: the same as when reduced at the end, and discarded if face or controls have changed."""

from typing import Any

import bpy
import numpy as np
import pytest
from helpers import part, read_action


def _apply(change: str, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, np.ndarray], int]:
    """Return the keys of a job during which something changes, and how many takes apply() had to reduce again."""
    job = part("addon.generation.job").Job(part("addon.operators.generate").make_request(bpy.context))
    while not job.pump(0.1):
        pass
    if change == "controls":
        bpy.context.scene.lipsync.controls.jaw = 0.5
    if change == "face":
        bpy.context.active_object.data.shape_keys.key_blocks["jawOpen"].name = "Other"
    keys, found = part("addon.keyframes.face_action"), []
    reduce_keys = keys.reduce_keys

    def count(*arguments: Any) -> Any:
        found.append(arguments)
        return reduce_keys(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(keys, "reduce_keys", count)
        (name,) = job.apply().actions
    return read_action(bpy.data.actions[name]), len(found)


@pytest.mark.parametrize("change", ["", "controls", "face"])
def test_reduced_keys_are_used_while_valid(
    face: "bpy.types.Object", strip: "bpy.types.Strip", change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    curves, found = _apply(change, monkeypatch)
    assert found == (1 if change else 0)
    face.data.shape_keys.animation_data_clear()
    monkeypatch.setattr(part("addon.generation.job").Job, "_start_reduction", lambda self, take: None)
    expected, found = _apply("", monkeypatch)
    assert found == 1
    assert curves.keys() == expected.keys()
    for path, keys in expected.items():
        np.testing.assert_array_equal(curves[path], keys)
