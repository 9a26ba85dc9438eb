"""No space, permission or folder for temporary files: one sentence says why, nothing is left, and the next job works."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import another_blender
import bpy
import pytest
from file_snapshot import contents, differences
from helpers import part
from running_job import KINDS, begin, stage, take_back
from running_job import temporary as left_over

PACKED = "a take of a packed sound"
_ADVICE = "free some disk space or make the folder writable, then generate again"

Mount = Callable[..., Path]

pytestmark = pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="needs a Blender with sound")


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mount a small, empty file system. options: as for mount."""
    mounted: list[Path] = []

    def do(options: str) -> Path:
        folder = tmp_path / f"disk {len(mounted)}"
        folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False, capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"may not mount a small disk: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield do
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def backend(extension: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(part("addon.generation.backend_process"), "_RESTART_DELAY", 0.0)
    backend = part("addon.generation.backend_process").process
    stage()
    backend.close()
    yield backend
    backend.close()


def _fill(folder: Path) -> Path:
    """Fill the disk."""
    with contextlib.suppress(OSError), open(folder / "film.mov", "wb", buffering=0) as film:
        while film.write(bytes(4096)):
            pass
    return folder / "film.mov"


def _refused(kind: str) -> str:
    """Return the error message, after checking that nothing has changed."""
    before, running = contents(), begin(kind)
    running.finish()
    assert running.state == {"CANCELLED"} and not differences(before, contents())
    (sentence,) = running.reports
    current = part("addon.generation.current_job").current
    assert current.job is None and not left_over()
    assert current.error.template in part("addon.locale").LANGUAGES["de"]
    return sentence


def _works(kind: str) -> None:
    running = begin(kind)
    assert running.finish() == {"FINISHED"}, running.reports
    take_back()


def test_disk_full_before_unpacking(backend: Any, mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = mount("size=128k")
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    film = _fill(disk)
    sentence = _refused(PACKED)
    assert f"Can't write a temporary file (No space left on device: {disk}" in sentence and _ADVICE in sentence
    take_back()
    for kind in KINDS:
        if kind != PACKED:
            _works(kind)  # which need no more than a log, even an empty one
    film.unlink()
    _works(PACKED)


def test_disk_full_during_job(backend: Any, mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = mount("size=1m")
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    for kind in KINDS:
        running = begin(kind)
        running.pump()
        film = _fill(disk)
        assert running.finish() == {"FINISHED"}, running.reports
        take_back()
        film.unlink()


@pytest.mark.parametrize("options", ["nr_inodes=2", "ro"])
def test_temporary_folder_cannot_be_made(
    options: str, backend: Any, mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a read-only disk, and on one without room for another file."""
    disk = mount(options)
    if options != "ro":
        (disk / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    for kind in KINDS:
        sentence = _refused(kind)
        assert ("Read-only file system" if options == "ro" else "No space left on device") in sentence and str(
            disk
        ) in sentence
        assert _ADVICE in sentence
    subprocess.run(["mount", "-o", "remount,rw,nr_inodes=100", disk], check=True)
    for kind in KINDS:
        _works(kind)


def test_deleted_folder_is_recreated(backend: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some systems clean up their temporary folder now and then."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert "No such file or directory" in _refused(PACKED) and "No such file or directory" in _refused("a take")
    (tmp_path / "none").mkdir()
    for kind in KINDS:
        _works(kind)
        folder = backend.folder()
        for file in folder.iterdir():
            file.unlink()
        os.rmdir(folder)
        _works(kind)


def test_tmpdir_is_no_folder(extension: Path, tmp_path: Path) -> None:
    """Python uses another folder then."""
    path = tmp_path / "tmp"
    path.touch()
    blender = another_blender.start("generate", 1, TMPDIR=str(path))
    for kind in KINDS:
        assert another_blender.read_line(blender)["kind"] == kind
    assert another_blender.read_line(blender) == {"ended": True}
    assert path.is_file()
