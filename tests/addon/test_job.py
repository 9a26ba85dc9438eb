"""A running job: canceled, without its face, with an unusable or crashing backend. Failures leave the scene as it was."""

import os
import stat
import sys
import time
from pathlib import Path

import bpy
import pytest
from helpers import PACKAGE, add_mesh, add_strip, part, preference, read_action, snapshot


@pytest.fixture
def ready(face: "bpy.types.Object", strip: "bpy.types.Strip") -> "bpy.types.Object":
    return face


def _start():
    return part("addon.generation.job").Job(part("addon.operators.generate").make_request(bpy.context))


def _finish(job) -> None:
    deadline = time.monotonic() + 60
    while not job.pump(0.1):
        assert time.monotonic() < deadline


def _script(folder: Path, body: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_progress_grows_before_keys_appear(ready: "bpy.types.Object") -> None:
    before, job, fractions = snapshot(), _start(), []
    deadline = time.monotonic() + 60
    while not job.pump(0.01):
        fractions.append(job.fraction)
        assert time.monotonic() < deadline
    assert fractions == sorted(fractions) and 0 < job.fraction <= 1 and job.stage
    assert snapshot() == before
    outcome = job.apply()
    assert outcome.actions[0] in bpy.data.actions and "55 keys" in str(outcome.info)


def test_remaining_time_appears_after_delay(ready: "bpy.types.Object", monkeypatch: pytest.MonkeyPatch) -> None:
    job, now = _start(), [100.0]
    module, caption = part("addon.generation.job"), part("addon.panels.text").progress_caption
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])

    def hear(seconds: float, fraction: float) -> None:
        now[0] = 100.0 + seconds
        job._handle(module.Progress(job._id, "Performing", fraction))

    assert job.remaining is None and caption(job) == "Starting 0%"
    hear(0.0, 0.1)
    hear(0.5, 0.2)
    assert job.remaining is None and caption(job) == "Performing 20%"
    hear(2.0, 0.4)
    assert job.remaining == pytest.approx(4.0) and caption(job) == "Performing 40%, 4 s left"
    hear(200.0, 0.5)
    assert caption(job) == "Performing 50%, 4 min left"
    job.cancel()


def test_canceled_job_changes_nothing(ready: "bpy.types.Object") -> None:
    before, job = snapshot(), _start()
    job.pump(0.05)
    job.cancel()
    assert job.cancelled and snapshot() == before
    assert bpy.ops.lipsync.generate() == {"FINISHED"}


def test_pump_is_fast(ready: "bpy.types.Object") -> None:
    bpy.ops.lipsync.generate()  # the backend is up
    job, longest, done = _start(), 0.0, False
    while not done:
        began = time.monotonic()
        done = job.pump()
        longest = max(longest, time.monotonic() - began)
        time.sleep(0.01)
    assert longest < 0.1


def test_deleted_face_is_reported(ready: "bpy.types.Object") -> None:
    job = _start()
    bpy.data.objects.remove(ready)
    _finish(job)
    before = snapshot()
    with pytest.raises(part("addon.generation.job").JobError, match="The face was deleted"):
        job.apply()
    assert snapshot() == before


def test_opening_another_file_is_reported(ready: "bpy.types.Object") -> None:
    job = _start()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.mesh.arkit_sample_face_add()
    _finish(job)
    with pytest.raises(part("addon.generation.job").JobError, match="The face was deleted"):
        job.apply()
    assert not bpy.data.actions


def test_renamed_face_is_found_after_undo(ready: "bpy.types.Object") -> None:
    bpy.ops.ed.undo_push(message="Before")
    job = _start()
    ready.name = "Hero"
    _finish(job)
    assert job.apply().actions[0] in bpy.data.actions


def _failure() -> str:
    """Return the operator's error message, after checking that the scene is unchanged."""
    before = snapshot()
    with pytest.raises(RuntimeError) as caught:
        bpy.ops.lipsync.generate()
    assert snapshot() == before
    assert part("addon.generation.current_job").current.job is None
    return str(caught.value)


def test_file_without_sound_is_reported(ready: "bpy.types.Object", strip: "bpy.types.Strip", tmp_path: Path) -> None:
    file = tmp_path / "notes.wav"
    file.write_text("not a sound " * 100)
    strip.sound.filepath = str(file)
    assert "is in no format that can be read" in _failure()
    assert "is in no format that can be read" in str(part("addon.generation.current_job").current.error)


