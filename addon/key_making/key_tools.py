"""The operators on keys that were made: see all of them, set how strong one is, and delete those that do nothing. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from collections.abc import Iterator
from typing import ClassVar

import bpy
import numpy as np

from ...backend.arkit import CHANNELS
from ..locale import tr
from ..rig import face_rig
from . import scene_landmarks
from .make_keys import NeedsActiveKey, active_key, chosen_head
from .scene_head import MADE

_SECONDS = 0.5  # that each key is shown
_MIN_STRENGTH = 0.05  # a key at 0 could not be made stronger again


def keyed_meshes(context: bpy.types.Context) -> list[bpy.types.Object]:
    """List the meshes of the chosen head that have some of ARKit's keys."""
    head = chosen_head(context)
    try:
        meshes = face_rig.find_face(head).meshes
    except face_rig.RigError:
        return []
    near = [mesh.object for mesh in meshes]
    # Eyes and teeth need not be children of the head: those that got keys with it have the mark.
    near += [ob for ob in context.view_layer.objects if ob not in near and ob.type == "MESH" and _is_made(ob)]
    return [ob for ob in near if any(block.name in CHANNELS for block in ob.data.shape_keys.key_blocks)]


def _is_made(ob: bpy.types.Object) -> bool:
    return bool(ob.data.shape_keys and MADE in ob.data.shape_keys)


class _OnKeys:
    """Base of the operators that need a head with keys."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not keyed_meshes(context):
            cls.poll_message_set(tr("Select a face: a mesh with ARKit shape keys"))  # type: ignore[attr-defined]
            return False
        return True


class LIPSYNC_OT_keys_preview(_OnKeys, bpy.types.Operator):
    """Play all 52 keys one after the other, and then set them back; Escape ends it"""

    bl_idname = "lipsync.keys_preview"
    bl_label = "Play All Keys"

    _timer: bpy.types.Timer | None = None

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self._names = [ob.name for ob in keyed_meshes(context)]
        self._before = {name: _values(bpy.data.objects[name]) for name in self._names}
        self._started = False
        self._elapsed = 0.0
        self._timer = context.window_manager.event_timer_add(1.0 / 24.0, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        self.report({"INFO"}, tr("Keys are played in a window only"))
        return {"CANCELLED"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC":
            self.cancel(context)
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        self._elapsed += 1.0 / 24.0
        number, share = divmod(self._elapsed / _SECONDS, 1.0)
        if int(number) >= len(CHANNELS) or not list(self._meshes()):
            self.cancel(context)
            return {"FINISHED"}
        shown = CHANNELS[int(number)]
        for ob in self._meshes():
            for block in ob.data.shape_keys.key_blocks[1:]:
                block.value = float(np.sin(np.pi * share)) if block.name == shown else 0.0
        context.workspace.status_text_set(f"{int(number) + 1} / {len(CHANNELS)}: {shown}")
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Set all keys back. Blender calls this too when another file is opened or the window closes."""
        if self._timer:
            context.window_manager.event_timer_remove(self._timer)
        self._timer = None
        for ob in self._meshes():
            for name, value in self._before[ob.name].items():
                if name in ob.data.shape_keys.key_blocks:
                    ob.data.shape_keys.key_blocks[name].value = value
        context.workspace.status_text_set(None)

    def _meshes(self) -> Iterator[bpy.types.Object]:
        """Yield the meshes that are still there."""
        for name in self._names:
            ob = bpy.data.objects.get(name)
            if ob is not None and ob.type == "MESH" and ob.data.shape_keys:
                yield ob


def _values(ob: bpy.types.Object) -> dict[str, float]:
    return {block.name: block.value for block in ob.data.shape_keys.key_blocks[1:]}


