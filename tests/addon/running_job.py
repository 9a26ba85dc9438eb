"""Jobs of every kind, advanced step by step as a window's timer would, so that tests can intervene."""

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
from file_snapshot import contents
from helpers import add_mesh, add_strip, fcurves, part

from backend.arkit import CHANNELS

_SPEECH = Path(__file__).parents[1] / "data/speech.ogg"
MINE, ITS = "Mine", "The bystander's"
_LONG = 60.0  # seconds that no generation may take


def stage() -> None:
    """Open a new file with two faces, "Face", active, and "Bystander", and a strip for each.

    A manually edited take animates the first, an empty Action the other.
    """
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    bystander = add_mesh("Bystander", list(CHANNELS))
    bystander.location.x = 3.0
    bpy.ops.mesh.arkit_sample_face_add()
    scene.sequence_editor_create()
    for ob, frame in ((bpy.context.active_object, 11), (bystander, 251)):
        line = scene.lipsync_cast.lines.add()
        line.strip, line.face = add_strip(scene, _SPEECH, frame).name, ob
    scene.sequence_editor.active_strip = part("addon.generation.sound_strip").find_strip(
        scene, scene.lipsync_cast.lines[0].strip
    )
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    action = bpy.data.actions[0]
    action.name = MINE
    curve = fcurves(action)['key_blocks["jawOpen"].value']
    curve.keyframe_points.insert(100.5, 0.83).handle_right_type = "FREE"
    curve.update()
    keys = part("addon.keyframes.face_action")
    keys.assign(keys.write_action(ITS, [], 1, keys.Style(0.0, True)), part("addon.rig.face_rig").read_face(bystander))
    for _ in range(2):
        bpy.ops.ed.undo_push(message="Staged")


def _locked(generate: Any) -> Any:
    request = generate.with_emotion_keys(bpy.context, generate.make_request(bpy.context))
    request = generate._with_locks(bpy.context, request)
    assert request.locks
    assert request.performance.locked is not None
    return part("addon.generation.job").Job(request.with_performance(seed=request.performance.seed + 1))


def _packed(generate: Any) -> Any:
    request = generate.make_request(bpy.context)
    sound = bpy.data.sounds[request.span.sound]
    if not sound.packed_file:
        sound.pack()
    return part("addon.generation.job").Job(generate.make_request(bpy.context))


KINDS: dict[str, Callable[[Any], Any]] = {
    "a take": lambda generate: part("addon.generation.job").Job(generate.make_request(bpy.context)),
    "takes": lambda generate: part("addon.generation.job").Job(
        generate.make_request(bpy.context).with_performance(count=3)
    ),
    "a take with locks": _locked,
    "a batch": lambda generate: part("addon.operators.cast").LIPSYNC_OT_generate_cast.job(None, bpy.context),
    "a take of a packed sound": _packed,
}


def begin(kind: str) -> Any:
    """Start a job of a kind, without pumping it.

    pump() advances it like the timer of a window; state is what the operator returned last; reports are the messages shown.
    """
    generate, current = part("addon.operators.generate"), part("addon.generation.current_job").current

    class Underway(generate.Generating):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            self.kind = kind
            self.reports: list[str] = []
            self.state: set[str] = self._begin(bpy.context) or {"PASS_THROUGH"}

        def job(self, context: Any) -> Any:
            return KINDS[kind](generate)

        def report(self, how: set[str], text: str) -> None:
            self.reports.append(text)

        def pump(self) -> bool:
            """Advance the operator once. Returns True if it goes on."""
            self.state = self.modal(bpy.context, SimpleNamespace(type="TIMER"))
            return self.runs

        @property
        def runs(self) -> bool:
            return self.state == {"PASS_THROUGH"}

        def faces(self) -> set[int]:
            """Return the session_uids of the objects that will speak."""
            job = current.job
            requests = job._waiting if hasattr(job, "_waiting") else [job.request]
            return {request.face for request in requests}

        def end(self) -> None:
            """Cancel as Blender does when another file is opened."""
            self.cancel(bpy.context)
            self.state = {"CANCELLED"}
            self.reports.append(str(current.error))

        def finish(self, watch: Callable[[], object] = lambda: None) -> set[str]:
            """Pump until it ends. `watch` is called before every step."""
            deadline = time.monotonic() + _LONG
            while self.runs:
                watch()
                self.pump()
                time.sleep(0.002)
                assert time.monotonic() < deadline, "a generation that hangs"
            return self.state

    return Underway()


def by_uid(uid: int) -> Any:
    """Return the object with a session_uid; None if it was deleted."""
    return next((ob for ob in bpy.data.objects if ob.session_uid == uid), None)


def temporary() -> list[str]:
    """List the files in the add-on's temporary folder, without the log."""
    folder = part("addon.generation.backend_process").process._folder
    files = folder.iterdir() if folder and folder.is_dir() else ()
    return sorted(path.name for path in files if not path.name.startswith("backend.log"))


def made() -> list[Any]:
    """Return the exact keys of the takes made since stage()."""
    return [held[1] for (kind, name), held in contents().items() if kind == "actions" and name not in (MINE, ITS)]


def take_back() -> None:
    """Restore everything to how it was after stage()."""
    for action in [action for action in bpy.data.actions if action.name not in (MINE, ITS)]:
        bpy.data.actions.remove(action)
    for ob, name in (("Face", MINE), ("Bystander", ITS)):
        part("addon.keyframes.face_action").assign(
            bpy.data.actions[name], part("addon.rig.face_rig").read_face(bpy.data.objects[ob])
        )
    bpy.context.scene.lipsync.seed = 0
    for sound in bpy.data.sounds:
        if sound.packed_file:
            sound.unpack(method="REMOVE")
    bpy.context.view_layer.update()  # drivers follow their keys back
