"""Changes to the file during a job: the take is on the right face, or nothing has changed and one sentence says why."""

import contextlib
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import another_blender
import bpy
from file_snapshot import Contents, contents, differences
from helpers import PACKAGE, part
from running_job import KINDS, begin, by_uid, stage, temporary
from scene_changes import CHANGES, DISABLING, OPENING, mark_face

# What a change raises that isn't possible any more, after those before it.
_IMPOSSIBLE = (RuntimeError, KeyError, AttributeError, TypeError, StopIteration, IndexError, ReferenceError)


def change(n: int) -> None:
    """Change the file during a job, chosen by the seed n. Prints the plan first and the outcome at the end."""
    chance = random.Random(n)
    kind, names = chance.choice([*KINDS]), chance.sample([*CHANGES], chance.randint(1, 4))
    another_blender.tell(n=n, kind=kind, changes=names)
    part("addon.generation.backend_process")._RESTART_DELAY = 0.05
    with tempfile.TemporaryDirectory() as folder:
        stage()  # which generates: so every run also shows that there's a next one after the last
        mark_face()
        if chance.random() < 0.2:
            CHANGES["link_and_override"](Path(folder))
            bpy.context.view_layer.objects.active = next(ob for ob in bpy.context.scene.objects if ob.override_library)
            for _ in range(2):
                bpy.ops.ed.undo_push(message="Overridden")
        if chance.random() < 0.2:
            part("addon.generation.backend_process").process.restart()
        done = run(chance, kind, names, Path(folder))
    another_blender.tell(n=n, **done)


def run(chance: random.Random, kind: str, names: list[str], folder: Path) -> dict[str, object]:
    """Change the file during a job of a kind, each time after some pumps, and check the outcome."""
    running = begin(kind)
    if not running.runs:  # such as locks on a take that was linked
        return {"ended": [*running.state], "reports": running.reports, "done": []}
    scene, faces = bpy.context.scene.session_uid, running.faces()
    done, before = [], contents()
    for name in names:
        for _ in range(chance.choice([0, 1, 3, 10, 30])):
            if running.runs:
                running.pump()
                time.sleep(0.001)
        if not running.runs:
            break
        if name in OPENING and chance.random() < 0.8:  # what Blender does where there is a window
            running.end()
        with contextlib.suppress(*_IMPOSSIBLE):
            CHANGES[name](folder)
            done.append(name)
        if name in DISABLING:  # Blender forgets the operator, and none of it is called any more
            running.state, running.reports = {"CANCELLED"}, ["Canceled: nothing was changed"]
            bpy.ops.preferences.addon_enable(module=PACKAGE)
        before = contents()
    running.finish()
    _judge(before, contents(), running, scene, faces)
    return {"ended": [*running.state], "reports": running.reports, "done": done}


def _judge(before: Contents, after: Contents, running: Any, scene: int, faces: set[int]) -> None:
    changed = differences(before, after)
    assert len(running.reports) == 1, running.reports
    assert part("addon.generation.current_job").current.job is None and not temporary()
    if running.state == {"CANCELLED"}:
        assert not changed, changed
        message = part("addon.generation.current_job").current.error
        template = message.template if message else running.reports[0]
        assert template in part("addon.locale").LANGUAGES["de"], f"no sentence of ours: {running.reports}"
        return
    assert running.state == {"FINISHED"}
    new = {name for name in after if name[0] == "actions" and name not in before}
    found = [part("addon.rig.face_rig").find_face(ob) for ob in map(by_uid, faces) if ob and ob.users_scene]
    theirs = {("shape_keys", mesh.key.name_full) for face in found for mesh in face.meshes}
    scenes = {
        ("scenes", each.name) for each in bpy.data.scenes if each.session_uid == scene
    }  # which remembers the seed
    # An Action that a take replaces gets a fake user, or Blender would not save it.
    kept = {
        name
        for name in changed & before.keys() & after.keys()
        if name[0] == "actions" and after[name] == (True, *before[name][1:])
    }
    turned = {name for name in changed if name[0] == "objects" and name[1].startswith("Lip Sync Head")}
    assert new and changed <= new | theirs | scenes | kept | turned, (changed, theirs)
    assert {("actions", after[key][0][0]) for key in changed & theirs} <= new and changed & theirs
