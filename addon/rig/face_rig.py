"""The face: its meshes, and the curves that their shape keys get. Runs in Blender."""

import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import bpy

from ...backend.arkit import CHANNELS, HEAD
from ...backend.messages import UserError, UserMessage
from . import channel_names, mapping, obstacles
from .channel_names import ChannelMix
from .visemes import POSES, VisemeSet

_MIN_LIPS = 0.25  # share of the lips' channels; a face with fewer only opens and shuts its mouth
_MAX_EXAMPLES = 4  # names of keys in a message

_TARGET = re.compile(r"(?:target|morph|shape|key)_?(\d+)", re.IGNORECASE)  # importers' names for keys without one
_DEFORMING = ("MESH", "CURVE", "SURFACE", "LATTICE")
_map_face = lru_cache(maxsize=64)(channel_names.map_face)  # panels ask at every redraw


class RigError(UserError):
    """A face can't be animated."""


@dataclass(frozen=True)
class FaceMesh:
    """A mesh of a face. sums: key name -> its mix of curves, which may be rotations of the head. skipped: key name -> why it isn't animated.

    It references Blender's data, so don't keep it beyond the current operation.
    """

    object: bpy.types.Object
    key: bpy.types.Key
    sums: dict[str, ChannelMix]
    skipped: dict[str, UserMessage]


@dataclass(frozen=True)
class Face:
    """The meshes of a face that can be animated, the requested one first. skipped: name of any other mesh -> why it can't be."""

    meshes: tuple[FaceMesh, ...]
    skipped: dict[str, UserMessage]
    viseme_set: VisemeSet | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that move a shape key, in the order of CHANNELS."""
        return self._moved(CHANNELS)

    @property
    def visemes(self) -> tuple[str, ...]:
        """The viseme poses that move a shape key; none if ARKit's channels move the mouth."""
        return self._moved(POSES)

    @property
    def head(self) -> tuple[str, ...]:
        """The rotations of the head that have a shape key, see rig/head_joint.py."""
        return self._moved(HEAD)

    @property
    def coverage(self) -> dict[str, tuple[int, int]]:
        """Region of the face -> (how many of its channels move a shape key, how many it has)."""
        return channel_names.coverage(self.channels)

    def _moved(self, curves: Iterable[str]) -> tuple[str, ...]:
        moving = {
            curve
            for mesh in self.meshes
            for key, each in mesh.sums.items()
            if key not in mesh.skipped
            for curve in each
        }
        return tuple(curve for curve in curves if curve in moving)

    @property
    def extent(self) -> UserMessage:
        """The number of meshes, in words."""
        count = len(self.meshes)
        return UserMessage("1 mesh") if count == 1 else UserMessage("{count} meshes", count=count)

    def problems(self) -> list[UserMessage]:
        """Return why the face can't speak properly, whatever is generated."""
        (jaw, jaws), (lips, all_lips) = (self.coverage[region] for region in ("jaw", "lips"))
        messages = []
        if not self.visemes and lips < _MIN_LIPS * all_lips:
            messages.append(
                UserMessage(
                    "The lower face has few keys (jaw {jaw} of {jaws}, lips {lips} of {all_lips}), so the mouth can't form sounds: "
                    "choose keys or visemes under Mapping",
                    jaw=jaw,
                    jaws=jaws,
                    lips=lips,
                    all_lips=all_lips,
                )
            )
        return [*messages, *obstacles.find_lasting(self.meshes)]

    def warnings(self) -> list[UserMessage]:
        """Return what can't be animated, or will be lost when the file is opened again."""
        moving = {key for mesh in self.meshes for key in mesh.sums if key not in mesh.skipped}
        reasons: dict[UserMessage, list[str]] = {}
        for mesh in self.meshes:
            for key, why in mesh.skipped.items():
                if key not in moving and key not in reasons.setdefault(why, []):
                    reasons[why].append(key)
        return [
            *self.problems(),
            *(
                UserMessage("Not animated ({why}): {keys}", why=why, keys=_listed(keys))
                for why, keys in reasons.items()
                if keys
            ),
            *(UserMessage('"{name}" was skipped: {why}', name=name, why=why) for name, why in self.skipped.items()),
            *(
                UserMessage(
                    '"{mesh}" will lose its animation on reload because its linked shape keys have no animation data: key one of them in the library file',
                    mesh=mesh.object.name,
                )
                for mesh in self.meshes
                if _is_forgetful(mesh.object.data)
            ),
        ]


