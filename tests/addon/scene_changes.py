"""Changes that an artist may make during a job: functions of a folder to save to, by name."""

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import bpy
from helpers import PACKAGE, add_mesh, part
from running_job import MINE

OPENING = ("new_file", "new_file_with_a_face", "save_and_reopen", "save_and_revert")
DISABLING = ("disable_addon", "disable_and_enable_addon", "reload_scripts")
CHANGES: dict[str, Callable[[Path], object]] = {}


def _change(do: Callable[[Path], object]) -> Callable[[Path], object]:
    CHANGES[do.__name__] = do
    return do


def mark_face() -> None:
    """Mark the face, so that it is found under any name."""
    bpy.data.objects["Face"]["is_face"] = True


def _face() -> Any:
    """Return the face under its present name. Raises KeyError if it was deleted."""
    return next((ob for ob in bpy.data.objects if ob.get("is_face")), None) or bpy.data.objects["Face"]


def _key() -> Any:
    return _face().data.shape_keys


@contextlib.contextmanager
def _only(ob: Any) -> Any:
    """Select only this object and make it active."""
    for other in [*bpy.context.view_layer.objects]:  # which selecting builds anew
        other.select_set(other == ob)
    bpy.context.view_layer.objects.active = ob
    yield
    bpy.ops.ed.undo_push(message="Changed")


@_change
def undo(folder: Path) -> None:
    bpy.ops.ed.undo()


@_change
def redo(folder: Path) -> None:
    bpy.ops.ed.redo()


@_change
def move_and_undo(folder: Path) -> None:
    _face().location.z += 1.0
    bpy.ops.ed.undo_push(message="Moved")
    bpy.ops.ed.undo()


@_change
def undo_all(folder: Path) -> None:
    while bpy.ops.ed.undo.poll():
        bpy.ops.ed.undo()


@_change
def rename_face(folder: Path) -> None:
    face = _face()
    face.name, face.data.name = "Hero", "Hero's mesh"
    add_mesh("Face", ["jawOpen"])  # another one takes its name


@_change
def delete_face(folder: Path) -> None:
    bpy.data.objects.remove(_face())


@_change
def delete_face_as_an_artist(folder: Path) -> None:
    with _only(_face()):
        bpy.ops.object.delete(use_global=False)


@_change
def delete_mesh(folder: Path) -> None:
    bpy.data.meshes.remove(_face().data)


@_change
def delete_teeth(folder: Path) -> None:
    bpy.data.objects.remove(next(ob for ob in _face().children if ob.type == "MESH" and ob.data.shape_keys))


@_change
def rename_keys(folder: Path) -> None:
    _key().name = "Renamed"
    for block in _key().key_blocks[1:10]:
        block.name = f"{block.name} old"


@_change
def delete_keys(folder: Path) -> None:
    face = _face()
    for block in face.data.shape_keys.key_blocks[5:25]:
        face.shape_key_remove(block)


@_change
def delete_all_keys(folder: Path) -> None:
    _face().shape_key_clear()


@_change
def apply_all_keys(folder: Path) -> None:
    with _only(_face()):
        bpy.ops.object.shape_key_remove(all=True, apply_mix=True)


@_change
def mute_and_lock_keys(folder: Path) -> None:
    for number, block in enumerate(_key().key_blocks[1:]):
        block.mute, block.lock_shape = number % 3 == 0, number % 3 == 1


@_change
def make_keys_absolute(folder: Path) -> None:
    _key().use_relative = False


@_change
def drive_keys(folder: Path) -> None:
    for block in _key().key_blocks[1:20]:
        block.driver_add("value").driver.expression = "0.25"


@_change
def join_meshes(folder: Path) -> None:
    face = _face()
    with _only(face):
        for child in face.children:
            child.select_set(True)
        bpy.ops.object.join()


@_change
def join_into_another(folder: Path) -> None:
    face = _face()
    with _only(bpy.data.objects["Bystander"]):
        face.select_set(True)
        bpy.ops.object.join()


@_change
def separate_mesh(folder: Path) -> None:
    with _only(_face()):
        bpy.ops.mesh.separate(type="LOOSE")


@_change
def duplicate_face(folder: Path) -> None:
    face = _face()
    with _only(face):
        for child in face.children_recursive:  # with its rig, or the copy would belong to the same character
            child.select_set(True)
        bpy.ops.object.duplicate(linked=False)


@_change
def duplicate_linked(folder: Path) -> None:
    with _only(_face()):
        bpy.ops.object.duplicate(linked=True)


@_change
def make_single_user(folder: Path) -> None:
    with _only(_face()):
        bpy.ops.object.make_single_user(object=True, obdata=True, animation=True)


@_change
def convert_face(folder: Path) -> None:
    with _only(_face()):
        bpy.ops.object.convert(target="MESH")


def _mode(mode: str, folder: Path) -> None:
    bpy.context.view_layer.objects.active = _face()
    bpy.ops.object.mode_set(mode=mode)


for _name in ("EDIT", "SCULPT", "OBJECT", "VERTEX_PAINT", "WEIGHT_PAINT"):
    CHANGES[f"mode_{_name.lower()}"] = partial(_mode, _name)


