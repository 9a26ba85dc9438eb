"""Fixtures: the built zip, installed in this environment's Blender as a user would, and scenes to test it in."""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]

if importlib.util.find_spec("bpy"):
    # Read when Blender starts: the user's own settings and extensions stay out of it.
    os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="blender_user_")
    import bpy
    from helpers import IS_UNIVERSAL, PACKAGE, add_strip, part
else:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def build_zip() -> ModuleType:
    """Import the build script as a module."""
    spec = importlib.util.spec_from_file_location("build_zip", ROOT / ".ci/build_zip.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def extension_zip(build_zip: ModuleType) -> Path:
    """Build the zip that this Blender tests."""
    return build_zip.build(build_zip.UNIVERSAL if IS_UNIVERSAL else build_zip.this_platform())


@pytest.fixture(scope="session")
def extension(extension_zip: Path) -> Iterator[Path]:
    """Install and enable the extension. Yields its folder."""
    result = bpy.ops.extensions.package_install_files(
        filepath=str(extension_zip), repo="user_default", enable_on_install=True
    )
    assert result == {"FINISHED"} and PACKAGE in bpy.context.preferences.addons
    yield Path(part("addon").__file__).parents[1]
    # Blender 4.5 never ends when classes are still registered.
    bpy.ops.preferences.addon_disable(module=PACKAGE)
    shutil.rmtree(os.environ["BLENDER_USER_RESOURCES"], ignore_errors=True)


@pytest.fixture
def scene(extension: Path) -> "bpy.types.Scene":
    """Open a new, empty file. Returns its scene."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    return bpy.context.scene


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sound file with a few seconds of speech, whose name has a space."""
    path = tmp_path_factory.mktemp("speech") / "Hello There.ogg"
    shutil.copy(ROOT / "tests/data/speech.ogg", path)
    return path


@pytest.fixture
def strip(scene: "bpy.types.Scene", speech: Path) -> "bpy.types.Strip":
    """Add the speech as the active strip, from frame 11 on."""
    return add_strip(scene, speech)


@pytest.fixture
def face(scene: "bpy.types.Scene") -> "bpy.types.Object":
    """Add the sample face, active."""
    bpy.ops.mesh.arkit_sample_face_add()
    return bpy.context.active_object