def read_face(ob: bpy.types.Object | None) -> Face:
    """Read the face that an object belongs to: all meshes around it that have ARKit's keys or visemes. Raises RigError."""
    found = find_face(ob)
    assert ob
    face = replace(found, meshes=tuple(mesh for mesh in found.meshes if mesh.sums))
    if not face.meshes and face.skipped:
        name, why = next(iter(face.skipped.items()))
        raise RigError('"{name}" can\'t be keyed: {why}', name=name, why=why)
    if not face.meshes:
        others = [block.name for mesh in found.meshes for block in mesh.key.key_blocks[1:]]
        has = UserMessage("it has {keys}", keys=_listed(others)) if others else UserMessage("it only has the basis")
        raise RigError(
            'Found none of the {count} ARKit shape keys on "{object}" ({has}): choose them under Mapping, rename them or select another face',
            object=ob.name,
            count=len(CHANNELS),
            has=has,
        )
    if not face.channels and not face.visemes:
        kind = UserMessage("ARKit shape key or viseme") if face.viseme_set else UserMessage("ARKit shape key")
        raise RigError(
            'Every {kind} of "{object}" is driven, muted or locked: free the ones that should move',
            kind=kind,
            object=ob.name,
        )
    return face


def find_face(ob: bpy.types.Object | None) -> Face:
    """Find all meshes with shape keys around an object, even those that nothing moves. Raises RigError when there are none."""
    if ob is None:
        raise RigError("Select a face: a mesh with ARKit shape keys")
    keyed = _family(ob)
    if not keyed:
        raise RigError('"{object}" has no shape keys: select a face with ARKit shape keys', object=ob.name)
    labels = [key_labels(member) for member in keyed]
    mapped = _map_face(
        tuple(tuple(own.values()) for own in labels),
        tuple(_labeled(member.data.shape_keys, own) for member, own in zip(keyed, labels, strict=True)),
    )
    meshes: list[FaceMesh] = []
    skipped: dict[str, UserMessage] = {}
    for member, own, by_label in zip(keyed, labels, mapped.sums, strict=True):
        key, sums = member.data.shape_keys, {name: by_label[label] for name, label in own.items() if label in by_label}
        sums |= {name: {name: 1.0} for name in HEAD if name in key.key_blocks}
        if any(mesh.key == key for mesh in meshes):
            continue
        why = _unfit(key)
        if not why:
            meshes.append(FaceMesh(member, key, sums, _skipped_keys(key, sums)))
        elif sums:
            skipped[member.name] = why
    return Face(tuple(meshes), skipped, mapped.visemes)


def _family(ob: bpy.types.Object) -> list[bpy.types.Object]:
    """List the objects with shape keys that belong to the same character as an object, which comes first.

    Those are its descendants, its parent with descendants, and all that the same armature moves. What only other armatures move
    belongs to another character.
    """
    near = [ob, *ob.children_recursive]
    if ob.parent:
        near += [ob.parent, *ob.parent.children_recursive]
    near += [deformer for member in near for deformer in _deformers(member)]
    keyed = [member for member in near if has_keys(member)]
    if movers := armatures(ob):
        keyed = [member for member in keyed if movers & (armatures(member) or movers)]
        keyed += [member for member in bpy.data.objects if has_keys(member) and movers & armatures(member)]
    return list(dict.fromkeys(keyed))


def has_keys(ob: bpy.types.Object) -> bool:
    """Return True for a mesh, curve, surface or lattice with shape keys."""
    return getattr(ob.data, "shape_keys", None) is not None


