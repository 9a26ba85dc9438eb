"""However long a clip, the process that makes its curves stays small."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.audio import read_clip

ROOT = Path(__file__).parents[2]
_MODULE = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
import numpy as np
from backend.__main__ import DEFAULT_MODEL
from backend.inference.generator import load_model
from backend.inference.generate_takes import generate_takes
from backend.ipc.protocol import TakeReady, write
from backend.performance import Performance

path, frames = Path(sys.argv[1]), int(sys.argv[2])
locked = np.full((frames, 52), np.nan, np.float32)
locked[:, ::4] = 0.1
model = load_model(DEFAULT_MODEL, sys.argv[3])
with open(path.with_suffix(".take"), "wb") as pipe:
    for take in generate_takes(model, path, Performance(locked=locked if frames else None)):
        write(pipe, TakeReady(1, 0, 1, take))
print(len(take.curves.values), next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="this system doesn't say how large a process was"
)


def _peak(folder: Path, minutes: int, locked: bool = False, runtime: str = "onnx") -> float:
    """MB that the backend takes for a clip, all in all."""
    path = folder / f"{minutes}.wav"
    speech = read_clip(ROOT / "tests/data/speech.ogg").samples
    with soundfile.SoundFile(path, "w", 16000, 1, "PCM_U8") as file:
        for _ in range(minutes):
            file.write(np.resize(speech, 60 * 16000))
    frames = minutes * 60 * 30
    done = subprocess.run(
        [sys.executable, "-c", _MODULE, str(path), str(frames if locked else 0), runtime],
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
    )
    made, kilobytes = map(int, done.stdout.split())
    assert made == frames
    assert path.with_suffix(".take").stat().st_size > 4 * 52 * frames
    return kilobytes / 1024


def test_memory_grows_slowly_with_length(tmp_path: Path) -> None:
    # 20 minutes are 77 MB of samples, 9 of what the decoder hears, 7 of curves
    assert _peak(tmp_path, 20) < _peak(tmp_path, 1) + 77


@pytest.mark.slow
def test_memory_grows_as_slowly_on_numpy(tmp_path: Path) -> None:
    assert _peak(tmp_path, 11, runtime="numpy") < _peak(tmp_path, 1, runtime="numpy") + 60


@pytest.mark.slow
@pytest.mark.parametrize(("locked", "limit"), [(False, 360), (True, 400)])  # 339 and 382 on two cores
def test_longest_clip_fits_in_memory(tmp_path: Path, locked: bool, limit: int) -> None:
    assert _peak(tmp_path, 120, locked) < limit
