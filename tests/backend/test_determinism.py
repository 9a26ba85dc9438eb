"""Same in, same out: one request gives the same bytes whatever came before it, in whichever process.

With another number of threads it gives the same curves. test_generator.py has it for two takes in a row, test_runtimes.py for torch
against onnx: 1e-4.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import real_backend
import soundfile

from backend.__main__ import DEFAULT_MODEL
from backend.arkit import CHANNELS
from backend.audio import read_clip
from backend.curve_files import read
from backend.inference.generator import generate, load_model
from backend.ipc.client import Client
from backend.ipc.protocol import Cancel, Error, Generate
from backend.performance import EmotionKey, Performance, Take
from tests.soak import Soak

# Of curves: other threads and windows sum in another order, and half precision rounds what the decoder hears from that.
OTHER_THREADS = 2e-4
PINNED = real_backend.REPOSITORY / "tests" / "data" / "pinned.json"

pytestmark = pytest.mark.skipif(not (DEFAULT_MODEL / "model.json").exists(), reason="backend/model holds no model")


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """66 s of speech: several windows to hear and to perform."""
    path = tmp_path_factory.mktemp("long") / "a.flac"
    samples = np.tile(read_clip(real_backend.SPEECH).samples, 8)
    soundfile.write(path, samples[: 66 * 16000], 16000)
    return path


def _kept(seconds: float, fps: float) -> np.ndarray:
    """Locks: half of the channels on a third of the frames."""
    kept = np.full((round(seconds * fps), len(CHANNELS)), np.nan, np.float32)
    kept[: len(kept) // 3, ::2] = 0.3
    return kept


@pytest.fixture(scope="module")
def requests(long: Path) -> dict[str, Generate]:
    speech = str(real_backend.SPEECH)
    return {
        "short": Generate(0, speech, 1.0, 1.5, performance=Performance(seed=2**40)),
        "whole": Generate(
            0, speech, performance=Performance(count=2, fps=24.0, identity="Otto", emotion="anger", intensity=1.4)
        ),
        "moods": Generate(
            0,
            speech,
            1.0,
            6.0,
            performance=Performance(
                fps=60.0, emotion_keys=(EmotionKey(0.0, "happiness", 1.0), EmotionKey(3.0, "auto", 0.5))
            ),
        ),
        "locked": Generate(0, speech, 2.0, 5.0, performance=Performance(seed=3, locked=_kept(3, 30))),
        "long": Generate(0, str(long), performance=Performance(seed=7, fps=29.97)),
    }


class Asker:
    """Numbers the requests of a process."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.number = 0

    def ask(self, request: Generate) -> list[Take]:
        self.number += 1
        takes = real_backend.answer(self.client, replace(request, id=self.number))
        assert not isinstance(takes, Error), takes
        return takes

    def disturb(self, requests: list[Generate], chance: random.Random) -> None:
        """Something that comes between: another job, a cancelled one, a failed one."""
        self.number += 1
        job = self.number
        other = replace(chance.choice(requests), id=job)
        other = _asking(other, seed=chance.randrange(100), count=chance.randrange(1, 4))
        match chance.randrange(3):
            case 0:
                real_backend.answer(self.client, other)
            case 1:
                self.client.send(_asking(other, count=100))
                self.client.poll(chance.random() * 0.3)
                self.number += 1
                self.client.send(Cancel(self.number, job))
                real_backend.rest(self.client, job)
            case _:
                assert isinstance(real_backend.answer(self.client, replace(other, file="none.wav")), Error)


def _asking(request: Generate, **changes: Any) -> Generate:
    return replace(request, performance=replace(request.performance, **changes))


def _bytes(takes: list[Take]) -> list[tuple]:
    """All of the takes but the job's number."""
    return [
        (*(value for name, value in vars(take).items() if name != "curves"), take.curves.values.tobytes())
        for take in takes
    ]


@pytest.fixture(scope="module")
def first(requests: dict[str, Generate], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple]]:
    """What a new process answers to each, at once."""
    answers = {}
    for what, request in requests.items():
        client = real_backend.start(tmp_path_factory.mktemp("first"))
        answers[what] = _bytes(Asker(client).ask(request))
        client.stop()
    return answers


def test_earlier_jobs_change_nothing(
    soak: Soak, requests: dict[str, Generate], first: dict[str, list[tuple]], tmp_path: Path
) -> None:
    """Another job, a cancelled or a failed one, or a restart."""
    asker = Asker(real_backend.start(tmp_path))
    try:
        for n in soak.times(quick=10, long=300):
            chance = random.Random(n)
            what = list(requests)[n % len(requests)]
            with soak.trial("requests that were made again, after others or in a new process: same bytes"):
                if chance.random() < 0.2:
                    asker.client.stop()
                    asker = Asker(real_backend.start(tmp_path))
                else:
                    asker.disturb(list(requests.values()), chance)
                assert _bytes(asker.ask(requests[what])) == first[what], (n, what)
    finally:
        asker.client.stop()


