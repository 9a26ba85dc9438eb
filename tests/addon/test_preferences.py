"""Choosing another model and another Python in the preferences."""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import bpy
import pytest
from helpers import part, preference


@pytest.fixture
def own_model(extension: Path, tmp_path: Path) -> Path:
    """Copy the extension's model, with another name for one identity."""
    folder = tmp_path / "My Model"
    shutil.copytree(extension / "backend" / "model", folder)
    _rename(folder, "Ada", "Grandmother")
    return folder


def _rename(model: Path, old: str, new: str) -> None:
    card = json.loads((model / "model.json").read_text())
    next(entry for entry in card["identities"] if entry["name"] == old)["name"] = new
    (model / "model.json").write_text(json.dumps(card))
    os.utime(
        model / "model.json", ns=(0, part("addon.generation.model_info").file_times(model)[0] + 10**9)
    )  # later, however coarse the disk's clock is


def _menu() -> list[str]:
    return [name for name, *_ in part("addon.properties")._identity_items(bpy.context.scene.lipsync)]


def test_menus_list_chosen_model(scene: "bpy.types.Scene", own_model: Path) -> None:
    assert "Ada" in _menu() and "Grandmother" not in _menu()
    with preference(model=str(own_model)):
        assert "Grandmother" in _menu() and "Ada" not in _menu()
        _rename(own_model, "Grandmother", "Grandfather")  # exported again
        assert "Grandfather" in _menu() and "Grandmother" not in _menu()
    assert "Ada" in _menu()


def test_chosen_model_is_used(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip", own_model: Path
) -> None:
    takes, model = part("addon.takes.take_store"), part("addon.generation.model_info")
    with preference(model=str(own_model)):
        scene.lipsync.identity = "Grandmother"
        assert bpy.ops.lipsync.generate() == {"FINISHED"}
        _rename(own_model, "Grandmother", "Grandfather")
        scene.lipsync.identity = "Grandfather"
        assert bpy.ops.lipsync.generate() == {"FINISHED"}
        changed = model.card(own_model).sha256
    scene.lipsync.identity = "Ada"
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    infos = {info.performance.identity: info for info in map(takes.read_info, takes.all_takes())}
    assert infos.keys() == {"Grandmother", "Grandfather", "Ada"}
    assert infos["Grandfather"].model_sha256 == changed and infos["Ada"].model_sha256 == model.card(model.OWN).sha256


