"""Error reports: the copied details, and the log."""

import platform
from pathlib import Path

import bpy
import pytest
from helpers import part, preference


@pytest.fixture
def failed(face: "bpy.types.Object", strip: "bpy.types.Strip", tmp_path: Path) -> Path:
    """Let a generation fail. Returns the file, which has no sound in it."""
    file = tmp_path / "notes.wav"
    file.write_text("not a sound " * 100)
    strip.sound.filepath = str(file)
    with pytest.raises(RuntimeError):
        bpy.ops.lipsync.generate()
    return file


def test_details_are_complete(failed: Path) -> None:
    report, card = part("addon.operators.error_report"), part("addon.properties").model_card()
    details = report.error_details(bpy.context)
    sentence, *lines = details.splitlines()
    assert sentence.startswith(f'"{failed}" is in no format that can be read (')
    version = part("backend").__version__
    assert f"DiffusionTalker {version}" in lines and f"Model: {card.name} {card.version}, {card.sha256}" in lines
    assert f"Blender {bpy.app.version_string}, {platform.platform()}" in lines
    assert f"Python {platform.python_version()}, backend: the same, on auto" in lines
    log = lines[lines.index("The backend's log ends with:") + 1 :]
    assert any("Backend" in line and version in line for line in log) and "failed (audio)" in log[-1]
    assert bpy.ops.lipsync.copy_error() == {"FINISHED"}


def test_details_name_model_problem(failed: Path, tmp_path: Path) -> None:
    with preference(model=str(tmp_path), python="/opt/python"):
        details = part("addon.operators.error_report").error_details(bpy.context)
    assert f"Model: No model.json in {tmp_path}" in details and "backend: /opt/python" in details


def test_details_need_no_log(scene: "bpy.types.Scene", monkeypatch: pytest.MonkeyPatch) -> None:
    backend = part("addon.generation.backend_process").process
    backend.close()
    monkeypatch.setattr(part("addon.generation.current_job").current, "error", "The backend can't be started")
    assert bpy.ops.lipsync.copy_error() == {"FINISHED"}
    assert (
        part("addon.operators.error_report")
        .error_details(bpy.context)
        .endswith("The backend's log ends with:\n(nothing)")
    )


def test_no_details_without_failure(face: "bpy.types.Object", strip: "bpy.types.Strip") -> None:
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    with pytest.raises(RuntimeError, match="Nothing has failed"):
        bpy.ops.lipsync.copy_error()


def test_log_is_shown_as_one_text(failed: Path) -> None:
    for _ in range(2):
        assert bpy.ops.lipsync.show_log() == {"FINISHED"}
    (text,) = bpy.data.texts
    assert "failed (audio)" in text.as_string()


def test_no_log_before_first_start(scene: "bpy.types.Scene") -> None:
    part("addon.generation.backend_process").process.close()
    with pytest.raises(RuntimeError, match="The backend hasn't been started yet"):
        bpy.ops.lipsync.show_log()