@_change
def edit_and_undo(folder: Path) -> None:
    _mode("EDIT", folder)
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.transform.translate(value=(0.0, 0.0, 0.1))
    bpy.ops.ed.undo_push(message="Edited")
    bpy.ops.ed.undo()


@_change
def hide_face(folder: Path) -> None:
    _face().hide_viewport = True
    _face().hide_set(True)


@_change
def unlink_face(folder: Path) -> None:
    face = _face()
    for collection in [*face.users_collection]:
        collection.objects.unlink(face)


@_change
def another_view_layer(folder: Path) -> None:
    bpy.context.window.view_layer = bpy.context.scene.view_layers.new("Other")


@_change
def exclude_collection(folder: Path) -> None:
    for layer in bpy.context.view_layer.layer_collection.children:
        layer.exclude = True


@_change
def another_scene(folder: Path) -> None:
    bpy.context.window.scene = bpy.data.scenes.new("Another")


@_change
def copy_scene(folder: Path) -> None:
    bpy.ops.scene.new(type="FULL_COPY")


@_change
def delete_scene(folder: Path) -> None:
    scene = bpy.context.scene
    bpy.context.window.scene = bpy.data.scenes.new("Another")
    bpy.data.scenes.remove(scene)


@_change
def delete_scene_with_all(folder: Path) -> None:
    delete_scene(folder)
    bpy.ops.outliner.orphans_purge(do_recursive=True)


@_change
def sequence_in_a_scene_that_goes(folder: Path) -> None:
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        other = bpy.context.workspace.sequencer_scene = bpy.data.scenes.new("Edit")
        bpy.data.scenes.remove(other)


@_change
def rename_scene(folder: Path) -> None:
    bpy.context.scene.name = "Renamed"
    bpy.data.scenes.new("Scene")


@_change
def delete_strips(folder: Path) -> None:
    editor = bpy.context.scene.sequence_editor
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    for strip in [*strips]:
        strips.remove(strip)


@_change
def rename_strips(folder: Path) -> None:
    for strip in part("addon.generation.sound_strip").all_strips(bpy.context.scene):
        strip.name = "Renamed"


@_change
def delete_sounds(folder: Path) -> None:
    for sound in [*bpy.data.sounds]:
        bpy.data.sounds.remove(sound)


@_change
def delete_sequence(folder: Path) -> None:
    bpy.context.scene.sequence_editor_clear()


@_change
def delete_action(folder: Path) -> None:
    bpy.data.actions.remove(bpy.data.actions[MINE])


@_change
def rename_action(folder: Path) -> None:
    bpy.data.actions[MINE].name = "Renamed"
    bpy.data.actions.new(MINE)


@_change
def clear_action(folder: Path) -> None:
    action = bpy.data.actions[MINE]
    for owner in (
        [bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags]
        if hasattr(action, "layers")
        else [action]
    ):
        owner.fcurves.clear()


@_change
def unassign_action(folder: Path) -> None:
    _key().animation_data_clear()


@_change
def push_down_and_tweak(folder: Path) -> None:
    data = _key().animation_data
    data.nla_tracks.new().strips.new("Strip", 1, data.action)
    data.action = None
    data.nla_tracks[0].select = data.nla_tracks[0].strips[0].select = True
    data.use_tweak_mode = True


@_change
def delete_all_actions(folder: Path) -> None:
    bpy.data.batch_remove(bpy.data.actions)


@_change
def purge(folder: Path) -> None:
    bpy.ops.outliner.orphans_purge(do_recursive=True)


@_change
def other_fps(folder: Path) -> None:
    bpy.context.scene.render.fps = 60
    bpy.context.scene.frame_set(77)


@_change
def save(folder: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))


@_change
def save_and_reopen(folder: Path) -> None:
    save(folder)
    bpy.ops.wm.open_mainfile(filepath=str(folder / "shot.blend"))


@_change
def save_and_revert(folder: Path) -> None:
    save(folder)
    bpy.ops.wm.revert_mainfile()


@_change
def new_file(folder: Path) -> None:
    bpy.ops.wm.read_homefile(use_factory_startup=True)


@_change
def new_file_with_a_face(folder: Path) -> None:
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.mesh.arkit_sample_face_add()


@_change
def link_in_place(folder: Path) -> None:
    """Replace the face by a linked copy from another file."""
    face = _face()
    library = folder / "library.blend"
    bpy.data.libraries.write(str(library), {face})
    name = face.name
    bpy.data.objects.remove(face)
    with bpy.data.libraries.load(str(library), link=True) as (_, linked):
        linked.objects = [name]
    bpy.context.scene.collection.objects.link(linked.objects[0])


@_change
def link_and_override(folder: Path) -> None:
    link_in_place(folder)
    linked = next(ob for ob in bpy.context.scene.objects if ob.library)
    linked.override_create(remap_local_usages=True).data.override_create(remap_local_usages=True)


@_change
def reload_library(folder: Path) -> None:
    for library in bpy.data.libraries:
        library.reload()


@_change
def disable_addon(folder: Path) -> None:
    bpy.ops.preferences.addon_disable(module=PACKAGE)


@_change
def disable_and_enable_addon(folder: Path) -> None:
    bpy.ops.preferences.addon_disable(module=PACKAGE)
    bpy.ops.preferences.addon_enable(module=PACKAGE)


@_change
def reload_scripts(folder: Path) -> None:
    bpy.ops.script.reload()
