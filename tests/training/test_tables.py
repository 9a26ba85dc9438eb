"""The whole of `evaluate` on tiny models: roles from what the folders say, tables, figures and pictures, and what it says of what isn't there."""

import csv
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from backend.arkit import CHANNELS, EMOTIONS
from tests.training.tiny import TINY
from training.__main__ import main
from training.data.prepared import FEATURES, Prepared, load_prepared, prepare
from training.encoders import Encoder
from training.evaluation.evaluate import Sources, evaluate
from training.evaluation.model_kind import describe_model
from training.evaluation.model_size import HUBERT_BASE, measure_size
from training.evaluation.sequences import SEEDS, Figure, measure_takes, measure_time
from training.evaluation.tables import cell, number
from training.model.checkpoint import save_model
from training.model.config import LossWeights, ModelConfig
from training.model.network import StudentEncoder, Talker
from training.model.pipeline import load_pipeline

FACEDIFFUSER = replace(TINY, steps=8, schedule="cosine", personal=False, hear_each_step=True)
DIRECT = replace(TINY, steps=8, schedule="cosine")

Folder = tuple[ModelConfig, int, bool, list[LossWeights]]  # stride, small encoder, losses by stage
FULL = LossWeights()
ROUND = LossWeights(exp=0.0, velocity=0.0, distil=1.0)  # as the distillation's default: no L_vel of its own
MODELS: dict[str, tuple[Folder, str]] = {
    "teacher": ((TINY, 1, False, [FULL]), "teacher"),
    "large8": ((TINY, 4, False, [FULL, ROUND]), "student"),
    "small8": ((TINY, 4, True, [FULL, ROUND]), "student"),
    "fd8": ((FACEDIFFUSER, 1, False, [FULL]), "FaceDiffuser"),
    "direct8": ((DIRECT, 1, False, [FULL]), "trained directly"),
    "nolip": ((TINY, 4, False, [replace(FULL, lip=0.0), replace(ROUND, lip=0.0)]), "student without L_lip"),
    "novel": ((TINY, 4, False, [replace(FULL, velocity=0.0), ROUND]), "student without L_vel"),
    "noid": ((replace(TINY, personal=False), 4, False, [FULL, ROUND]), "student without identity"),
}


def write(folder: Path, model: Folder) -> Path:
    config, stride, small, stages = model
    torch.manual_seed(1)
    kinds = ["train", *["distill"] * (len(stages) - 1)]
    meta = {
        "identities": ["scott", "wayne"],
        "emotions": list(EMOTIONS),
        "mean": [0.2] * 52,
        "deviation": [0.1] * 52,
        "start": [1.0] * 52,
        "split": "takes",
        "history": [{"stage": kind, "seed": 7, "weights": asdict(w)} for kind, w in zip(kinds, stages, strict=True)],
    }
    save_model(folder, Talker(config, 2, len(EMOTIONS)), StudentEncoder(config) if small else None, stride, meta)
    return folder


