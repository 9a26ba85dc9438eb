"""The face: its meshes, and which of their shape keys are ARKit's."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import bpy

from ..backend.arkit import CHANNELS, NameMap, map_names

_EXAMPLES = 4  # names shown of keys that aren't ARKit's

_map_names = lru_cache(maxsize=256)(map_names)  # panels ask at every redraw


class RigError(Exception):
    """A face can't be animated; the text is a sentence for the artist."""


@dataclass(frozen=True)
class FaceMesh:
    """A mesh of a face. names: its spellings of ARKit's channels; skipped: key name -> why its keys can't or shall not be animated.

    Holds on to Blender's data: use at once, never keep.
    """

    object: bpy.types.Object
    key: bpy.types.Key
    names: NameMap
    skipped: dict[str, str]


@dataclass(frozen=True)
class Face:
    """The meshes of a face that can be animated, the one asked for first; skipped: name of a mesh -> why it can't."""

    meshes: tuple[FaceMesh, ...]
    skipped: dict[str, str]

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that will move something, in the order of CHANNELS."""
        free = {name for mesh in self.meshes for name, keys in mesh.names.keys.items() if any(key not in mesh.skipped for key in keys)}
        return tuple(name for name in CHANNELS if name in free)

    def warnings(self) -> list[str]:
        """What can't be animated, as sentences without a full stop."""
        moving = {key for mesh in self.meshes for keys in mesh.names.keys.values() for key in keys if key not in mesh.skipped}
        reasons: dict[str, list[str]] = {}
        for mesh in self.meshes:
            for key, why in mesh.skipped.items():
                if key not in moving and key not in reasons.setdefault(why, []):
                    reasons[why].append(key)
        return [
            *(f"Left alone, as {why}: {_listed(keys)}" for why, keys in reasons.items() if keys),
            *(f'"{name}" was left out: {why}' for name, why in self.skipped.items()),
        ]


def read_face(ob: bpy.types.Object | None) -> Face:
    """The face that an object is, or is a part of: itself, and the meshes around it that have ARKit's keys. Raises RigError."""
    if ob is None:
        raise RigError("Select a face: an object with ARKit's shape keys")
    keyed = [member for member in _family(ob) if member.type == "MESH" and member.data.shape_keys]
    if not keyed:
        raise RigError(f'"{ob.name}" has no shape keys: select a face that has ARKit\'s')
    meshes: list[FaceMesh] = []
    skipped: dict[str, str] = {}
    for member in keyed:
        key = member.data.shape_keys
        names = _map_names(tuple(block.name for block in key.key_blocks[1:]))
        if not names.keys or any(mesh.key == key for mesh in meshes):
            continue
        if why := _unfit(key):
            skipped[member.name] = why
        else:
            meshes.append(FaceMesh(member, key, names, _skipped_keys(key, names)))
    if not meshes and skipped:
        name, why = next(iter(skipped.items()))
        raise RigError(f'"{name}" can\'t be keyed: {why}')
    if not meshes:
        others = [block.name for member in keyed for block in member.data.shape_keys.key_blocks[1:]]
        has = f"it has {_listed(others)}" if others else "it has none but the basis"
        raise RigError(
            f'No ARKit shape keys on "{ob.name}": looked for {len(CHANNELS)}, found 0, {has}: rename them or select another face'
        )
    face = Face(tuple(meshes), skipped)
    if not face.channels:
        raise RigError(f'Every ARKit shape key of "{ob.name}" is driven, muted or locked: free those that shall move')
    return face


def _family(ob: bpy.types.Object) -> Iterator[bpy.types.Object]:
    """An object, what is below it, its parent and siblings, and what the same armature moves; the object first, none twice."""
    around = [ob, *ob.children_recursive]
    if ob.parent:
        around += [ob.parent, *ob.parent.children_recursive]
    armatures = {member for member in (ob, ob.parent) if member and member.type == "ARMATURE"} | _armatures(ob)
    for armature in armatures:
        around += armature.children_recursive
    if armatures:
        around += [member for member in bpy.data.objects if member.type == "MESH" and _armatures(member) & armatures]
    return iter(dict.fromkeys(around))


def _armatures(ob: bpy.types.Object) -> set[bpy.types.Object]:
    return {modifier.object for modifier in ob.modifiers if modifier.type == "ARMATURE" and modifier.object}


def _unfit(key: bpy.types.Key) -> str:
    """Why none of a mesh's keys can be animated, "" when they can."""
    if not key.is_editable:
        return "its shape keys are linked; make its mesh a library override, and give the keys animation data in the source file"
    if not key.use_relative:
        return "its shape keys are not relative; turn Relative on"
    if key.animation_data and key.animation_data.use_tweak_mode:
        return "an NLA strip of its keys is in tweak mode; leave tweak mode"
    return ""


def _skipped_keys(key: bpy.types.Key, names: NameMap) -> dict[str, str]:
    driven = {driver.data_path for driver in key.animation_data.drivers} if key.animation_data else set()
    skipped = {}
    for name in (name for keys in names.keys.values() for name in keys):
        block = key.key_blocks[name]
        if block.path_from_id("value") in driven:
            skipped[name] = "driven"
        elif block.mute:
            skipped[name] = "muted"
        elif block.lock_shape:
            skipped[name] = "locked"
    return skipped


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_EXAMPLES]) + (", ..." if len(names) > _EXAMPLES else "")
