"""Untrusted model folders: damaged, altered or crafted ones raise ModelError and never expose another file's content."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_variants import read_metadata, sign

from backend import model_folder
from backend.__main__ import DEFAULT_MODEL, main
from backend.inference.generator import generate, load_model, load_model_or
from backend.model_folder import PARTS, ModelError, read_card, read_parts
from backend.performance import Performance
from backend.runtimes.onnx import open_part
from tests.soak import Soak

SPEECH = Path(__file__).parents[1] / "data/speech.ogg"
SILENCE = np.zeros(4000, np.float32)
TIME_LIMIT = 5.0  # s that reading a folder may take

pytestmark = pytest.mark.skipif(not (DEFAULT_MODEL / "model.json").exists(), reason="backend/model holds no model")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the extension's model."""
    return Path(shutil.copytree(DEFAULT_MODEL, tmp_path / "model"))


INVALID: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("name is no text", lambda metadata: metadata.update(name=7)),
    ("name is no text", lambda metadata: metadata.update(name="a\nb")),
    ("version is no text", lambda metadata: metadata.update(version="\ud800")),
    ("it lacks 'look'", lambda metadata: metadata.pop("look")),
    ("look is no whole number of 0 to 150: True", lambda metadata: metadata.update(look=True)),
    ("look is no whole number", lambda metadata: metadata.update(look=10**9)),
    ("reach is no whole number of 0 to 3000: -1", lambda metadata: metadata.update(reach=-1)),
    ("temperature holds numbers that are not", lambda metadata: metadata.update(temperature=0)),
    ("temperature are no numbers", lambda metadata: metadata.update(temperature="0.1")),
    ("mean holds numbers", lambda metadata: metadata["mean"].__setitem__(3, float("nan"))),
    ("mean has the shape", lambda metadata: metadata["mean"].pop()),
    ("deviation holds numbers", lambda metadata: metadata["deviation"].__setitem__(0, 0.0)),
    ("start holds numbers", lambda metadata: metadata["start"].__setitem__(0, -1.0)),
    ("identities are no list, or empty", lambda metadata: metadata.update(identities=[])),
    ("identities have two of one name", lambda metadata: metadata["identities"].append(metadata["identities"][0])),
    ("identities have one whose name is none", lambda metadata: metadata["identities"][0].update(name=" ")),
    ("identities have one whose name is none", lambda metadata: metadata["identities"][0].update(name="x" * 49)),
    ("or one named auto", lambda metadata: metadata["identities"][0].update(name="auto")),
    ("emotions have one whose name is none", lambda metadata: metadata["emotions"].__setitem__(0, None)),
    ("identity_embeddings has the shape", lambda metadata: metadata["library"]["identity_embeddings"].pop()),
    ("inhomogeneous", lambda metadata: metadata["library"]["identity_keys"][0].pop()),
    ("emotion_keys holds numbers", lambda metadata: metadata["library"]["emotion_keys"][0].__setitem__(0, 1e300)),
    ("emotion_keys are no numbers", lambda metadata: metadata["library"]["emotion_keys"][0].__setitem__(0, 10**400)),
    ("levels do not go from noise", lambda metadata: metadata["levels"].reverse()),
    ("levels do not go from noise", lambda metadata: metadata["levels"].pop()),
    ("levels do not keep", lambda metadata: metadata["levels"][0].__setitem__(1, 0.98)),
    ("files do not name", lambda metadata: metadata["files"].pop("voice.onnx")),
    ("files name one in another folder", lambda metadata: metadata["files"].update({"../voice.onnx": "0" * 64})),
    ("files name one in another folder", lambda metadata: metadata["files"].update({"C:\\voice.onnx": "0" * 64})),
    ("the sha256 of voice.onnx is none", lambda metadata: metadata["files"].update({"voice.onnx": ["a"]})),
]


