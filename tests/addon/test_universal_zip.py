"""The universal zip speaks with nothing but numpy beside it, as in a Blender that anyone downloads."""

import os
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest
import soundfile
from helpers import add_strip, part, preference, read_action

# RMS, of a shape key's range. A WAV is resampled by another, and an Ogg is decoded by Blender, to 48 kHz and 16 bits.
CURVE_TOLERANCE = {"speech.wav": 1e-3, "speech.ogg": 0.02}


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a Python that has only numpy."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = [*folder.glob("lib/python3*/site-packages"), *folder.glob("Lib/site-packages")]
    for found in Path(np.__file__).parents[1].glob("numpy*"):
        (packages / found.name).symlink_to(found)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    code = "import numpy, importlib.util as u; print([u.find_spec(n) for n in ('onnxruntime', 'soundfile', 'soxr')])"
    done = subprocess.run([python, "-I", "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[None, None, None]"
    return str(python)


def _keys(face: "bpy.types.Object") -> dict[str, np.ndarray]:
    return read_action(face.data.shape_keys.animation_data.action)


@pytest.mark.skipif(os.name == "nt", reason="Windows allows links to administrators only")
@pytest.mark.parametrize("name", ["speech.wav", "speech.ogg"])
def test_speaks_with_numpy_alone(
    scene: "bpy.types.Scene", face: "bpy.types.Object", speech: Path, tmp_path: Path, name: str, bare_python: str
) -> None:
    samples, rate = soundfile.read(speech)
    soundfile.write(tmp_path / name, samples[: 4 * rate], rate)
    scene.lipsync.key_density = "DENSE"
    scene.lipsync.identity, scene.lipsync.emotion = "Ada", "neutral"  # two decoders may tip a close match
    add_strip(scene, tmp_path / name)
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    expected = _keys(face)
    backend = part("addon.generation.backend_process").process
    assert backend.log and "isn't used" not in backend.log.read_text()  # ONNX Runtime is beside this Blender
    with preference(python=bare_python):
        assert bpy.ops.lipsync.generate() == {"FINISHED"}
        found = _keys(face)
        assert backend.log and "ONNX Runtime isn't used" in backend.log.read_text()
    backend.restart()
    assert found.keys() == expected.keys()
    for path, keys in found.items():
        assert keys.shape == expected[path].shape
        if "eyeBlink" in path or "eyeWide" in path:  # Full Blinks draws a blink whole, at this frame or at the next
            continue
        assert np.sqrt(np.mean((keys[:, 1] - expected[path][:, 1]) ** 2)) < CURVE_TOLERANCE[name], path