def test_crashing_backend_shows_its_log(ready: "bpy.types.Object", tmp_path: Path) -> None:
    with preference(python=_script(tmp_path, "echo No module named onnxruntime >&2; exit 3")):
        message = _failure()
        assert "exit code 3" in message and "No module named onnxruntime" in message
        began = time.monotonic()
        _failure()  # does not start over at once
        assert time.monotonic() - began > 4
    assert bpy.ops.lipsync.generate() == {"FINISHED"}


def test_backend_cannot_be_started(ready: "bpy.types.Object", tmp_path: Path) -> None:
    plain = tmp_path / "python"
    plain.write_text("no program")
    with preference(python=str(plain)):
        assert "The backend can't be started with" in _failure()
    with preference(python="/no/such/python"):
        assert "There is no Python at /no/such/python: choose another in the preferences" in _failure()


def test_unknown_identity_is_kept_but_refused(scene: "bpy.types.Scene", ready: "bpy.types.Object") -> None:
    scene.lipsync.identity_name = "Grandmother"
    assert scene.lipsync.identity == "Grandmother"
    assert 'no identity "Grandmother"' in _failure()
    scene.lipsync.identity = "auto"
    assert scene.lipsync.identity_name == "auto"


def test_second_generate_is_refused(ready: "bpy.types.Object") -> None:
    current = part("addon.generation.current_job").current
    current.job = _start()
    try:
        with pytest.raises(RuntimeError, match="A take is being generated"):
            bpy.ops.lipsync.generate()
        assert bpy.ops.lipsync.cancel() == {"FINISHED"} and current.job.cancelled
    finally:
        current.job = None


def test_no_face_is_refused(scene: "bpy.types.Scene", strip: "bpy.types.Strip") -> None:
    assert "Select a face" in _failure()
    add_mesh("Alien", ["Antenna"])
    assert "(it has Antenna" in _failure()


def test_partial_face_speaks(strip: "bpy.types.Strip") -> None:
    head = add_mesh("Head", ["JawOpen", "EyeBlink_L"])
    head.data.shape_keys.key_blocks["EyeBlink_L"].mute = True
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    action = head.data.shape_keys.animation_data.action
    assert list(part("addon.takes.take_store").all_takes()) == [action]


def test_face_of_visemes_speaks(strip: "bpy.types.Strip") -> None:
    names = [
        f"viseme_{name}"
        for name in ["sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U"]
    ]
    head = add_mesh("Head", names)
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    curves = read_action(head.data.shape_keys.animation_data.action)
    assert curves.keys() == {f'key_blocks["{name}"].value' for name in names}
    peak = {name: curves[f'key_blocks["{name}"].value'][:, 1].max() for name in names}
    # "Thank you very much for your help, and the boy next door threw away a very strange photograph!"
    assert all(peak[f"viseme_{name}"] > 0.3 for name in ("sil", "PP", "FF", "aa", "I", "O", "U"))


def test_long_names_fit(scene: "bpy.types.Scene", face: "bpy.types.Object", speech: Path) -> None:
    add_strip(scene, speech).name = "\u00e4" * 30
    bpy.ops.lipsync.generate()
    bpy.ops.lipsync.generate()
    names = sorted(action.name for action in bpy.data.actions)
    assert [name[-9:] for name in names] == [" take 001", " take 002"]


def test_nothing_heavy_is_imported_by_blender(extension: Path) -> None:
    loaded = {name for name in sys.modules if name.startswith(PACKAGE)}
    assert f"{PACKAGE}.addon" in loaded and f"{PACKAGE}.backend.ipc.server" not in loaded
    assert not os.path.exists(extension / "backend" / "__pycache__" / "service.cpython-311.pyc")


def test_python_beside_blender_is_found(extension: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = part("addon.generation.backend_process")
    assert backend.own_python() == sys.executable
    monkeypatch.setattr(sys, "executable", "/opt/blender/blender")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert backend.own_python() == "" and "has no Python" in str(backend.disabled_reason(""))
    python = tmp_path / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    python.parent.mkdir()
    python.touch()
    assert backend.own_python() == str(python)


def test_refused_assignment_changes_nothing(ready: "bpy.types.Object", monkeypatch: pytest.MonkeyPatch) -> None:
    keys = part("addon.keyframes.face_action")
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    job = _start()
    _finish(job)
    before, assign, calls = snapshot(), keys._assign, []

    def refuse_the_third(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 3:
            raise AttributeError("read-only")
        assign(*arguments)

    monkeypatch.setattr(keys, "_assign", refuse_the_third)
    with pytest.raises(AttributeError, match="read-only"):
        job.apply()
    assert snapshot() == before