@pytest.mark.parametrize("message, change", INVALID)
def test_every_field_is_checked(folder: Path, message: str, change: Callable[[dict[str, Any]], Any]) -> None:
    metadata = read_metadata(folder)
    change(metadata)
    (folder / "model.json").write_text(json.dumps(metadata))
    with pytest.raises(
        ModelError, match=f"The model.json in .* is broken .*{message}.*: reinstall the extension"
    ) as raised:
        read_card(folder)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 500 + len(str(folder))


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is broken"),
        (b"\xff\xfe{", "is broken"),
        (b"[" * 10**7, "is broken"),
        (b"1" * 10**6, "is broken"),
        (b"[]", "is broken"),
        (b"null", "is broken"),
        (b'{"schema": "' + b"x" * 1000 + b'"}', "has schema x{20}, but this"),
        (b" " * ((16 << 20) + 1), "is broken .model.json has more than 16 MB"),
    ],
    ids=["empty", "no text", "ten million brackets", "a million digits", "list", "null", "other schema", "too large"],
)
def test_malformed_card_is_rejected(folder: Path, content: bytes, message: str) -> None:
    (folder / "model.json").write_bytes(content)
    began = time.monotonic()
    with pytest.raises(ModelError, match=message):
        read_card(folder)
    assert time.monotonic() - began < TIME_LIMIT


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
@pytest.mark.parametrize("name", ["model.json", "voice.onnx"])
@pytest.mark.parametrize("kind", ["cycle", "pipe", "device", "folder", "nowhere"])
def test_pipes_and_links_are_rejected(folder: Path, name: str, kind: str) -> None:
    path = folder / name
    path.unlink()
    links = {"cycle": name, "device": "/dev/zero", "nowhere": "/nowhere"}
    if kind in links:
        path.symlink_to(links[kind])
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(ModelError):
        load_model(folder)


def test_oversized_part_is_rejected(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_folder, "_MAX_PART_BYTES", 1 << 20)
    with pytest.raises(ModelError, match=r"encoder.onnx in .* can't be read \(encoder.onnx has more than 1 MB\)"):
        load_model(folder)


def test_checked_bytes_are_the_loaded_ones(folder: Path) -> None:
    parts = read_parts(folder, read_card(folder))
    for part in PARTS:
        (folder / f"{part}.onnx").write_bytes(b"replaced after the check")
        open_part(part, parts[part])


def test_mismatched_parts_are_rejected(folder: Path) -> None:
    parts = read_parts(folder, read_card(folder))
    sign(folder, voice=parts["personalizer"], personalizer=parts["voice"])
    with pytest.raises(ModelError, match="The parts of DiffusionTalker Small don't match .*: export the model again"):
        load_model(folder)
    sign(folder, **parts | {"decoder": parts["encoder"]})
    with pytest.raises(ModelError, match="has a state of shape None"):
        load_model(folder)
    sign(folder, **parts | {"encoder": b"\x08\x01"})
    with pytest.raises(ModelError, match="ONNX Runtime can't open the model's encoder.onnx"):
        load_model(folder)
    sign(folder, **parts)
    metadata = read_metadata(folder)
    metadata["library"]["emotion_keys"] = [row[:-1] for row in metadata["library"]["emotion_keys"]]
    (folder / "model.json").write_text(json.dumps(metadata))
    with pytest.raises(ModelError, match=r"emotion has shape \(32,\)"):
        load_model(folder)


def test_own_model_replaces_broken_folder(folder: Path) -> None:
    assert load_model_or(DEFAULT_MODEL, folder).stands_in is False
    (folder / "decoder.onnx").write_bytes(b"")
    model = load_model_or(DEFAULT_MODEL, folder)
    assert model.stands_in
    assert model.card.sha256 == read_card(DEFAULT_MODEL).sha256
    assert str(*model.notices) == (
        f"decoder.onnx in {folder} is not the file its model.json describes: reinstall the extension; until then, the extension's own model "
        "is used"
    )
    with pytest.raises(ModelError, match="decoder.onnx"):
        load_model_or(folder, folder)


