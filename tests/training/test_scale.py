"""A run is the same on one process or many, in one piece or in micro batches; on the GPU nothing is left on the CPU; memory stays small."""

import json
import os
import subprocess
import sys
import tracemalloc
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from backend import features
from backend.arkit import CHANNELS, EMOTIONS
from tests.training.tiny import TINY
from training.data.prepared import FACES, FEATURES, MEL, SCHEMA, Batch, Prepared, batches, load_prepared
from training.data.splits import Recorded
from training.model.checkpoint import load_model, load_run
from training.model.config import LossWeights, ModelConfig, TrainConfig
from training.model.diffusion import Standardizer, fit_standardizer, make_schedule
from training.model.network import StudentEncoder, Talker
from training.train import augment
from training.train.batch_rng import make_batch_rng
from training.train.distill import DistillObjective, Teacher, distill_round
from training.train.loop import rows_of_process
from training.train.student_encoder import StudentEncoderObjective, train_student_encoder
from training.train.teacher import TeacherObjective, train_teacher

# No L_pc: it compares the clips of a micro batch with each other, so it alone does depend on how a batch is cut.
FEW = TrainConfig(iterations=5, batch=4, seconds=2.0, warmup=1, save_every=5, weights=LossWeights(distil=1.0, ae=0.3))
# Of what Adam can have moved a weight. Summed in another order, gradients of float32 (2^-24 = 6e-8 of each term) give 1e-5 of it,
# whatever the processor; other rows give 0.4. bf16 rounds each term to 2^-9 = 2e-3, which gives 0.02.
SUMMATION_ORDER = 1e-3
BF16_ROUNDING = 0.1


def _write_index(folder: Path, takes: int, length: int) -> int:
    """An index of takes of `length` tenths of a second by two speakers; returns all tenths."""
    names = ("scott", "wayne")
    rows = [
        Recorded(f"{i}", i % 2, names[i % 2], EMOTIONS[i % 3], 0, i, 0, i * length, length, 0.0, None, None, None, 0.0)
        for i in range(takes)
    ]
    index = {"schema": SCHEMA, "recordings": [asdict(row) for row in rows], "identities": names, "descriptions": {}}
    (folder / "index.json").write_text(json.dumps({**index, "held_out": [], "left_out": [], "notes": {}}))
    return takes * length


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("prepared")
    tenths, rng = _write_index(folder, 6, 40), np.random.default_rng(0)
    rng.random((tenths * FACES, len(CHANNELS))).astype(np.float16).tofile(folder / "faces.f16")
    rng.standard_normal((tenths * FEATURES, TINY.features)).astype(np.float16).tofile(folder / "features.f16")
    rng.standard_normal((tenths * MEL, features.BANDS)).astype(np.float16).tofile(folder / "mel.f16")
    return load_prepared(folder)


