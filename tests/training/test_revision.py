"""Revision: emotions show, sides are even, brows mark accents, lips follow a film; and a model that is trained on its takes so revised."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from backend.arkit import CHANNELS, EMOTIONS, UPPER
from backend.curves.base import Curves
from backend.features import RATE
from tests.training.tiny import TINY
from training.data.beat_writer import Person, recording_stem, write_recording
from training.data.prepared import Prepared, prepare
from training.evaluation.metrics import columns, correlation, jaw_opening, lip_gap, rounding
from training.model.checkpoint import load_model, save_model
from training.model.config import LossWeights, ModelConfig, TrainConfig
from training.model.diffusion import make_schedule
from training.model.network import Block, StudentEncoder, Talker
from training.revision.effort import open_by_effort, with_effort
from training.revision.expression import add_pose, emotion_pose, lean_left, make_even, raise_brows
from training.revision.revise import revise
from training.revision.tracked_lips import (
    fit_sound_to_mouth,
    follow_mouth,
    follow_performer,
    is_tracked,
    mouth_shape,
    press_lips,
)
from training.synthetic.performer.styles import STYLES
from training.train.augment import compress, decompress
from training.train.student_encoder import shorten

FRAMES = 300
SMILE = columns(("mouthSmileLeft", "mouthSmileRight"))
BROWS = columns(("browInnerUp", "browOuterUpLeft", "browOuterUpRight"))


def _talking(seed: int = 0) -> np.ndarray:
    """Return a face (FRAMES, 52) whose mouth opens and shuts about four times a second, a little further on the left."""
    seconds = np.arange(FRAMES) / 30
    face = np.zeros((FRAMES, len(CHANNELS)))
    phase = np.random.default_rng(seed).uniform(0, 6)
    jaw = 0.2 * np.maximum(np.sin(2 * np.pi * 3.7 * seconds + phase), 0)
    face[:, columns(("jawOpen",))] = jaw[:, None]
    face[:, columns(("mouthLowerDownLeft", "mouthLowerDownRight"))] = np.outer(jaw, [0.6, 0.4])
    face[:, columns(("mouthPucker",))] = 0.1 + 0.1 * np.sin(2 * np.pi * seconds)[:, None]
    return face


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_emotions_reach_their_pose_and_lips_still_meet(emotion: str) -> None:
    face = _talking()
    shown = add_pose(face, emotion)
    steady = emotion_pose(emotion) * ~np.isin(
        np.arange(len(CHANNELS)),
        columns(("jawOpen", "mouthFunnel", *(f"mouth{part}{side}" for part in ("UpperUp", "LowerDown") for side in ("Left", "Right")))),
    )  # fmt: skip
    assert (shown.mean(0) >= steady - 1e-6).all()
    touching = lip_gap(face) < 1e-6
    assert touching.sum() > 50
    assert lip_gap(shown)[touching].max() < 1e-6
    np.testing.assert_allclose(add_pose(shown, "neutral"), shown)


def test_contempt_is_on_one_side() -> None:
    left, right = emotion_pose("contempt")[SMILE]
    assert left > 4 * right > 0
    face = add_pose(_talking(), "contempt")
    mirrored = face.copy()
    for name in ("mouthSmile", "mouthDimple", "cheekSquint", "noseSneer", "mouthLowerDown", "mouthUpperUp"):
        sides = columns((name + "Left", name + "Right"))
        mirrored[:, sides] = face[:, sides[::-1]]
    np.testing.assert_array_equal(lean_left(mirrored), face)
    np.testing.assert_array_equal(lean_left(face), face)


def test_sides_become_even_and_keep_their_motion() -> None:
    face = _talking()
    left, right = columns(("mouthLowerDownLeft", "mouthLowerDownRight"))
    face[:, columns(("jawLeft",))] = 0.2
    even = make_even(face)
    assert abs(even[:, left].mean() - even[:, right].mean()) < 0.01 < face[:, left].mean() - face[:, right].mean()
    assert even[:, columns(("jawLeft", "jawRight"))].max() < 1e-6
    assert correlation(even[:, left], face[:, left]) > 0.99


def test_brows_rise_on_accents() -> None:
    level = np.full(FRAMES, -12.0)
    level[100:106] = 0
    lively = next(style for style in STYLES if style.brow > 1.3)
    raised = raise_brows(_talking(), level, np.zeros(FRAMES), lively)[:, BROWS].mean(1)
    assert abs(int(raised.argmax()) - 102) < 5 and raised.max() > 0.1
    assert raised[:90].max() < 1e-9 > raised[120:].max()
    peaks = [
        raise_brows(_talking(), level, np.random.default_rng(seed).standard_normal(FRAMES), lively)[:, BROWS].max()
        for seed in range(8)
    ]
    assert max(peaks) > 1.5 * min(peaks)


def test_lips_follow_a_film_as_far_as_they_moved() -> None:
    face, film = _talking(0), _talking(3)
    face[:, columns(("jawOpen",))] += 0.05
    shut = np.arange(100, 105)  # an m that the film missed
    jaw, close, *lips = columns(("jawOpen", "mouthClose", "mouthLowerDownLeft", "mouthLowerDownRight"))
    face[shut[:, None], lips] = 0
    face[shut, close] = face[shut, jaw]
    seen = np.zeros(FRAMES, bool)
    seen[200:203] = True
    followed = follow_mouth(face, mouth_shape(film), seen)
    assert correlation(jaw_opening(followed), jaw_opening(film)) > 0.95
    closed = [*shut, *np.flatnonzero(seen)]
    assert correlation(np.delete(lip_gap(followed), closed), np.delete(lip_gap(film), closed)) > 0.9
    assert lip_gap(followed)[closed].max() < 0.02
    assert correlation(rounding(followed), mouth_shape(film)[:, 2]) > 0.9
    assert rounding(followed).mean() == pytest.approx(rounding(face).mean(), rel=0.2)
    assert abs(followed.max() - face.max()) < 0.1
    upper = [i for i, name in enumerate(CHANNELS) if name.startswith(("brow", "eye", "cheek", "nose"))]
    np.testing.assert_array_equal(followed[:, upper], face[:, upper])
    assert ((followed >= 0) & (followed <= 1)).all()


def test_mouth_goes_half_way_with_the_performer() -> None:
    own, performed = _talking(1), np.roll(_talking(2), 8, axis=0)
    after = follow_performer(own, performed)
    for k in range(3):  # jaw, gap and rounding
        was, now = (correlation(mouth_shape(face)[:, k], mouth_shape(performed)[:, k]) for face in (own, after))
        assert now > was + 0.15
        assert correlation(mouth_shape(after)[:, k], mouth_shape(own)[:, k]) > 0.4
    upper = columns(UPPER)
    assert np.array_equal(after[:, upper], own[:, upper])


def test_lips_press_where_they_touch_under_an_open_jaw() -> None:
    face = _talking()
    jaw, close = columns(("jawOpen", "mouthClose"))
    touch = np.arange(FRAMES) % 30 < 3
    face[touch] = 0.0
    face[touch, jaw] = face[touch, close] = 0.2
    pressed = press_lips(face)
    assert (pressed[touch, close] > 0.25).all()
    still = np.delete(pressed, close, axis=1)
    np.testing.assert_array_equal(still, np.delete(face, close, axis=1))
    np.testing.assert_array_equal(pressed[~touch], face[~touch])


def test_effort_tilts_the_sound_and_opens_the_lips() -> None:
    mel = compress(torch.rand(2, 200, 80, generator=torch.Generator().manual_seed(0)).double() * 0.1)
    tilted = with_effort(mel, torch.tensor([0.0, 6.0]))
    torch.testing.assert_close(tilted[0], mel[0])
    gain_db = 10 * torch.log10(decompress(tilted[1]) / decompress(mel[1])).mean(0)
    assert gain_db[-1] - gain_db[0] == pytest.approx(30, abs=0.5)  # five octaves, from 125 Hz to 4 kHz
    assert decompress(tilted).sum((1, 2)) == pytest.approx(decompress(mel).sum((1, 2)))
    face = _talking()
    shut = lip_gap(face) < 1e-6
    shouted, whispered = (open_by_effort(face, tilt) for tilt in (6.0, -6.0))
    assert np.percentile(lip_gap(shouted), 95) > 1.4 * np.percentile(lip_gap(whispered), 95)
    assert lip_gap(shouted)[shut].max() < 1e-6


def _write(root: Path, person: Person, face: np.ndarray, known: tuple[str, ...]) -> None:
    """Write a recording whose sound is loud where the mouth is open."""
    rng = np.random.default_rng(person.speaker)
    loud = np.interp(np.arange(FRAMES * RATE // 30) * 30 / RATE, np.arange(FRAMES), lip_gap(face))
    sound = (0.3 * loud * rng.standard_normal(len(loud))).astype(np.float32)
    values = face[:, columns(known)].astype(np.float32)
    write_recording(
        root / str(person.speaker), recording_stem(person, "neutral", 0), sound, Curves(known, values, 30.0)
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """One person who was filmed, and one of whom there is only sound."""
    root = tmp_path_factory.mktemp("revision")
    mouth = ("jawOpen", "mouthClose", "mouthPucker", "mouthLowerDownLeft", "mouthLowerDownRight")
    _write(root / "beat", Person(1, "Ann", ""), _talking(1), mouth)
    _write(root / "beat", Person(2, "Bob", ""), _talking(2), CHANNELS)
    data = prepare(root / "beat", root / "data", workers=1, align=False)
    mel = data.array("mel").astype(np.float32).reshape(-1, 2, 80).mean(1)
    mixing = np.random.default_rng(0).standard_normal((80, TINY.features)) / 9
    (mel @ mixing).astype(np.float16).tofile(root / "data" / "features.f16")
    return data


def test_sound_tells_the_mouth_of_a_film(data: Prepared) -> None:
    model = fit_sound_to_mouth(data)
    assert model is not None
    filmed = data.part("train")[0]
    face = data.stretch("faces", filmed)
    assert is_tracked(face) and not is_tracked(data.stretch("faces", data.part("train")[1]))
    predicted = model.predict(data.stretch("features", filmed), len(face))
    assert correlation(predicted[:, 1], mouth_shape(face)[:, 1]) > 0.6


def test_model_learns_its_revised_takes(data: Prepared, tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = ModelConfig(**{**vars(TINY), "encoder_blocks": 6})
    numbers = {"mean": [0.2] * 52, "deviation": [0.1] * 52, "start": [0.9] * 52}
    names = {"identities": ["Ann", "Mira"], "descriptions": {}, "emotions": list(EMOTIONS), "history": []}
    save_model(tmp_path / "old", Talker(config, 2, len(EMOTIONS)), StudentEncoder(config), 16, names | numbers)
    weights = LossWeights(exp=1.0, lip=1.0, ae=0.1)
    few = TrainConfig(iterations=40, batch=4, seconds=3.0, warmup=2, learning_rate=1e-2, ema=0.5, weights=weights)
    revise(data, tmp_path / "old", tmp_path / "new", few)
    old, new = load_model(tmp_path / "old"), load_model(tmp_path / "new")
    for name, before in old[0].personalizer.state_dict().items():
        assert torch.equal(before, new[0].personalizer.state_dict()[name])  # whoever was enrolled stays
    assert new[2]["history"][-1]["stage"] == "revise"
    smiles, noisiest = [], make_schedule(config.steps).log_snr[-1:]
    with torch.no_grad():
        for talker, encoder, _ in (old, new):
            assert encoder is not None
            heard = talker.encode_audio(
                encoder(torch.from_numpy(data.array("mel")[None, :600].astype(np.float32))), 180
            )
            person = talker.personalize(torch.tensor([1]), torch.tensor([EMOTIONS.index("happiness")]))
            smiles.append(float(talker.denoise(torch.zeros(1, 180, 52), heard, person, noisiest)[..., SMILE].mean()))
    assert smiles[1] > smiles[0] + 0.1  # standard deviations


def test_encoder_is_shortened_by_its_middle() -> None:
    long = StudentEncoder(ModelConfig(**{**vars(TINY), "encoder_blocks": 8}))
    short = shorten(long, 4)
    assert short.config.encoder_blocks == len(short.blocks) == 4
    for new, old in ((0, 0), (1, 1), (2, 6), (3, 7)):
        kept, before = short.blocks[new], long.blocks[old]
        assert isinstance(kept, Block) and isinstance(before, Block)
        assert torch.equal(kept.expand.weight, before.expand.weight)
        assert kept.depthwise.dilation == before.depthwise.dilation
    assert torch.equal(short.out.weight, long.out.weight)
    with pytest.raises(ValueError, match="by 4 blocks at a time"):
        shorten(long, 6)
