"""From the installed zip to keys on a face, compared frame by frame with the backend's command line."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import bpy
import numpy as np
import pytest
from helpers import IS_UNIVERSAL, PACKAGE, add_strip, fcurves, meshes, part, read_action, snapshot

from backend.arkit import CHANNELS, HEAD
from backend.curve_files import read

FPS = {"24": (24, 1.0), "25": (25, 1.0), "29.97": (30, 1.001), "30": (30, 1.0), "60": (60, 1.0)}


def _csv(extension: Path, folder: Path, file: Path, *options: object) -> np.ndarray:
    """Return the values (frames, 52) that the backend's command line writes."""
    out = folder / "take.csv"
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(extension), *part("addon.generation.backend_process").site_dirs()])
    }
    command = [sys.executable, "-m", "backend", "generate", str(file), "--out", str(out), *map(str, options)]
    subprocess.run(command, check=True, env=environment, cwd=folder, timeout=120)
    curves = read(out)
    assert curves.names == CHANNELS
    return curves.values


def _trim(strip: "bpy.types.Strip", start: int, end: int) -> tuple[int, int]:
    """Cut frames off a strip's start and end. Returns (first frame, number of frames) of the rest."""
    if bpy.app.version >= (5, 1):
        strip.left_handle += start
        strip.right_handle -= end
        return strip.left_handle, strip.right_handle - strip.left_handle
    strip.frame_final_start += start
    strip.frame_final_end -= end
    return strip.frame_final_start, strip.frame_final_end - strip.frame_final_start


