"""Snapshots of all data in a .blend file, exact, for tests to compare."""

import hashlib
from typing import Any

import bpy
import numpy as np
from helpers import part

_WHOLE = ("interpolation", "easing", "handle_left_type", "handle_right_type")
_KEYS = (
    *((part_of_it, 2, np.float32) for part_of_it in ("co", "handle_left", "handle_right")),
    *((name, 1, np.int32) for name in _WHOLE),
)
_KINDS = ("actions", "meshes", "objects", "scenes", "shape_keys", "sounds")
_LIVE = ("rna_type", "take", "name", "identity", "emotion")  # computed of something else
_ROOMS = (
    "armatures",
    "cameras",
    "collections",
    "libraries",
    "materials",
    "texts",
    "worlds",
)  # of which only the names are compared

Contents = dict[tuple[str, str], Any]


def contents() -> Contents:
    """Return (kind, name) of each data-block -> its contents."""
    read = {
        "actions": _action,
        "meshes": _mesh,
        "objects": _object,
        "scenes": _scene,
        "shape_keys": _key,
        "sounds": lambda sound: sound.filepath,
    }
    found = {(kind, block.name_full): read[kind](block) for kind in _KINDS for block in getattr(bpy.data, kind)}
    return found | {(kind, ""): sorted(block.name_full for block in getattr(bpy.data, kind)) for kind in _ROOMS}


def differences(before: Contents, after: Contents) -> set[tuple[str, str]]:
    """Return (kind, name) of the data-blocks that were added, removed or changed."""
    return {
        name
        for name in before.keys() | after.keys()
        if name not in before or name not in after or before[name] != after[name]
    }


def _digest(sequence: Any, *parts: tuple[str, int, type]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part_of_it, width, kind in parts:
        values: np.ndarray = np.empty(width * len(sequence), kind)
        sequence.foreach_get(part_of_it, values)
        digest.update(values.tobytes())
    return digest.hexdigest()


def _action(action: Any) -> Any:
    layers = getattr(action, "layers", ())
    bags = (
        [bag for layer in layers for strip in layer.strips for bag in strip.channelbags]
        if hasattr(action, "slots")
        else [action]
    )
    curves = [
        (curve.data_path, curve.array_index, curve.extrapolation, curve.mute, _digest(curve.keyframe_points, *_KEYS))
        for bag in bags
        for curve in bag.fcurves
    ]
    return action.use_fake_user, sorted(curves), {name: _plain(value) for name, value in action.items()}


def _plain(value: Any) -> Any:
    """Return a custom property as a value that can be compared."""
    if hasattr(value, "to_dict"):  # Blender 4.5 stores an empty group where an unset pointer was read
        return {name: each for name, each in value.to_dict().items() if each != {}}
    return value.to_list() if hasattr(value, "to_list") else value


def _animation(block: Any) -> Any:
    data = block.animation_data
    if data is None:
        return None
    tracks = [
        (
            track.name,
            track.mute,
            [
                (strip.name, strip.action and strip.action.name, strip.frame_start, strip.frame_end)
                for strip in track.strips
            ],
        )
        for track in data.nla_tracks
    ]
    slot = getattr(data, "action_slot", None)
    return data.action and data.action.name_full, slot and slot.identifier, data.use_nla, tracks, len(data.drivers)


def _key(key: Any) -> Any:
    blocks = [(block.name, block.mute, _digest(block.data, ("co", 3, np.float32))) for block in key.key_blocks]
    return _animation(key), key.use_relative, blocks


def _mesh(mesh: Any) -> Any:
    return len(mesh.polygons), _digest(mesh.vertices, ("co", 3, np.float32)), mesh.shape_keys and mesh.shape_keys.name


def _object(ob: Any) -> Any:
    where = sorted(collection.name for collection in ob.users_collection)
    matrix = [*map(tuple, ob.matrix_basis)]
    return (
        ob.type,
        ob.data and ob.data.name,
        ob.parent and ob.parent.name,
        matrix,
        where,
        len(ob.modifiers),
        ob.hide_viewport,
        _animation(ob),
    )


def _scene(scene: Any) -> Any:
    strips = [
        (strip.name, strip.channel, strip.mute) for strip in part("addon.generation.sound_strip").all_strips(scene)
    ]
    groups = [getattr(scene, name) for name in ("lipsync", "lipsync_cast") if hasattr(scene, name)]
    frames = scene.frame_current, scene.frame_start, scene.frame_end, scene.render.fps, scene.render.fps_base
    return frames, strips, [_settings(group) for group in groups], _animation(scene)


def _settings(group: Any) -> dict[str, Any]:
    """Return a group of properties as a dictionary, with the groups inside it."""
    names = {prop.identifier for prop in group.bl_rna.properties} - {*_LIVE}
    held = {name: getattr(group, name) for name in names}
    return {
        name: _settings(value) if isinstance(value, bpy.types.PropertyGroup) else _named(value)
        for name, value in held.items()
    }


def _named(value: Any) -> Any:
    if isinstance(value, bpy.types.bpy_prop_collection):
        return [_settings(item) for item in value]
    return value.name_full if isinstance(value, bpy.types.ID) else sorted(value) if isinstance(value, set) else value