def _deformers(ob: bpy.types.Object) -> list[bpy.types.Object]:
    """List the lattices, curves and meshes that deform an object by modifiers. They may have the keys that it lacks."""
    used = [getattr(modifier, name, None) for modifier in ob.modifiers for name in ("object", "target")]
    return [other for other in used if isinstance(other, bpy.types.Object) and other.type in _DEFORMING]


def key_labels(ob: bpy.types.Object) -> dict[str, str]:
    """Return shape key -> its name or, where an importer left target_0, target_1 ..., the name in the glTF."""
    names = [block.name for block in ob.data.shape_keys.key_blocks[1:]]
    numbers = {name: int(found[1]) for name in names if (found := _TARGET.fullmatch(name))}
    targets = _target_names(ob) if numbers else []
    labels = {name: targets[number] for name, number in numbers.items() if number < len(targets)}
    spare = set(names).difference(labels)
    return {name: labels[name] if name in labels and labels[name] not in spare else name for name in names}


def _target_names(ob: bpy.types.Object) -> list[str]:
    """Return a glTF's names of its morph targets, in order, if they were kept as a custom property."""
    for owner in (ob.data, ob.data.shape_keys, ob):
        for holder in (owner, owner.get("extras"), owner.get("gltf_extras")):
            names = holder.get("targetNames") if hasattr(holder, "get") else None
            with contextlib.suppress(TypeError):
                if names and not isinstance(names, str):
                    return [str(name) for name in names]
    return []


def _labeled(key: bpy.types.Key, labels: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the manual choices, by the labels of keys."""
    return tuple((curve, labels.get(name, name)) for curve, name in mapping.choices(key))


def armatures(ob: bpy.types.Object) -> set[bpy.types.Object]:
    """Return the armatures that move an object or one of its parents, by modifiers or as parents."""
    movers = [ob]
    for mover in movers:  # grows during the loop
        by_modifiers = [modifier.object for modifier in mover.modifiers if modifier.type == "ARMATURE"]
        movers += [other for other in (mover.parent, *by_modifiers) if other and other not in movers]
    return {mover for mover in movers if mover.type == "ARMATURE"}


def _unfit(key: bpy.types.Key) -> UserMessage | None:
    """Return why none of a mesh's keys can be animated, None when they can."""
    if not key.is_editable:
        return UserMessage(
            "its shape keys are linked; make its mesh a library override and key one of its shape keys in the library file"
        )
    if not key.use_relative:
        return UserMessage("its shape keys aren't relative; turn on Relative")
    if key.animation_data and key.animation_data.use_tweak_mode:
        return UserMessage("an NLA strip of its keys is in tweak mode; leave tweak mode")
    return None


def _skipped_keys(key: bpy.types.Key, names: Iterable[str]) -> dict[str, UserMessage]:
    # A muted driver doesn't drive.
    driven = (
        {driver.data_path for driver in key.animation_data.drivers if not driver.mute} if key.animation_data else set()
    )
    muted, locked = (_flags(key, name) for name in ("mute", "lock_shape"))
    if not (driven or any(muted) or any(locked)):
        return {}
    mapped, skipped = set(names), {}
    for block, mute, lock in zip(key.key_blocks, muted, locked, strict=True):
        why = (
            UserMessage("driven")
            if driven and block.path_from_id("value") in driven
            else UserMessage("muted")
            if mute
            else UserMessage("locked")
            if lock
            else None
        )
        if why and block.name in mapped:
            skipped[block.name] = why
    return skipped


def _flags(key: bpy.types.Key, name: str) -> list[bool]:
    """Read a boolean property of all key blocks, fast."""
    flags = [False] * len(key.key_blocks)
    key.key_blocks.foreach_get(name, flags)
    return flags


def _is_forgetful(mesh: bpy.types.Mesh) -> bool:
    """Return True if Blender will drop the Action of a mesh's keys when it opens the file.

    On an override it keeps an Action only if the library has animation data too.
    """
    source = mesh.override_library.reference if mesh.override_library else None
    return bool(source and source.shape_keys and source.shape_keys.animation_data is None)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_MAX_EXAMPLES]) + (", ..." if len(names) > _MAX_EXAMPLES else "")
