"""The benchmark works, and the work for a clip hasn't grown unnoticed."""

import json
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest

from backend.__main__ import DEFAULT_MODEL
from backend.inference.generator import load_model
from tests.bench import clip, sizes, speed, table, work
from tests.bench.design import DESIGNS, build
from tests.bench.sound import write_speech

_TOLERANCE = {"nodes": 0.1, "file, MB": 0.02}  # another ONNX Runtime may fuse more or fewer of them
_ROUNDING = 0.01


def test_clip_work_counts_operations() -> None:
    expected, found = json.loads(work.EXPECTED.read_text()), work.count_work()
    hint = "if this is intended, record it with: python -m tests.bench.work"
    assert found.keys() == expected.keys()
    for part, costs in expected.items():
        for what, cost in costs.items():
            allowed = _TOLERANCE.get(what, _ROUNDING)
            assert math.isclose(found[part][what], cost, rel_tol=allowed), (
                f"{part}: {what} {found[part][what]:g}, not {cost:g}: {hint}"
            )


def test_work_follows_its_definition() -> None:
    assert work._multiply_adds("MatMul", [[1, 10, 256]], [[1, 10, 512]]) == 10 * 256 * 512
    assert work._multiply_adds("Conv", [[1, 80, 100], [256, 80, 5], [256]], [[1, 256, 50]]) == 50 * 256 * 80 * 5
    assert work._multiply_adds("Conv", [[1, 256, 100], [256, 1, 5]], [[1, 256, 100]]) == 100 * 256 * 5
    assert work._multiply_adds("GRU", [[7, 2, 352], [1, 1536]], [[7, 1, 2, 256], [1, 2, 256]]) == 7 * 2 * 3 * 256 * (
        352 + 256
    )


def test_clip_is_timed_by_stage(tmp_path: Path) -> None:
    file = write_speech(tmp_path / "a.wav", 1.0)
    found = speed.measure(file, 1.0, True, 1, steps=4)
    assert found["frames"] == 30 and len(found["warm"]) == 2
    for stages, total in zip(found["stages"], found["warm"], strict=True):
        assert stages.keys() == set(clip.STAGES) and min(stages.values()) > 0 and sum(stages.values()) < total
    assert found["peak"] is None or 50 < found["peak"] < 400


def test_other_step_counts_work() -> None:
    model = load_model(DEFAULT_MODEL)
    for steps in (1, 2, 4, 8):
        levels = clip.with_steps(model, steps).card.levels
        assert len(levels) == steps + 1 and (levels[0], levels[-1]) == (model.card.levels[0], model.card.levels[-1])
    assert clip.with_steps(model, model.card.steps).card.levels == model.card.levels


def test_int8_is_smaller_and_similar(tmp_path: Path) -> None:
    small = speed.quantize(tmp_path / "int8")
    file = write_speech(tmp_path / "a.wav", 2.0)
    (_, _, exact), (_, _, rounded) = (clip.perform(load_model(folder), file) for folder in (DEFAULT_MODEL, small))
    assert (small / "encoder.onnx").stat().st_size < (DEFAULT_MODEL / "encoder.onnx").stat().st_size
    assert 0 < np.sqrt(((rounded - exact) ** 2).mean()) < 0.02


@pytest.mark.parametrize("design", DESIGNS)
def test_designs_match_the_papers(design: str) -> None:
    performer = build(design)
    config = performer.talker.config
    assert performer.steps == 8 and config.features == 768
    assert config.hear_each_step == (design == "FaceDiffuser") and config.personal != config.hear_each_step


def test_tables_are_written(tmp_path: Path) -> None:
    made = table.Table("Title", "About.", ("what", "a", "b"), (("x", 1234.5, None), ("y", 0.01234, 7)))
    table.write(tmp_path, {"processor": "some"}, [made])
    text = (tmp_path / "bench.md").read_text()
    assert "- processor: some" in text and "| x | 1,234 |  |" in text and "| y | 0.0123 | 7 |" in text
    assert json.loads((tmp_path / "bench.json").read_text())["tables"][0]["rows"][0] == ["x", 1234.5, None]


def test_installed_zip_is_measured(tmp_path: Path) -> None:
    wheels = {
        "a-1-cp311-cp311-win_amd64.whl": 1000,
        "a-1-cp313-cp313-win_amd64.whl": 2000,
        "b-1-cp312-abi3-win_amd64.whl": 4000,
    }
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as outer:
        outer.writestr("addon.py", bytes(10))
        for name, size in wheels.items():
            with zipfile.ZipFile(tmp_path / name, "w") as wheel:
                wheel.writestr("lib", bytes(size))
            outer.write(tmp_path / name, f"wheels/{name}")
    packed = 10 + sum((tmp_path / name).stat().st_size for name in wheels)
    assert sizes.installed(tmp_path / "e.zip", "cp311") == pytest.approx((packed + 1000) / 1e6)
    assert sizes.installed(tmp_path / "e.zip", "cp313") == pytest.approx((packed + 6000) / 1e6)