@pytest.fixture(scope="module")
def teacher(data: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "teacher"
    train_teacher(data, folder, TINY, FEW)
    return folder


@pytest.fixture(scope="module")
def student_encoder(data: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "ear"
    train_student_encoder(data, folder, TINY, FEW)
    return folder


@pytest.fixture(scope="module")
def whole(data: Prepared, teacher: Path, student_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student by one process with batches of 4: what other ways to go about it must arrive at."""
    folder = tmp_path_factory.mktemp("models") / "whole"
    distill_round(data, teacher, folder, FEW, student_encoder)
    return folder


def _difference(one: Path, other: Path) -> float:
    """How far apart two runs' weights are, as trained and averaged: the root mean square, relative to how far Adam can have moved each.

    The mean and not the largest: a weight whose gradient nearly cancels moves by what rounding leaves of it. Without the bias of
    attention's keys, where softmax has no gradient at all.
    """
    a, b = load_run(one / "run.pt"), load_run(other / "run.pt")
    assert a is not None and b is not None
    means = []
    for part in ("modules", "average"):
        apart = {name: (a[part][name] - b[part][name]).double().flatten() for name in a[part]}
        for name in apart:
            if name.endswith("attend.in_proj_bias"):
                apart[name] = apart[name].view(3, -1)[[0, 2]].flatten()
        means.append(float(torch.cat([*apart.values()]).square().mean().sqrt()))
    return max(means) / (FEW.iterations * FEW.learning_rate)


def test_two_processes_train_like_one(
    data: Prepared, teacher: Path, student_encoder: Path, whole: Path, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"distill": asdict(replace(FEW, batch=2))}))
    launch = [
        sys.executable,
        "-m",
        "accelerate.commands.launch",
        "--multi_gpu",
        "--num_processes=2",
        "--main_process_port=0",
        "-m",
        "training",
    ]
    stage = [
        "distill",
        data.folder,
        teacher,
        tmp_path / "two",
        "--ear",
        student_encoder,
        "--config",
        tmp_path / "config.json",
    ]
    env = os.environ | {
        "ACCELERATE_USE_CPU": "true",
        "OMP_NUM_THREADS": "1",
        "GLOO_SOCKET_IFNAME": "lo" if sys.platform == "linux" else "lo0",
    }
    done = subprocess.run(
        [*launch, *map(str, stage)], check=False, cwd=Path(__file__).parents[2], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert _difference(tmp_path / "two", whole) < SUMMATION_ORDER
    logs = [
        json.loads((folder / "log.jsonl").read_text()) for folder in (tmp_path / "two", whole)
    ]  # one line: one process writes
    assert logs[0] == pytest.approx(logs[1], rel=1e-4)  # of losses of about 1, in float32


def test_micro_batches_add_up(
    data: Prepared, teacher: Path, student_encoder: Path, whole: Path, tmp_path: Path
) -> None:
    distill_round(data, teacher, tmp_path / "micro", replace(FEW, batch=2, accumulate=2), student_encoder)
    assert _difference(tmp_path / "micro", whole) < SUMMATION_ORDER
    distill_round(data, teacher, tmp_path / "other", replace(FEW, seed=2), student_encoder)
    assert _difference(tmp_path / "other", whole) > BF16_ROUNDING


def test_processes_share_the_rows() -> None:
    config = TrainConfig(batch=3, accumulate=2)
    assert [row for process in range(4) for rows in rows_of_process(config, process) for row in rows] == list(range(24))


def test_bf16_differs_by_rounding_only(data: Prepared, teacher: Path, tmp_path: Path) -> None:
    train_teacher(data, tmp_path / "half", TINY, replace(FEW, precision="bf16"))
    assert SUMMATION_ORDER < _difference(tmp_path / "half", teacher) < BF16_ROUNDING
    assert load_model(tmp_path / "half")[0].condition.weight.dtype == torch.float32


@pytest.mark.skipif(torch.cuda.is_available(), reason="fp16 runs here")
def test_fp16_is_refused_without_a_gpu(data: Prepared, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="fp16 needs a GPU"):
        train_teacher(data, tmp_path / "half", TINY, replace(FEW, precision="fp16"))


def test_tensorboard_equals_the_log(whole: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    charts = EventAccumulator(str(whole / "logs")).Reload()
    last = json.loads((whole / "log.jsonl").read_text())
    assert {name: charts.Scalars(name)[0].value for name in charts.Tags()["scalars"]} == pytest.approx(
        {name: value for name, value in last.items() if name != "iteration"}
    )
    assert last["iteration"] == charts.Scalars("distil")[0].step == FEW.iterations


def test_only_the_student_is_saved(whole: Path) -> None:
    state = load_run(whole / "run.pt")
    assert state is not None and {name.split(".")[0] for name in state["modules"]} == {"talker", "student_encoder"}
    assert {name.name for name in whole.iterdir()} == {
        "run.pt",
        "log.jsonl",
        "logs",
        "weights.safetensors",
        "model.json",
    }


def _batch(rows: int) -> Batch:
    faces, audio, mel = (
        torch.rand(rows, 60, len(CHANNELS)),
        torch.randn(rows, 100, TINY.features),
        torch.randn(rows, 200, features.BANDS),
    )
    return Batch(faces, audio, mel, torch.arange(rows) % 2, torch.arange(rows) % 8, torch.arange(rows) % 2)


def _objectives(model: ModelConfig) -> list[nn.Module]:
    """Every stage's objective."""
    standardizer = Standardizer(torch.zeros(len(CHANNELS)), torch.ones(len(CHANNELS)))
    schedule = make_schedule(model.steps)
    large, small = (
        Teacher(Talker(model, 2, 8), None, schedule, 1, 2),
        Teacher(Talker(model, 2, 8), StudentEncoder(model), schedule, 2, 2),
    )
    return [
        TeacherObjective(Talker(model, 2, 8), standardizer, schedule, FEW),
        StudentEncoderObjective(StudentEncoder(model), standardizer, FEW),
        DistillObjective(large, Talker(model, 2, 8), StudentEncoder(model), standardizer, FEW),
        DistillObjective(small, Talker(model, 2, 8), StudentEncoder(model), standardizer, FEW),
        DistillObjective(large, Talker(model, 2, 8), None, standardizer, FEW),
    ]


@pytest.mark.parametrize("personal", [True, False])
def test_losses_reach_every_trained_weight(personal: bool) -> None:
    """What training on many processes insists on, also in batches of which no clip is heard plain."""
    for objective in _objectives(replace(TINY, personal=personal)):
        for iteration in range(4):
            objective.zero_grad()
            torch.stack(
                list(objective(_batch(1), make_batch_rng(1, iteration, range(1), torch.device("cpu"))).values())
            ).sum().backward()
            assert not [name for name, p in objective.named_parameters() if p.requires_grad and p.grad is None]


def test_batch_rows_draw_independently() -> None:
    first, second = make_batch_rng(3, 7, range(2), torch.device("cpu")).uniform(5).tolist()
    windows = np.random.default_rng((3, 7)).random(5, np.float32).tolist()
    assert first != windows and second != windows and first != second
    assert make_batch_rng(3, 7, range(1, 2), torch.device("cpu")).uniform(5).tolist() == [second]


def test_augmentation_compresses_like_the_backend() -> None:
    power = np.array([0.0, 1e-9, 1e-4, 0.3], np.float32)
    # Two libraries' logarithms, in float32; compressed values are of the order of 1.
    np.testing.assert_allclose(augment.compress(torch.from_numpy(power)), features.compress(power), atol=1e-5)


def test_standardizer_covers_all_frames(data: Prepared) -> None:
    faces = np.concatenate(list(data.faces("train"))).astype(np.float64)
    standardizer = fit_standardizer(data.faces("train"))
    np.testing.assert_allclose(standardizer.mean, faces.mean(0), rtol=1e-5)
    np.testing.assert_allclose(standardizer.std, faces.std(0), rtol=1e-5)


def test_memory_does_not_grow_with_data(tmp_path: Path) -> None:
    """2 GB of takes, as files with holes: what a run reads of them at a time is a few MB."""
    tenths = _write_index(tmp_path, 3000, 320)
    for kind, width in (
        ("faces", FACES * len(CHANNELS)),
        ("features", FEATURES * TINY.features),
        ("mel", MEL * features.BANDS),
    ):
        with open(tmp_path / f"{kind}.f16", "wb") as file:
            file.truncate(tenths * width * 2)
    assert sum(path.stat().st_size for path in tmp_path.glob("*.f16")) > 2e9
    data = load_prepared(tmp_path)
    tracemalloc.start()
    try:
        fit_standardizer(data.faces("train"))
        stream = batches(data, "train", 64, 4.0, 1, 0, [range(16), range(16, 32)])
        for _ in range(20):
            next(stream)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