@pytest.fixture(scope="module")
def data(beat_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("performed")
    tenths = sum(take.length for take in prepare(beat_folder, folder, held_out={2}).recordings)
    np.random.default_rng(0).standard_normal((tenths * FEATURES, TINY.features)).astype(np.float16).tofile(
        folder / "features.f16"
    )
    return load_prepared(folder)


def test_model_kind_follows_its_folder(tmp_path: Path) -> None:
    for name, (model, role) in MODELS.items():
        assert describe_model(write(tmp_path / name, model), model[2]).role == role, name


def test_itf_counts_encoder_once_per_step(tmp_path: Path) -> None:
    heard: list[int] = []

    def listen(samples: np.ndarray) -> np.ndarray:
        heard.append(len(samples))
        return np.ones((len(samples) // 320, 24), np.float32)

    for name, expected in (("teacher", 1 + 5), ("fd8", 1 + 5 * 8)):  # once to warm up, then five runs
        heard.clear()
        figure = measure_time(load_pipeline(write(tmp_path / name, MODELS[name][0])), listen, 1.0)
        assert heard == [16000] * expected and figure.n == 5 and figure.value > 0


def test_sizes_count_inference_parameters(tmp_path: Path) -> None:
    small = load_pipeline(write(tmp_path / "small8", MODELS["small8"][0]))
    everything = sum(
        p.numel() for module in (small.talker, small.student_encoder) if module is not None for p in module.parameters()
    )
    assert measure_size(small, None).total == everything
    large = load_pipeline(write(tmp_path / "large8", MODELS["large8"][0]))
    assert measure_size(large, None).total is None
    assert (
        measure_size(large, Encoder("made up", 24, 1000, lambda samples: samples)).total
        == 1000 + measure_size(large, None).talker
    )
    baseline = load_pipeline(write(tmp_path / "fd8", MODELS["fd8"][0]))
    assert measure_size(baseline, None).personalizer == 0


def rows_of(text: str, title: str) -> dict[str, list[str]]:
    """A Markdown table's rows by their first cell."""
    block = text.split(f"## {title}")[1].split("\n## ")[0]
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in block.splitlines() if line.startswith("|")]
    return {row[0]: row[1:] for row in cells}


def test_evaluation_writes_measured_figures(data: Prepared, tmp_path: Path) -> None:
    folders = [write(tmp_path / name, model) for name, (model, _) in MODELS.items()]
    np.savez(
        tmp_path / "head.npz",
        names=CHANNELS,
        deltas=np.random.default_rng(1).standard_normal((52, 5, 3)),
        lips=[0, 1],
        upper=[2, 3, 4],
    )
    options = ["--head", str(tmp_path / "head.npz"), "--zero-shot", str(data.folder), "--limit", "2"]
    assert (
        main(["evaluate", *map(str, folders), "--prepared", str(data.folder), "--out", str(tmp_path / "out"), *options])
        == 0
    )
    out = tmp_path / "out"
    assert {path.name for path in out.iterdir()} == {
        "tables.md",
        "figures.csv",
        "steps.png",
    }  # no take is 10 s long: no curves to show
    text = (out / "tables.md").read_text()
    measured = measure_takes(load_pipeline(tmp_path / "small8"), data, data.sequences("test"))
    row = rows_of(text, "Comparison: known")
    assert row["small8"][1:5] == [cell(measured[name]) for name in ("MBE", "LBE", "FDD", "abs FDD")]
    assert row["FaceDiffuser, 1000 steps"][0].startswith("no data") and row["paper (v1, BEAT): EmoTalk"][1] == "1.0537"
    assert "FaceDiffuser, 8 steps" not in row and row["fd8"][0] == "FaceDiffuser, 8 steps, large encoder"
    ablation = rows_of(text, "Ablation")
    assert ablation["no L_vel: novel"][0].startswith("student without L_vel") and {
        "full: large8",
        "full: small8",
        "no L_lip: nolip",
    } <= set(ablation)
    assert "no data" not in " ".join(cell for row in ablation.values() for cell in row)
    assert float(rows_of(text, "Zero-shot")["small8"][7].split()[0]) > 0  # LVE
    assert rows_of(text, "Identity by the voice")["noid"][0].startswith("no data")
    storage = rows_of(text, "Storage")["small8"]
    total = measure_size(load_pipeline(tmp_path / "small8"), None)
    assert total.total is not None and storage[5] == number(4e-6 * total.total)
    assert float(storage[6]) == pytest.approx(100 * (1 - total.total / (HUBERT_BASE + total.talker)), abs=0.05)
    with open(out / "figures.csv", newline="") as file:
        figures = {(r["model"], r["part"], r["metric"]): r for r in csv.DictReader(file)}
    mine = figures["small8", "test", "MBE"]
    assert (
        float(mine["value"]) == pytest.approx(measured["MBE"].value, rel=1e-6) and mine["n"] == "1" and mine["±"] == ""
    )
    assert float(figures["small8", "voice", "LVE"]["±"]) > 0 and figures["small8", "voice", "LVE"]["n"] == "2"
    assert ("noid", "test", "identity F1") not in figures and ("small8", "test", "identity F1") in figures


def test_missing_data_is_reported(data: Prepared, beat_folder: Path, tmp_path: Path) -> None:
    bare = prepare(beat_folder, tmp_path / "bare", held_out=set())  # no features, no held-out speaker
    model = write(tmp_path / "teacher", MODELS["teacher"][0])
    text = evaluate([model], Sources(bare), tmp_path / "out")
    assert "run the stage `features`" in rows_of(text, "Comparison: known")["teacher"][0]
    assert rows_of(text, "Zero-shot")["teacher"][0] == "no data: no other data was named (--zero-shot)"
    assert rows_of(text, "Ablation")["no identity"][0] == "no data: no such model was named"
    assert "without its encoder" in rows_of(text, "Steps")["teacher"][0] or rows_of(text, "Steps")["teacher"][
        0
    ].startswith("no data")
    assert rows_of(text, "Vertices")["all"][0] == "no data: no head was named (--head)"
    assert rows_of(text, "Storage")["teacher"][1] == "no data: --encoder"
    assert not (tmp_path / "out" / "steps.png").exists()
    other = tmp_path / "elsewhere" / "teacher"
    with pytest.raises(ValueError, match="have the same name"):
        evaluate([model, other], Sources(bare), tmp_path / "out")


def test_ten_second_sequence_is_plotted(data: Prepared, tmp_path: Path) -> None:
    long = [replace(take, length=100) for take in data.takes[:1]]  # two takes lie side by side
    shown = replace(data, takes=(replace(long[0], split="test"), *data.takes[2:]))
    evaluate([write(tmp_path / "small8", MODELS["small8"][0])], Sources(shown), tmp_path / "out")
    assert (tmp_path / "out" / "curves_small8.png").read_bytes()[:4] == b"\x89PNG"


def test_cells_show_significant_digits() -> None:
    assert number(0.1) == "0.100" and cell(Figure(312.4, 5, 174.2)) == "312 ± 174"
    assert (
        cell(None) == "" and cell(Figure(1000.94, 1)) == "1001" and cell(Figure(0.28714, 8, 0.01234)) == "0.287 ± 0.012"
    )
    assert len(SEEDS) >= 2  # diversity needs pairs
