"""The phone head: its best path, its scores in pieces, and its file, which may come from anywhere."""

import hashlib
import io
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend import DEFAULT_MODEL
from backend.audio import read_clip
from backend.inference.generator import hear, load_model
from backend.model_folder import ModelError, read_card
from backend.sounds import phone_head
from backend.sounds.head_file import NAME, pack, read_sounds_part
from backend.sounds.phone_head import PhoneHead, best_path, score
from backend.sounds.shapes import PHONES, SHAPE_OF


def _head(rng: np.random.Generator, reach: int = 2, width: int = 3) -> PhoneHead:
    inputs = (2 * reach + 1) * width
    return PhoneHead(
        rng.standard_normal((inputs, 5), np.float32),
        rng.standard_normal(5, np.float32),
        rng.standard_normal((5, len(PHONES)), np.float32),
        rng.standard_normal(len(PHONES), np.float32),
        np.log(rng.dirichlet(np.ones(len(PHONES)), len(PHONES))),
    )


def test_best_path_is_the_best_of_all() -> None:
    rng = np.random.default_rng(0)
    scores, bigram = rng.standard_normal((5, 3)), rng.standard_normal((3, 3))

    def total(path: tuple[int, ...]) -> float:
        heard = sum(phone_head._SHARPNESS * scores[frame, phone] for frame, phone in enumerate(path))
        return float(heard + sum(bigram[pair] for pair in itertools.pairwise(path)))

    best = max(itertools.product(range(3), repeat=5), key=total)
    assert tuple(best_path(scores, bigram)) == best


def test_pieces_have_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    head, features = _head(rng), rng.standard_normal((50, 3), np.float32)
    whole = score(head, features)
    np.testing.assert_allclose(np.exp(whole).sum(axis=1), 1.0, rtol=1e-5)  # probabilities, in single precision
    monkeypatch.setattr(phone_head, "_CHUNK", 7)
    np.testing.assert_allclose(score(head, features), whole, rtol=1e-5)


def test_sounds_of_speech_cover_it() -> None:
    """Lips that must meet are heard where the synthesizer spoke them."""
    model = load_model(DEFAULT_MODEL, threads=1)
    samples = read_clip("tests/data/speech.ogg").samples
    heard = hear(model, samples)
    assert heard[0].start == 0 and heard[-1].end == pytest.approx(len(samples) / 16000)
    assert all(now.end == then.start for now, then in itertools.pairwise(heard))
    for start, shape in ((1.765, "m b p"), (2.19, "f v"), (4.015, "m b p"), (0.915, "oo w")):  # tests/data/speech.json
        # A sound may begin in the pause that the synthesizer writes before it.
        assert shape in {SHAPE_OF[sound.label] for sound in heard if abs(sound.start - start) < 0.08}, (start, shape)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / NAME).write_bytes((DEFAULT_MODEL / NAME).read_bytes())
    return tmp_path


def test_file_survives_packing() -> None:
    card = read_card(DEFAULT_MODEL)
    part = read_sounds_part(DEFAULT_MODEL, card)
    assert part and pack(part) == (DEFAULT_MODEL / NAME).read_bytes()
    assert part.poses.identities == tuple(identity.name for identity in card.identities)


def test_model_without_the_file_has_no_sounds(folder: Path) -> None:
    card = read_card(DEFAULT_MODEL)
    files = {name: digest for name, digest in card.files.items() if name != NAME}
    assert read_sounds_part(folder, replace(card, files=files)) is None


def test_altered_missing_and_broken_files_are_refused(folder: Path) -> None:
    card, file = read_card(DEFAULT_MODEL), folder / NAME
    arrays = dict(np.load(file))
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ModelError, match="is not the file"):
        read_sounds_part(folder, card)
    bad = [
        b"no zip",
        _packed({name: array for name, array in arrays.items() if name != "bigram"}),
        _packed(arrays | {"offset": arrays["offset"][:, :3]}),
        _packed(arrays | {"bigram": np.full_like(arrays["bigram"], np.nan)}),
        _packed(arrays | {"hidden_bias": np.array(["a"], object)}),
        _packed(arrays | {"bigram": np.zeros((3000, 3000))}),
    ]
    for content in bad:
        file.write_bytes(content)
        listed = replace(card, files=card.files | {NAME: hashlib.sha256(content).hexdigest()})
        with pytest.raises(ModelError, match="is broken"):
            read_sounds_part(folder, listed)
    file.unlink()
    with pytest.raises(ModelError, match="can't be read"):
        read_sounds_part(folder, card)


def _packed(arrays: dict[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()
