"""A few seconds of speech-like sound with faces, in BEAT's exact layout, made on the spot."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.arkit import BEAT


def _write_take(folder: Path, name: str, seconds: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * 16000)) / 16000
    envelope = np.clip(np.sin(2 * np.pi * 2.0 * time + seed), 0, 1)
    sound = 0.2 * envelope * np.sin(2 * np.pi * (110 + 20 * (seed % 4)) * time) + 0.003 * rng.standard_normal(len(time))
    soundfile.write(folder / f"{name}.wav", sound.astype(np.float32), 16000)
    stamps = np.arange(1, int(seconds * 60) + 1) / 60
    weights = np.zeros((len(stamps), 51))
    weights[:, BEAT.index("jawOpen")] = 0.6 * np.clip(np.sin(2 * np.pi * 2.0 * stamps + seed), 0, 1)
    weights[:, BEAT.index("browInnerUp")] = 0.3 + 0.2 * np.sin(stamps + rng.uniform(0, 6))
    frames = [{"weights": row.round(4).tolist(), "time": float(t), "rotation": [0, 0, 0, 0]} for row, t in zip(weights, stamps, strict=True)]
    (folder / f"{name}.json").write_text(json.dumps({"names": list(BEAT), "frames": frames}))


@pytest.fixture(scope="session")
def beat_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two speakers, neutral and happy, three takes of 5 s each."""
    root = tmp_path_factory.mktemp("beat")
    for speaker, name in ((1, "wayne"), (2, "scott")):
        folder = root / str(speaker)
        folder.mkdir()
        for take, number in enumerate((1, 2, 3, 65)):
            _write_take(folder, f"{speaker}_{name}_0_{number}_{number}", 5.0, 10 * speaker + take)
    return root


@pytest.fixture(autouse=True)
def _any_precision() -> Iterator[None]:
    """accelerate keeps one precision a process; here every test may have its own."""
    yield
    if "accelerate.state" in sys.modules:
        sys.modules["accelerate.state"].AcceleratorState._reset_state()