@pytest.mark.parametrize("fps", FPS)
def test_keys_match_the_backends_curves(
    fps: str, extension: Path, scene: "bpy.types.Scene", face: "bpy.types.Object", speech: Path, tmp_path: Path
) -> None:
    scene.render.fps, scene.render.fps_base = FPS[fps]
    rate = scene.render.fps / scene.render.fps_base
    strip = add_strip(scene, speech, frame=11)
    first, count = _trim(strip, 17, 9)
    assert first == 28
    scene.lipsync.emotion = "happiness"
    scene.lipsync.seed = 5
    scene.lipsync.key_density = "DENSE"
    assert bpy.ops.lipsync.generate() == {"FINISHED"}

    start, end = 17 / rate, (17 + count) / rate
    options = ("--emotion", "happiness", "--seed", 5, "--fps", repr(rate), "--start", repr(start), "--end", repr(end))
    expected = _csv(extension, tmp_path, speech, *options)
    assert len(expected) == count
    written = 2e-6  # the file has six decimals, and Blender's keys are float32
    # On this face a closure of the lips asks for a little more than on ARKit's, and its lids may meet earlier.
    shown = part("addon.rig.face_rig").read_face(face)
    made = part("addon.rig.lid_contact").reach_lids(shown, part("backend.curves.base").Curves(CHANNELS, expected, rate))
    expected = part("addon.rig.lip_contact").reach_contact(shown, made).values
    curves = read_action(face.data.shape_keys.animation_data.action)
    assert set(curves) == {f'key_blocks["{name}"].value' for name in CHANNELS + HEAD}  # this face has a head bone
    for index, name in enumerate(CHANNELS):
        keys = curves[f'key_blocks["{name}"].value']
        assert (keys[:, 0] == np.arange(first, first + count)).all()
        np.testing.assert_allclose(keys[:, 1], expected[:, index], atol=written)
    scene.frame_set(first + count // 2)
    np.testing.assert_allclose(
        [face.data.shape_keys.key_blocks[name].value for name in CHANNELS], expected[count // 2], atol=written
    )


def test_simplified_keys_stay_within_the_tolerance(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip"
) -> None:
    actions = []
    for density in ("SIMPLIFIED", "DENSE"):
        scene.lipsync.key_density = density
        assert bpy.ops.lipsync.generate() == {"FINISHED"}
        actions.append(face.data.shape_keys.animation_data.action)
    simplified, dense = map(fcurves, actions)
    assert sum(len(curve.keyframe_points) for curve in simplified.values()) * 5 <= sum(
        len(c.keyframe_points) for c in dense.values()
    )
    for path, curve in dense.items():
        assert (
            max(abs(simplified[path].evaluate(point.co.x) - point.co.y) for point in curve.keyframe_points)
            <= scene.lipsync.key_tolerance
        )


def test_sample_face_is_at_rest(face: "bpy.types.Object") -> None:
    blocks = [block for ob in meshes(face) if ob.data.shape_keys for block in ob.data.shape_keys.key_blocks[1:]]
    assert len(blocks) >= 52 and {block.value for block in blocks} == {0.0}


def test_one_action_moves_all_meshes(face: "bpy.types.Object", strip: "bpy.types.Strip") -> None:
    hand_made = bpy.data.actions.new("Hand Made")
    face.data.shape_keys.animation_data_create().action = hand_made
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    keys = [ob.data.shape_keys for ob in meshes(face) if ob.data.shape_keys]
    assert len(keys) > 3
    (action,) = {key.animation_data.action for key in keys}
    assert action.name.startswith("Hello There ") and action.name.endswith(" take 001") and action.use_fake_user
    assert bpy.data.actions["Hand Made"].use_fake_user
    if hasattr(action, "slots"):
        assert len(action.slots) == 1 and set(action.slots[0].users()) == set(keys)


def test_takes_are_distinguishable(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip"
) -> None:
    for _ in range(2):
        assert bpy.ops.lipsync.generate() == {"FINISHED"}
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    takes = part("addon.takes.take_store")
    first, again, other = sorted(takes.all_takes(), key=lambda action: action.name)
    assert [action.name[-3:] for action in (first, again, other)] == ["001", "002", "003"]
    assert [takes.read_info(action).performance.seed for action in (first, again, other)] == [
        0,
        0,
        1,
    ] and scene.lipsync.seed == 1
    curves = [read_action(action) for action in (first, again, other)]
    assert all((curves[0][path] == curves[1][path]).all() for path in curves[0])
    assert any(not np.array_equal(curves[0][path], curves[2][path]) for path in curves[0])

    info = takes.read_info(other)
    model = part("backend.model_folder").read_card(part("addon.generation.model_info").OWN)
    assert (
        info.performance.identity in {entry.name for entry in model.identities}
        and info.performance.emotion in model.emotions
    )
    assert info.model_sha256 == model.sha256 and len(info.audio_sha256) == 64
    assert (info.strip, info.start, info.first_frame, info.performance.fps) == ("Hello There", 0.0, 11, 24.0)

    assert bpy.data.actions[scene.lipsync.take] == other
    scene.lipsync.take = bpy.data.actions.find(first.name)  # a click on its row
    assert {ob.data.shape_keys.animation_data.action for ob in meshes(face) if ob.data.shape_keys} == {first}
    assert bpy.ops.lipsync.take_assign(take=again.name) == {"FINISHED"}
    assert bpy.data.actions[scene.lipsync.take] == again


def test_takes_survive_the_file(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip", tmp_path: Path
) -> None:
    bpy.ops.lipsync.generate()
    bpy.ops.lipsync.resample()
    takes = part("addon.takes.take_store")
    before = {action.name: (takes.read_info(action), read_action(action)) for action in takes.all_takes()}
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    after = {action.name: (takes.read_info(action), read_action(action)) for action in takes.all_takes()}
    assert before.keys() == after.keys() and len(after) == 2
    for name, (info, curves) in before.items():
        assert after[name][0] == info
        assert all((after[name][1][path] == keys).all() for path, keys in curves.items())


def test_generate_works_after_backend_kill(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip"
) -> None:
    job, generate = part("addon.generation.job"), part("addon.operators.generate")
    backend = part("addon.generation.backend_process").process
    before = snapshot()
    running = job.Job(generate.make_request(bpy.context))
    deadline = time.monotonic() + 30
    while backend._client is None and time.monotonic() < deadline:
        running.pump(0.01)
    backend._client._process.send_signal(signal.SIGKILL)
    with pytest.raises(job.JobError, match="killed by signal 9"):
        while not running.pump(0.1):
            assert time.monotonic() < deadline
    assert snapshot() == before
    assert bpy.ops.lipsync.generate() == {"FINISHED"}


def test_backend_ends_with_the_addon(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip"
) -> None:
    bpy.ops.lipsync.generate()
    backend = part("addon.generation.backend_process").process
    process, folder = backend._client._process, backend.folder()
    assert process.poll() is None
    bpy.ops.preferences.addon_disable(module=PACKAGE)
    assert process.poll() == 0 and not folder.exists()
    assert not hasattr(bpy.types.Scene, "lipsync")
    bpy.ops.preferences.addon_enable(module=PACKAGE)
    assert hasattr(bpy.types.Scene, "lipsync")


@pytest.mark.skipif(bpy.app.version < (5, 1), reason="comes with Blender 5.1")
def test_backend_ends_before_blender(face: "bpy.types.Object", strip: "bpy.types.Strip") -> None:
    bpy.ops.lipsync.generate()
    process = part("addon.generation.backend_process").process._client._process
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)  # which drops the handlers of a file
    (close,) = [
        handler
        for handler in bpy.app.handlers.exit_pre
        if handler.__module__ == part("addon.generation.current_job").__name__
    ]
    close(None)
    assert process.poll() == 0


@pytest.mark.skipif(IS_UNIVERSAL, reason="the universal zip has none")
def test_packages_come_with_the_zip(extension: Path) -> None:
    """A child process that looks only in the extension's folders finds all packages."""
    site = (
        extension.parents[1]
        / ".local"
        / "lib"
        / f"python{sys.version_info.major}.{sys.version_info.minor}"
        / "site-packages"
    )
    numpy = importlib.util.find_spec("numpy")
    assert numpy and numpy.origin
    code = f"""
import sys
class OnlyNumpy:
    def find_spec(self, name, path=None, target=None):
        if path is None and name in ("numpy", "numpy.libs"):
            from importlib.machinery import PathFinder
            return PathFinder.find_spec(name, [{str(Path(numpy.origin).parents[1])!r}])
sys.path.insert(0, {str(site)!r})
sys.meta_path.append(OnlyNumpy())
import onnxruntime, soundfile, soxr
assert all(module.__file__.startswith({str(site)!r}) for module in (onnxruntime, soundfile, soxr))
"""
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, timeout=60)