@pytest.mark.parametrize(
    "name, content, sentence",
    [
        ("nothing", None, "No model.json in .*nothing: reinstall the extension or choose another model folder$"),
        (
            "pairs",
            '{"schema": 2}',
            r"The model.json in .*pairs is broken \(it lacks 'identities'\): reinstall the extension",
        ),
        (
            "broken",
            "{",
            r"The model.json in .*broken is broken \(.*: reinstall the extension or export the model again$",
        ),
        (
            "old",
            '{"schema": 1}',
            "has schema 1, but this version reads 2: export the model again or update the extension$",
        ),
    ],
)
def test_wrong_folder_is_reported(
    face: "bpy.types.Object",
    strip: "bpy.types.Strip",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: str | None,
    sentence: str,
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    if content:
        (folder / "model.json").write_text(content)
    with preference(model=str(folder)):
        assert re.search(sentence, str(part("addon.generation.model_info").problem(folder)))
        assert "Ada" in _menu()
        monkeypatch.setattr(part("addon.generation.model_info"), "OWN", folder)  # nothing left to do the work
        with pytest.raises(RuntimeError, match=sentence.partition(":")[0]):  # Blender cuts what follows
            bpy.ops.lipsync.generate()
        assert re.search(sentence, str(part("addon.operators.generate").disabled_reason(bpy.context)))
        assert _menu() == ["auto"]


def test_own_model_replaces_broken_one(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip", own_model: Path
) -> None:
    job, make_request, takes, model = (
        part("addon.generation.job"),
        part("addon.operators.generate").make_request,
        part("addon.takes.take_store"),
        part("addon.generation.model_info"),
    )
    why = f"decoder.onnx in {own_model} is not the file its model.json describes: reinstall the extension"
    with preference(model=str(own_model)):
        scene.lipsync.identity = "Grandmother"
        whole = (own_model / "decoder.onnx").read_bytes()
        (own_model / "decoder.onnx").write_bytes(whole[:-1])
        assert str(model.problem(own_model)) == why
        running = job.Job(make_request(bpy.context))
        while not running.pump(0.1):
            pass
        outcome = running.apply()
        assert (*map(str, outcome.warnings),) == (
            f"{why}; until then, the extension's own model is used",
            'The model in use has no identity "Grandmother", so it was matched to the voice',
        )
        info = takes.read_info(bpy.data.actions[outcome.actions[0]])
        assert info.model_sha256 == model.card(model.OWN).sha256 and info.performance.identity in _names(
            model.card(model.OWN)
        )
        (own_model / "decoder.onnx").write_bytes(whole)  # mended, and the next take is of it
        assert model.problem(own_model) is None and bpy.ops.lipsync.generate() == {"FINISHED"}
        assert (
            takes.read_info(takes.assigned_action(part("addon.rig.face_rig").read_face(face))).performance.identity
            == "Grandmother"
        )
    part("addon.generation.backend_process").process.restart()


def _names(card: Any) -> set[str]:
    return {entry.name for entry in card.identities}


def test_model_file_instead_of_folder(extension: Path, tmp_path: Path) -> None:
    (tmp_path / "model").write_text("")
    assert "can't be read (Not a directory)" in str(part("addon.generation.model_info").problem(tmp_path / "model"))


def test_backend_restarts_for_other_setup(face: "bpy.types.Object", strip: "bpy.types.Strip", own_model: Path) -> None:
    backend, setup, own = (
        part("addon.generation.backend_process").process,
        part("addon.generation.backend_process").BackendSetup,
        part("addon.generation.model_info").OWN,
    )
    bpy.ops.lipsync.generate()
    first = backend.client(setup("", own))
    assert backend.client(setup("", own)) is first and first.alive
    second = backend.client(setup("", own_model))
    assert second is not first and not first.alive and second.alive
    third = backend.client(setup(sys.executable, own_model))
    assert not second.alive and third.alive
    fourth = backend.client(setup(sys.executable, own_model, "torch"))
    assert not third.alive and fourth.alive
    backend.restart()


def test_runtime_needs_another_python(extension: Path) -> None:
    setup = part("addon.preferences").backend_setup
    with preference(runtime="tensorrt"):
        assert setup(bpy.context).runtime == "auto"
        with preference(python=sys.executable):
            assert setup(bpy.context).runtime == "tensorrt"


@pytest.mark.skipif(os.name != "posix", reason="another Python is a shell script here")
def test_missing_runtime_falls_back_with_warning(
    face: "bpy.types.Object", strip: "bpy.types.Strip", tmp_path: Path
) -> None:
    job, make_request = part("addon.generation.job"), part("addon.operators.generate").make_request
    python, packages = tmp_path / "python", ":".join(part("addon.generation.backend_process").site_dirs())
    python.write_text(
        f'#!/bin/sh\nshift\nPYTHONPATH="{packages}" exec "{sys.executable}" "$@"\n'
    )  # shift: without the -I, that ignores it
    python.chmod(0o700)
    with preference(python=str(python), runtime="tensorrt"):
        running = job.Job(make_request(bpy.context))
        while not running.pump(0.1):
            pass
        outcome = running.apply()
        (warning,) = map(str, outcome.warnings)
        assert warning.startswith("This Python lacks a package for the tensorrt runtime") and warning.endswith(
            "; until then, ONNX Runtime is used"
        )
        assert len(outcome.actions) == 1
        assert bpy.ops.lipsync.generate() == {"FINISHED"}
    part("addon.generation.backend_process").process.restart()
