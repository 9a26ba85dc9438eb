"""Mapping files and manifests from untrusted sources, read by modules and through operators."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest
from helpers import add_mesh, part, snapshot
from numpy.random import default_rng

from backend.arkit import CHANNELS
from tests.addon_source import source
from tests.mutations import mutated
from tests.soak import Soak

mapping_file, manifest = source("rig.mapping_file"), source("takes.batch_manifest")

BOUND = 5.0  # s
MAPPING = mapping_file.dump(
    {"Head": {name: f"Key {name}" for name in CHANNELS[:10]} | {"cheekPuff": ""}, "Teeth": {"jawOpen": "Jaw"}}
)
ROW = {"name": "a", "outputs": ["a.csv"], "character": "Hero", "frame": 10, "error": ""}
MANIFEST = "".join(json.dumps(ROW | {"name": name}) + "\n" for name in "abc")


def _read_mapping(path: Path) -> None:
    try:
        chosen = mapping_file.read(path)
    except UnicodeDecodeError:  # the operator says that the file can't be read
        return
    assert all(isinstance(key, str) for own in chosen.values() for key in own.values())
    mapping_file.fit(chosen, CHANNELS, {"Head": {"Key jawOpen"}})


def _read_manifest(path: Path) -> None:
    for entry in manifest.read_entries(path):
        assert (
            isinstance(entry.name, str)
            and abs(entry.frame) < 1 << 21
            and all(isinstance(file, Path) for file in entry.files)
        )


FORMATS: dict[str, tuple[str, Callable[[Path], None], type[Exception]]] = {
    "mapping of the add-on": (MAPPING, _read_mapping, mapping_file.MappingError),
    "manifest of a batch, in Blender": (MANIFEST, _read_manifest, manifest.ManifestError),
}


@pytest.mark.parametrize("form", FORMATS)
def test_mutated_texts(form: str, soak: Soak, tmp_path: Path) -> None:
    good, read, refusal = FORMATS[form]
    path = tmp_path / "file"
    path.write_text(good)
    read(path)
    for n in soak.times(quick=60, long=2000):
        with soak.trial(f"mutated {form}"):
            path.write_bytes(mutated(good.encode(), default_rng(n)))
            began = time.monotonic()
            try:
                read(path)
            except refusal as error:
                assert str(error), n
            except Exception as error:
                raise AssertionError(f"seed {n}") from error
            assert time.monotonic() - began < BOUND, n


@pytest.mark.parametrize(
    "content",
    [b"[" * 10**7, b'{"format": "lip sync mapping", "version": ' + b"9" * 4000 + b"}"],
    ids=["brackets", "digits"],
)
def test_huge_texts_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    for _, read, refusal in FORMATS.values():
        with pytest.raises(refusal):
            read(tmp_path / "file")


def test_endless_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(mapping_file.MappingError, match="too long for a mapping"):
        mapping_file.read(Path("/dev/zero"))
    (tmp_path / "large").touch()
    with (tmp_path / "large").open("r+b") as file:
        file.truncate(1 << 29)
    with pytest.raises(manifest.ManifestError, match="isn't a batch manifest"):
        manifest.read_entries(tmp_path / "large")


@pytest.mark.parametrize("stranger", ["\ud800", "\0", "\u202e", "x" * 100_000, "../../etc/passwd", "100%s {} %(x)s"])
def test_strange_names_are_harmless(stranger: str, scene: "bpy.types.Scene", tmp_path: Path) -> None:
    """The operators report names from the file, whatever they are."""
    add_mesh("Head", list(CHANNELS))
    before = snapshot()
    texts: dict[str, Any] = {
        "mapping_load": {"format": "lip sync mapping", "version": 1, "meshes": {stranger: {stranger: stranger}}},
        "key_manifest": ROW | {"name": stranger, "character": stranger, "outputs": [stranger]},
        "import_capture": {"names": [stranger], "fps": 30, "start": 0, "frames": [[0.5]]},
    }
    for operator, contents in texts.items():
        file = tmp_path / "file.json"
        file.write_text(json.dumps(contents))
        with pytest.raises(RuntimeError, match="(?s)Error: .*"):
            getattr(bpy.ops.lipsync, operator)(filepath=str(file))
        assert snapshot() == before
    assert part("addon.locale").tr("{file}", file=stranger).encode()