class LIPSYNC_OT_key_strength(NeedsActiveKey, _OnKeys, bpy.types.Operator):
    """Make the active shape key move the face more or less, on all of its meshes"""

    bl_idname = "lipsync.key_strength"
    bl_label = "Set Key Strength"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    strength: bpy.props.FloatProperty(
        name="Strength",
        description="How far the key moves the face, where 1 is as it was made",
        min=_MIN_STRENGTH,
        max=3.0,
        soft_max=2.0,
        default=1.0,
        subtype="FACTOR",
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        head, name = chosen_head(context), active_key(chosen_head(context))
        assert head and name
        self.strength = strength(head, name)
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        name = active_key(chosen_head(context))
        assert name
        for ob in keyed_meshes(context):
            if name in ob.data.shape_keys.key_blocks:
                set_strength(ob, name, self.strength)
        return {"FINISHED"}


def strength(ob: bpy.types.Object, name: str) -> float:
    """Return how strong a key is: 1 as it was made."""
    return float(dict(ob.data.shape_keys.get(MADE, {})).get(name, 1.0))


def set_strength(ob: bpy.types.Object, name: str, value: float) -> None:
    """Scale what a key moves, from the strength that it has to another."""
    key = ob.data.shape_keys
    flat = np.empty(3 * len(ob.data.vertices), np.float32)
    key.reference_key.data.foreach_get("co", flat)
    basis, shape = flat.copy(), flat
    key.key_blocks[name].data.foreach_get("co", shape)
    moved = shape != basis
    shape[moved] = basis[moved] + (shape - basis)[moved] * np.float32(value / strength(ob, name))
    key.key_blocks[name].data.foreach_set("co", shape)
    key[MADE] = dict(key.get(MADE, {})) | {name: value}
    ob.data.update()


class LIPSYNC_OT_keys_delete_unused(_OnKeys, bpy.types.Operator):
    """Delete those of ARKit's shape keys that move nothing"""

    bl_idname = "lipsync.keys_delete_unused"
    bl_label = "Delete Unused Keys"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        count = 0
        for ob in keyed_meshes(context):
            for name in unused_keys(ob):
                ob.shape_key_remove(ob.data.shape_keys.key_blocks[name])
                count += 1
        self.report({"INFO"}, tr("{count} keys deleted", count=count))
        return {"FINISHED"}


def unused_keys(ob: bpy.types.Object) -> list[str]:
    """Return those of ARKit's keys that move no vertex."""
    key = ob.data.shape_keys
    basis = np.empty(3 * len(ob.data.vertices), np.float32)
    shape = basis.copy()
    unused = []
    for block in key.key_blocks[1:]:
        block.relative_key.data.foreach_get("co", basis)
        block.data.foreach_get("co", shape)
        if block.name in CHANNELS and np.abs(shape - basis).max() <= 1e-7 * max(float(np.abs(basis).max()), 1e-9):
            unused.append(block.name)
    return unused


class _OnLandmarks:
    """Base of the operators that need landmarks in the scene."""

    bl_options: ClassVar = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not scene_landmarks.landmark_objects(chosen_head(context)):
            cls.poll_message_set(tr("Find the face's landmarks first"))  # type: ignore[attr-defined]
            return False
        return True


class LIPSYNC_OT_landmarks_mirror(_OnLandmarks, bpy.types.Operator):
    """Put the landmarks of the other side where those of this side mirror to"""

    bl_idname = "lipsync.landmarks_mirror"
    bl_label = "Mirror Face Landmarks"

    side: bpy.props.EnumProperty(
        name="From",
        description="The side that is right already",
        items=(("left", "Left", "The character's left"), ("right", "Right", "The character's right")),
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        head = chosen_head(context)
        assert head
        scene_landmarks.mirror(head, self.side)
        return {"FINISHED"}


class LIPSYNC_OT_landmarks_remove(_OnLandmarks, bpy.types.Operator):
    """Delete the spheres that mark the face; keys that were made stay"""

    bl_idname = "lipsync.landmarks_remove"
    bl_label = "Remove Face Landmarks"

    def execute(self, context: bpy.types.Context) -> set[str]:
        head = chosen_head(context)
        assert head
        scene_landmarks.remove(head)
        context.view_layer.objects.active = head
        head.select_set(True)
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (
        LIPSYNC_OT_keys_preview,
        LIPSYNC_OT_key_strength,
        LIPSYNC_OT_keys_delete_unused,
        LIPSYNC_OT_landmarks_mirror,
        LIPSYNC_OT_landmarks_remove,
    )
)
