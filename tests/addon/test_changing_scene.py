"""Changes of the scene during a job: the take is keyed on the right face or not at all, and Blender doesn't crash."""

import random
from pathlib import Path
from typing import Any

import another_blender
import bpy
import pytest
from file_snapshot import contents, differences
from helpers import PACKAGE, part
from job_interruptions import run
from running_job import MINE, begin, stage

from tests.soak import Soak

pytestmark = pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="needs a Blender with sound")

_WRITTEN = (
    ("takes", "CHARACTER"),
    ("a batch", "CHARACTER"),
    ("a batch", "STRIP"),
)  # kinds of jobs, and what a batch makes


@pytest.fixture
def staged(extension: Path) -> Any:
    stage()
    return bpy.data.objects["Face"]


@pytest.mark.parametrize(
    "change", ["rename_face", "rename_keys", "move_and_undo", "edit_and_undo", "duplicate_face", "another_scene"]
)
def test_right_face_is_keyed(change: str, staged: Any, tmp_path: Path) -> None:
    done = run(random.Random(3), "takes", [change], tmp_path)
    assert done["ended"] == ["FINISHED"] and done["done"] == [change]


def test_deleted_locked_take_is_reported(staged: Any) -> None:
    running = begin("a take with locks")
    bpy.data.actions.remove(bpy.data.actions[MINE])
    before = contents()
    assert running.finish() == {"CANCELLED"} and not differences(before, contents())
    assert running.reports == ["The take with the locked keys was deleted, so nothing was keyed: generate again"]


def test_locked_take_renamed_is_found(staged: Any) -> None:
    running = begin("a take with locks")
    bpy.data.actions[MINE].name = "Renamed"
    assert running.finish() == {"FINISHED"}


def test_seed_is_set_in_requesting_scene(staged: Any) -> None:
    """A resampled take gets the next seed. Its scene stores it, not the scene that the artist has switched to."""
    scene, other = bpy.context.scene, bpy.data.scenes.new("Other")
    other.lipsync.seed = 7
    running = begin("a take with locks")
    bpy.context.window.scene = other
    assert running.finish() == {"FINISHED"} and (scene.lipsync.seed, other.lipsync.seed) == (1, 7)


def test_error_while_keying_leaves_nothing(staged: Any) -> None:
    """After a bug, no partial take is left and the panel doesn't wait forever."""
    cases = [
        (kind, actions, name)
        for kind, actions in _WRITTEN
        for name in ("addon.takes.take_store.mark", "addon.takes.controls.store")
    ]
    for kind, actions, broken in [*cases, ("a take with locks", "CHARACTER", "addon.keyframes.face_action.paste_keys")]:
        bpy.context.scene.lipsync_cast.actions = actions
        running, before = begin(kind), contents()
        module, _, name = broken.rpartition(".")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(part(module), name, _fail)
            with pytest.raises(MemoryError):
                running.finish()
        assert not differences(before, contents()) and part("addon.generation.current_job").current.job is None, (
            kind,
            actions,
            broken,
        )
    assert bpy.ops.lipsync.generate() == {"FINISHED"}


def _fail(*arguments: object) -> None:
    raise MemoryError


def test_addon_disabled_during_job_recovers(staged: Any) -> None:
    begin("a take").pump()
    part("addon.generation.current_job").current.timer = bpy.context.window_manager.event_timer_add(
        0.1, window=bpy.context.window
    )  # as invoke() does
    bpy.ops.preferences.addon_disable(module=PACKAGE)
    bpy.ops.preferences.addon_enable(module=PACKAGE)
    current = part("addon.generation.current_job").current
    assert current.job is None and current.timer is None and bpy.ops.lipsync.generate() == {"FINISHED"}


def test_opening_another_file_is_reported(staged: Any) -> None:
    running, current = begin("a batch"), part("addon.generation.current_job").current
    running.pump()
    running.end()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    assert current.job is None and str(current.error).startswith("Stopped because another file was opened")
    stage()
    assert current.error is None


def test_random_changes_during_job(soak: Soak, extension: Path, tmp_path: Path) -> None:
    """Runs in a separate Blender, which may crash."""
    tries = soak.times(quick=5, long=300)
    process = another_blender.start(
        "change", tries.start, tries.stop, **another_blender.own_extensions(tmp_path / "user")
    )
    for n in tries:
        with soak.trial("undone, renamed, deleted, reloaded and so on in mid-job"):
            begun = another_blender.read_line(process)
            assert begun["n"] == n
            try:
                print(begun, another_blender.read_line(process))
            except AssertionError as error:
                raise AssertionError(f"{begun}: {error}") from error
    assert another_blender.read_line(process) == {"ended": True}