@pytest.mark.parametrize("file", ["speech", "long"])
def test_thread_count_changes_nothing(file: str, long: Path) -> None:
    samples = read_clip(long if file == "long" else real_backend.SPEECH).samples

    def face(threads: int) -> np.ndarray:
        model = load_model(DEFAULT_MODEL, threads=threads)
        return next(
            generate(
                model,
                samples,
                Performance(seed=1),
                lambda stage, fraction: None,
            )
        ).curves.values

    two = face(2)
    assert face(2).tobytes() == two.tobytes()
    for threads in (1, 3, 4, 8):
        np.testing.assert_allclose(face(threads), two, atol=OTHER_THREADS, rtol=0, err_msg=str(threads))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system doesn't let a process have fewer cores")
def test_single_core_changes_nothing(requests: dict[str, Generate], tmp_path: Path) -> None:
    def takes(cores: set[int], folder: str) -> dict[str, np.ndarray]:
        mine = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores)
        try:
            client = real_backend.start(tmp_path / folder)  # which has the cores of its parent
        finally:
            os.sched_setaffinity(0, mine)
        asker = Asker(client)
        values = {what: asker.ask(request)[0].curves.values for what, request in requests.items()}
        client.stop()
        return values

    all_cores = os.sched_getaffinity(0)
    one, all_of_them = takes({min(all_cores)}, "one"), takes(all_cores, "all")
    for what in requests:
        np.testing.assert_allclose(one[what], all_of_them[what], atol=OTHER_THREADS, rtol=0, err_msg=what)


def test_command_line_gives_same_take(
    requests: dict[str, Generate], first: dict[str, list[tuple]], tmp_path: Path
) -> None:
    request, out = requests["short"], tmp_path / "a.npz"
    options = ("--start", "1", "--end", "1.5", "--seed", str(request.performance.seed), "--out", str(out))
    as_generated = ("--no-full-blinks", "--no-eye-darts")
    subprocess.run(
        [sys.executable, "-m", "backend", "generate", request.file, *options, *as_generated],
        cwd=real_backend.REPOSITORY,
        check=True,
        capture_output=True,
    )
    assert read(out).values.tobytes() == first["short"][0][-1]


def test_file_name_changes_nothing(
    requests: dict[str, Generate], first: dict[str, list[tuple]], tmp_path: Path
) -> None:
    """Neither a file's name, folder and date nor the model's folder are in a take."""
    sound, model = tmp_path / "😀.sound", tmp_path / "other model"
    shutil.copyfile(real_backend.SPEECH, sound)
    os.utime(sound, (0, 0))
    shutil.copytree(DEFAULT_MODEL, model)
    samples = read_clip(sound, 1.0, 1.5).samples
    performance = Performance(seed=requests["short"].performance.seed)
    take = next(generate(load_model(model), samples, performance, lambda stage, fraction: None))
    assert take.curves.values.tobytes() == first["short"][0][-1]


def test_output_matches_the_recorded_one(tmp_path: Path) -> None:
    """Mean and deviation of each channel, and the jaw in time, within .001: a change of a library, the sampler or the sound's way in shows.

    Where a change is meant (another model), delete the file and run this: it is written anew, for you to look at.
    """
    client = real_backend.start(tmp_path)
    take = real_backend.take(client, Generate(1, str(real_backend.SPEECH), performance=Performance()))
    client.stop()
    made = {
        "identity": take.identity,
        "emotion": take.emotion,
        "frames": len(take.curves.values),
        "mean": dict(
            zip(take.curves.names, take.curves.values.mean(axis=0, dtype=float).round(4).tolist(), strict=True)
        ),
        "deviation": dict(
            zip(take.curves.names, take.curves.values.std(axis=0, dtype=float).round(4).tolist(), strict=True)
        ),
        "jawOpen": take.curves.values[::5, take.curves.names.index("jawOpen")].astype(float).round(4).tolist(),
    }
    if not PINNED.exists():
        PINNED.write_text(json.dumps(made, indent=1) + "\n")
        pytest.fail(f"There was no {PINNED.name}: look at what was written")
    pinned = json.loads(PINNED.read_text())
    for what in ("identity", "emotion", "frames"):
        assert made[what] == pinned[what]
    for what in ("mean", "deviation", "jawOpen"):
        assert made[what] == pytest.approx(pinned[what], abs=1e-3)
