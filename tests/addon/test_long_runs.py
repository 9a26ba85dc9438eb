"""Many jobs in one Blender, finished, canceled and failed: nothing piles up."""

import gc
import os
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

import bpy
import pytest
from helpers import add_strip, part

from tests.soak import Soak

WARM = 6  # generations until all is loaded that stays loaded
MB = 1 << 20
MOST = {"blender": 24 * MB, "child": 24 * MB}  # that may be taken in all after that, however long it goes on

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="this system doesn't say how large a process is"
)


@dataclass(frozen=True)
class Held:
    """The resources that Blender and the backend hold."""

    blender: int  # bytes
    child: int
    threads: tuple[int, int]
    handles: tuple[int, int]
    files: tuple[str, ...]
    handlers: int
    answers: int


def _held() -> Held:
    gc.collect()
    backend = part("addon.generation.backend_process").process
    child = backend._client._process.pid
    return Held(
        _size("self"),
        _size(child),
        (threading.active_count(), len(os.listdir(f"/proc/{child}/task"))),
        (len(os.listdir("/proc/self/fd")), len(os.listdir(f"/proc/{child}/fd"))),
        tuple(sorted(path.name for path in backend.folder().iterdir())),
        sum(
            len(handlers)
            for name in dir(bpy.app.handlers)
            if isinstance(handlers := getattr(bpy.app.handlers, name), list)
        ),
        len(part("addon.takes.edit_tracking")._answers),
    )


def _size(process: str | int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def strips(
    scene: "bpy.types.Scene", face: "bpy.types.Object", speech: Path, tmp_path: Path
) -> dict[str, "bpy.types.Strip"]:
    """Add strips: two seconds of speech as a file and packed, and a file without sound."""
    made = {}
    for number, name in enumerate(("plain", "packed", "broken")):
        file = Path(shutil.copy(speech, tmp_path / f"{name}.ogg"))
        made[name] = add_strip(scene, file, 1 + 100 * number)
        made[name].frame_final_duration = 48
    made["packed"].sound.pack()
    (tmp_path / "broken.ogg").write_text("no sound")
    (tmp_path / "packed.ogg").unlink()
    return made


def _work(number: int, scene: "bpy.types.Scene") -> None:
    """Do one of an artist's tasks, then remove all traces of it."""
    takes, edits, job = (
        part("addon.takes.take_store"),
        part("addon.takes.edit_tracking"),
        part("addon.generation.job"),
    )
    kind = ("plain", "plain", "packed", "cancel", "broken")[number % 5]
    scene.lipsync.strip = "plain" if kind == "cancel" else kind
    scene.lipsync.seed = number
    if kind == "cancel":
        running = job.Job(part("addon.operators.generate").make_request(bpy.context))
        running.pump(0.02)
        running.cancel()
    elif kind == "broken":
        with pytest.raises(RuntimeError, match="is in no format that can be read"):
            bpy.ops.lipsync.generate()
    else:
        assert bpy.ops.lipsync.generate() == {"FINISHED"}
        if number % 2:
            assert bpy.ops.lipsync.resample(count=2) == {"FINISHED"}
    bpy.context.view_layer.update()
    for action in list(takes.all_takes()):  # as the list of the panel draws them
        edits.shows_edited(action)
        part("addon.panels.takes")._description(action, False)
    while action := next(takes.all_takes(), None):
        assert bpy.ops.lipsync.take_delete("EXEC_DEFAULT", take=action.name) == {"FINISHED"}
    assert not bpy.data.actions


def test_many_generations_leave_nothing_behind(scene: "bpy.types.Scene", strips: dict, soak: Soak) -> None:
    for number in range(WARM):
        _work(number, scene)
    before = _held()
    for number in soak.times(quick=12, long=700):
        with soak.trial("generations in one Blender"):
            _work(number, scene)
    after = _held()
    grown = {name: getattr(after, name) - getattr(before, name) for name in MOST}
    print(
        "".join(f"\n{name}: {getattr(before, name) / MB:.1f} MB, and {grown[name] / MB:+.1f} MB" for name in MOST),
        after,
    )
    assert all(grown[name] <= most for name, most in MOST.items()), grown
    for name in ("threads", "handles", "files", "handlers"):
        assert getattr(after, name) == getattr(before, name), name
    assert "backend.log" in after.files and after.answers <= 4
    assert not bpy.app.timers.is_registered(part("addon.takes.controls").update_keys)
    part("addon.generation.backend_process").process.restart()
