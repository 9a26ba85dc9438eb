"""Noise turned up until the upper face moves as far as the recorded ones: on a model whose answer to noise is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from torch import Tensor

from backend.arkit import CHANNELS, UPPER
from tests.training.tiny import TINY
from training.data.prepared import Prepared, prepare
from training.evaluation.sequences import recorded_face
from training.model.diffusion import Standardizer, fit_standardizer, initial_noise_std
from training.model.network import StudentEncoder, Talker
from training.model.pipeline import TalkerPipeline
from training.train import calibrate


class Echo(Talker):
    """Its clean curves are a part of what it begins from."""

    def denoise(self, z: Tensor, condition: Tensor, person: Tensor, log_snr: Tensor) -> Tensor:
        return 0.8 * z


@pytest.fixture(scope="module")
def data(beat_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(beat_folder, tmp_path_factory.mktemp("prepared"), set())


def test_calibrated_upper_face_matches_recordings(data: Prepared) -> None:
    truth = np.mean([recorded_face(data, take).std(0) for take in data.sequences("train")], axis=0)
    standardizer = Standardizer(
        fit_standardizer(data.faces("train")).mean * 0 + 0.5, fit_standardizer(data.faces("train")).std * 0 + 0.1
    )
    model = TalkerPipeline(
        Echo(TINY, 2, 8).eval(),
        StudentEncoder(TINY),
        standardizer,
        TINY.steps,
        initial_noise_std(TINY),
        data.identities,
        ("neutral",),
    )
    model = replace(model, emotions=tuple({take.emotion for take in data.takes}))
    start = calibrate.fit_initial_std(model, data)
    for group in calibrate._groups().values():
        assert len(set(start[group].tolist())) == 1, "a group goes together"
        wanted = truth[group].sum() / (0.1 * 0.8 * len(group))
        assert start[group[0]] == pytest.approx(np.clip(wanted, 0.8, 1.3), rel=0.1)
    lower = [k for k, name in enumerate(CHANNELS) if name not in UPPER]
    assert not start[lower].any()


def test_unknown_identities_are_reported(data: Prepared) -> None:
    standardizer = fit_standardizer(data.faces("train"))
    model = TalkerPipeline(
        Talker(TINY, 1, 8).eval(),
        StudentEncoder(TINY),
        standardizer,
        1,
        initial_noise_std(TINY),
        ("Nobody",),
        ("neutral",),
    )
    with pytest.raises(ValueError, match="no sequences of identities that this model knows"):
        calibrate.fit_initial_std(model, data)
