"""The exact contents of the zip."""

import hashlib
import shutil
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from helpers import IS_UNIVERSAL

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def archive(extension_zip: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(extension_zip)


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    return tomllib.loads(archive.read("blender_manifest.toml").decode())


def test_zip_contains_expected_files_only(archive: zipfile.ZipFile, build_zip: ModuleType) -> None:
    code = {path.relative_to(ROOT).as_posix() for part in ("addon", "backend") for path in (ROOT / part).rglob("*.py")}
    model = {path.relative_to(ROOT).as_posix() for path in (ROOT / "backend/model").iterdir()}
    assert {f"backend/model/{name}" for name in ("model.json", "LICENSE")} < model
    expected = {"__init__.py", "blender_manifest.toml", "LICENSE", "THIRD_PARTY.md"} | code | model
    if IS_UNIVERSAL:
        left_out = {name for name in code if build_zip.matches(name, build_zip.FAST_ONLY)}
        assert len(left_out) >= len(build_zip.FAST_ONLY)
        expected -= left_out | {"THIRD_PARTY.md"}
    else:
        expected |= {f"wheels/{name}" for name in build_zip.locked_wheels(build_zip.this_platform())}
    assert sorted(archive.namelist()) == sorted(expected)


def test_every_pattern_of_the_fast_zip_matches(build_zip: ModuleType) -> None:
    names = [path.relative_to(ROOT).as_posix() for part in ("addon", "backend") for path in (ROOT / part).rglob("*.py")]
    names.append("THIRD_PARTY.md")
    assert all(any(build_zip.matches(name, [pattern]) for name in names) for pattern in build_zip.FAST_ONLY)


@pytest.mark.skipif(IS_UNIVERSAL, reason="this Blender tests the fast zip")
def test_every_wheel_has_its_holders(archive: zipfile.ZipFile, build_zip: ModuleType) -> None:
    text = archive.read("THIRD_PARTY.md").decode()
    assert all(f"[{name}](https://pypi.org/project/{name})" in text for name in build_zip.PACKAGES)
    assert set(build_zip.HOLDERS) < set(_manifest(archive)["copyright"])
    for holder in build_zip.HOLDERS:
        assert all(name in text for name in holder.partition(" ")[2].removesuffix(" and others").split(", ")), holder


@pytest.mark.skipif(not IS_UNIVERSAL, reason="this Blender tests the fast zip")
def test_universal_zip_fits_any_system_and_python(archive: zipfile.ZipFile, extension_zip: Path) -> None:
    assert "wheels" not in _manifest(archive) and "platforms" not in _manifest(archive)
    assert {Path(name).suffix for name in archive.namelist()} == {".py", ".toml", "", ".onnx", ".npz", ".json", ".md"}
    assert extension_zip.stat().st_size < 10e6


@pytest.mark.skipif(IS_UNIVERSAL, reason="this Blender tests the universal zip")
def test_wheels_match_the_lock_file(archive: zipfile.ZipFile, build_zip: ModuleType) -> None:
    (platform,) = _manifest(archive)["platforms"]
    locked = build_zip.locked_wheels(platform)
    assert sorted(_manifest(archive)["wheels"]) == sorted(f"./wheels/{name}" for name in locked)
    for name, digest in locked.items():
        assert hashlib.sha256(archive.read(f"wheels/{name}")).hexdigest() == digest


def test_platforms_have_all_packages(build_zip: ModuleType) -> None:
    for platform in build_zip.PLATFORMS:
        names = [name.split("-") for name in build_zip.locked_wheels(platform)]
        for package in ("onnxruntime", "cffi"):
            assert sorted(python for name, _, python, *_ in names if name == package) == ["cp311", "cp313"]
        assert sorted(python for name, _, python, *_ in names if name == "soxr") == [
            "cp311",
            "cp312",
        ]  # the latter is for later ones too
        assert {"soundfile", "typing_extensions"} < {name for name, *_ in names}


def test_another_python_can_be_added(build_zip: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    pythons = (*build_zip.PYTHONS, "3.14")
    more = {name for name in build_zip.locked_wheels("linux-x64", pythons)} - {*build_zip.locked_wheels("linux-x64")}
    assert {name.split("-")[2] for name in more} == {"cp314"} and not capsys.readouterr().out
    # Nobody makes one for Intel Macs any more.
    assert build_zip.locked_wheels("macos-x64", pythons) == build_zip.locked_wheels("macos-x64")
    assert "no onnxruntime for Python 3.14 on macos-x64: left out" in capsys.readouterr().out


def test_zip_with_foreign_file_is_refused(build_zip: ModuleType, extension_zip: Path, tmp_path: Path) -> None:
    wheels = [] if IS_UNIVERSAL else [*build_zip.locked_wheels(build_zip.this_platform())]
    build_zip.check(extension_zip, wheels, 60e6)
    copy = tmp_path / "copy.zip"
    for stray in (
        "training/model/network.py",
        "addon/face.blend",
        "backend/model/notes.txt",
        "wheels/other-1-py3-none-any.whl",
        *(["backend/runtimes/torch.py"] if IS_UNIVERSAL else []),
    ):
        shutil.copy(extension_zip, copy)
        with zipfile.ZipFile(copy, "a") as archive:
            archive.writestr(stray, "")
        with pytest.raises(build_zip.BuildError, match=f"holds what it should not: {stray}"):
            build_zip.check(copy, wheels, 60e6)
    with pytest.raises(build_zip.BuildError, match="lacks wheels/another.whl"):
        build_zip.check(extension_zip, [*wheels, "another.whl"], 60e6)
    with pytest.raises(build_zip.BuildError, match="too large"):
        build_zip.check(extension_zip, wheels, 1e6)


def test_versions_agree(archive: zipfile.ZipFile) -> None:
    manifest = _manifest(archive)
    assert f'__version__ = "{manifest["version"]}"' in archive.read("backend/__init__.py").decode()


def test_text_is_free_of_machine_paths(archive: zipfile.ZipFile) -> None:
    for name in archive.namelist():
        if name.endswith((".py", ".toml", ".json")):
            text = archive.read(name).decode()
            assert "/root/" not in text and "/home/" not in text and "../shared" not in text, name