@pytest.mark.parametrize("command", ["generate", "identities", "batch"])
def test_commands_never_fall_back_silently(
    folder: Path, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "decoder.onnx").write_bytes(b"")
    (tmp_path / "sounds").mkdir()
    shutil.copy(SPEECH, tmp_path / "sounds")
    out = [] if command == "identities" else ["--out", str(tmp_path / "out.csv")]
    assert (
        main([command, str(tmp_path / "sounds" if command == "batch" else SPEECH), *out, "--model", str(folder)]) == 1
    )
    assert "decoder.onnx in" in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.csv/*.csv"))
    assert not (tmp_path / "out.csv").is_file()


def _mutate(folder: Path, random: np.random.Generator) -> str:
    """Damage a folder in one random way. Return a description."""
    path = folder / f"{random.choice(PARTS)}.onnx"
    content = bytearray(path.read_bytes())
    kind = random.choice(
        ["flip", "cut", "swap", "empty", "gone", "longer", "schema", "json value", "json gone", "json bytes", "signed"]
    )
    place = int(random.integers(len(content)))
    if kind in ("flip", "signed"):
        content[place] ^= 1 << int(random.integers(8))
        sign(folder, **{path.stem: bytes(content)}) if kind == "signed" and path.stem == "voice" else path.write_bytes(
            content
        )
    elif kind in ("cut", "empty", "longer"):
        path.write_bytes(content[:place] if kind == "cut" else b"" if kind == "empty" else content + b"\0")
    elif kind == "swap":
        path.write_bytes((folder / f"{random.choice(PARTS)}.onnx").read_bytes())
    elif kind == "gone":
        path.unlink()
    elif kind == "json bytes":
        raw = bytearray((folder / "model.json").read_bytes())
        for at in random.integers(len(raw), size=random.integers(1, 5)):
            raw[at] = random.integers(256)
        (folder / "model.json").write_bytes(raw)
    else:
        metadata = read_metadata(folder)
        holder, key = _random_place(metadata, random) if kind != "schema" else (metadata, "schema")
        if kind == "json gone":
            del holder[key]
        else:
            junk: list[Any] = [
                None,
                True,
                -1,
                0,
                1,
                3,
                2**70,
                0.5,
                -0.0,
                1e308,
                float("inf"),
                float("nan"),
                "",
                "\0",
                "Ada",
                "../x",
                [],
                [[]],
                {},
            ]
            holder[key] = junk[random.integers(len(junk))]
        (folder / "model.json").write_text(json.dumps(metadata))
    return f"{kind} of {path.name}"


def _random_place(value: Any, random: np.random.Generator) -> tuple[Any, Any]:
    """Return a random place in nested JSON: (dict or list, key)."""
    key = random.choice(list(value)) if isinstance(value, dict) else int(random.integers(len(value)))
    inner = value[key]
    return (
        _random_place(inner, random)
        if isinstance(inner, dict | list) and inner and random.random() < 0.8
        else (value, key)
    )


def test_mutated_folder_is_rejected_or_loaded(soak: Soak, tmp_path: Path) -> None:
    for n in soak.times(quick=20, long=600):
        with soak.trial("mutated model folders"):
            folder = Path(shutil.copytree(DEFAULT_MODEL, tmp_path / str(n)))
            what = f"seed {n}: {_mutate(folder, np.random.default_rng(n))}"
            began = time.monotonic()
            try:
                model = load_model(folder, threads=1)
                (take,) = generate(
                    model,
                    SILENCE,
                    Performance(),
                    lambda stage, fraction: None,
                )
                assert take.curves.values.shape[1] == 52 and np.isfinite(take.curves.values).all(), what
                metadata = read_metadata(folder)["files"]
                assert all(
                    metadata[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()
                    for path in folder.glob("*.onnx")
                ), what
            except ModelError as error:
                assert "\n" not in str(error), what
            except Exception as error:
                raise AssertionError(what) from error
            assert time.monotonic() - began < TIME_LIMIT, what
            shutil.rmtree(folder)
