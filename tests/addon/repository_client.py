"""A Blender that installs the extension from a repository and updates it: repository_client.py URL FOLDER

Its parent serves the repository at URL, and changes it when asked by a line on stdout. FOLDER is for files.
"""

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

url, folder = sys.argv[1], Path(sys.argv[2])
os.environ["BLENDER_USER_RESOURCES"] = str(folder / "user")

import bpy

MODULE = "our_repository"
PACKAGE = f"bl_ext.{MODULE}.diffusion_talker"
SOUND = Path(__file__).parents[1] / "data" / "speech.ogg"


def _part(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


def _version() -> str:
    return _part("backend").__version__


def _takes() -> dict[str, object]:
    takes = _part("addon.takes.take_store")
    assert all(takes.read_info(action) for action in takes.all_takes())
    return {action.name: action["lipsync_take"].to_dict() for action in takes.all_takes()}


def main() -> None:
    preferences = bpy.context.preferences
    preferences.system.use_online_access = True
    repositories = preferences.extensions.repos
    repository = repositories.new(name="Ours", module=MODULE, remote_url=url)
    index = [*repositories].index(repository)
    assert bpy.ops.extensions.repo_sync(repo_index=index) == {"FINISHED"}
    installed = bpy.ops.extensions.package_install(repo_index=index, pkg_id="diffusion_talker", enable_on_install=True)
    assert installed == {"FINISHED"}
    print("installed", _version(), flush=True)

    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    (folder / "model").mkdir()
    preferences.addons[PACKAGE].preferences.model = str(folder / "model")  # a setting, and a wrong one
    scene = bpy.context.scene
    bpy.ops.mesh.arkit_sample_face_add()
    editor = scene.sequence_editor_create()
    editor.active_strip = editor.strips.new_sound("speech", str(SOUND), 1, 1)
    scene.lipsync.emotion, scene.lipsync.seed = "happiness", 7
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    before = _takes()
    assert len(before) == 1
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))

    print("update", flush=True)
    sys.stdin.readline()  # the parent has put a newer version into the repository
    assert bpy.ops.extensions.repo_sync(repo_index=index) == {"FINISHED"}
    assert bpy.ops.extensions.package_upgrade_all() == {"FINISHED"}
    for name in [name for name in sys.modules if name.startswith(f"{PACKAGE}.")]:
        assert Path(sys.modules[name].__file__ or "").exists(), name
    print("updated", _version(), flush=True)
    assert preferences.addons[PACKAGE].preferences.model == str(folder / "model")
    assert (scene.lipsync.emotion, scene.lipsync.seed) == ("happiness", 7)
    assert _takes() == before
    bpy.ops.wm.open_mainfile(filepath=str(folder / "shot.blend"))
    assert _takes() == before
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    assert len(_takes()) == 2
    print("takes", len(_takes()), flush=True)


if __name__ == "__main__":
    try:
        main()
        code = 0
    except Exception:  # noqa: BLE001 - printed below, and the exit must not hang
        import traceback

        traceback.print_exc()
        code = 1
    if PACKAGE in bpy.context.preferences.addons:
        bpy.ops.preferences.addon_disable(module=PACKAGE)
    sys.stdout.flush()
    os._exit(code)  # Blender 4.5 may hang at its end
