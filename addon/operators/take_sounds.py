"""The operators on the sounds of the active take: close the lips, change, weaken, move, reset. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from dataclasses import replace
from typing import ClassVar

import bpy

from ...backend.messages import UserMessage
from ...backend.sounds import edit_list
from ...backend.sounds.edit_list import Edits, Row
from ...backend.sounds.script import align_script
from ...backend.sounds.shapes import PAUSE, SHAPES, Sound
from .. import preferences
from ..generation import model_info
from ..locale import tr
from ..operator_bases import SaysWhyDisabled
from ..properties import active_take, chosen_face, key_style, settings
from ..rig import face_rig
from ..takes import sound_markers, take_sounds, take_store

_EDITORS = {"VIEW_3D", "SEQUENCE_EDITOR", "DOPESHEET_EDITOR", "GRAPH_EDITOR"}
# The first phone of each shape in backend.sounds.shapes.SHAPES. Blender translates names and descriptions.
SHAPE_ITEMS = (
    ("SIL", "Rest", "A pause, with the mouth at rest"),
    ("M", "M, B, P", "The lips meet, as in mop"),
    ("F", "F, V", "The lower lip meets the upper teeth, as in five"),
    ("TH", "Th", "The tongue is between the teeth, as in this"),
    ("T", "T, D, N, L", "The tongue is behind the teeth, as in tale"),
    ("S", "S, Z", "The teeth nearly meet, as in size"),
    ("SH", "Sh, Ch, J", "The lips protrude and the teeth nearly meet, as in shoe"),
    ("K", "K, G, H", "The tongue is at the back, as in go"),
    ("R", "R", "The lips are slightly rounded, as in red and in bird"),
    ("UW", "Oo, W", "The lips are round and narrow, as in who"),
    ("OW", "Oh", "The lips are round and open, as in go"),
    ("AA", "Ah", "The jaw is wide open, as in father"),
    ("AH", "Uh", "The mouth is half open, as in but"),
    ("EH", "Eh", "The mouth is open and wide, as in bed and in bad"),
    ("IY", "Ee", "The lips are spread, as in see"),
)
SHAPE_NAMES = {item[0]: item[1] for item in SHAPE_ITEMS}


_NO_SOUNDS = UserMessage("The chosen model can't tell sounds apart: choose another in the preferences")


def shown_shape(sound: Sound) -> str:
    """Return the label of a sound's mouth shape."""
    return tr(SHAPE_NAMES[SHAPES[sound.shape][0]])


def disabled_reason(context: bpy.types.Context) -> UserMessage | None:
    """Return why no sound can be edited now; None when one can."""
    if why := take_sounds.disabled_reason(active_take(context)):
        return why
    if model_info.sounds_part(preferences.backend_model(context)) is None:
        return _NO_SOUNDS
    return None


def playhead(context: bpy.types.Context, action: bpy.types.Action) -> float:
    """Return the current frame in seconds from a take's start."""
    info = take_store.read_info(action)
    return (context.scene.frame_current_final - info.first_frame) / info.performance.fps


def perform(context: bpy.types.Context, action: bpy.types.Action, sounds: take_sounds.TakeSounds) -> UserMessage:
    """Give a take of the chosen face other edits. Returns what was done. Raises RigError or TakeError."""
    part = model_info.sounds_part(preferences.backend_model(context))
    if part is None and sounds.edits:  # the edits would be lost
        raise take_store.TakeError(_NO_SOUNDS)
    poses = part.poses.of(take_store.read_info(action).performance.identity) if part else None
    face = face_rig.read_face(chosen_face(context))
    frames = take_sounds.edit(action, face, sounds, poses, key_style(context))
    _redraw(context)
    if frames:
        return UserMessage("Frames {first} to {last} have new keys", first=frames[0][0], last=frames[-1][1])
    return UserMessage("The face does this already, so no key changed")


class OnTakeSounds(SaysWhyDisabled):
    """Base of the operators that change the sounds or the held poses of the active take. One change is one undo step."""

    bl_options: ClassVar = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> UserMessage | None:
        return disabled_reason(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        action = active_take(context)
        if action is None:  # poll() has been passed by
            return {"CANCELLED"}
        try:
            done = perform(context, action, self.changed(context, action, take_sounds.read(action)))
        except (take_store.TakeError, face_rig.RigError) as error:
            self.report({"ERROR"}, tr(error.message))  # type: ignore[attr-defined]
            return {"CANCELLED"}
        self.report({"INFO"}, tr(done))  # type: ignore[attr-defined]
        return {"FINISHED"}

    def changed(
        self, context: bpy.types.Context, action: bpy.types.Action, before: take_sounds.TakeSounds
    ) -> take_sounds.TakeSounds:
        """Return what the take remembers then. Raises TakeError or RigError when nothing can be done."""
        raise NotImplementedError


class _OnSound(OnTakeSounds):
    """Base of the operators that edit the sound at one time."""

    seconds: bpy.props.FloatProperty(
        name="Time",
        description="Seconds from the take's start. Below 0: the current frame",
        default=-1.0,
        options={"SKIP_SAVE"},
    )

    def changed(
        self, context: bpy.types.Context, action: bpy.types.Action, before: take_sounds.TakeSounds
    ) -> take_sounds.TakeSounds:
        at = self.seconds if self.seconds >= 0 else playhead(context, action)
        return replace(before, edits=self.edited(before, at))

    def edited(self, before: take_sounds.TakeSounds, at: float) -> Edits:
        """Return the take's new edits. Raises TakeError when nothing can be done at this time."""
        raise NotImplementedError


def _row(before: take_sounds.TakeSounds, at: float) -> Row:
    """Return the sound at a time. Raises TakeError."""
    rows = before.rows()
    index = edit_list.row_at(rows, at)
    if index is None:
        if not before.heard:
            raise take_store.TakeError("The sounds of this take aren't known: regenerate it to find them")
        raise take_store.TakeError("There is no sound on this frame: go to a frame within the take")
    return rows[index]


class LIPSYNC_OT_sound_close(_OnSound, bpy.types.Operator):
    """Close the lips on the current frame, as for an M, B or P; only the frames around it change"""

    bl_idname = "lipsync.sound_close"
    bl_label = "Close Lips Here"

    def edited(self, before: take_sounds.TakeSounds, at: float) -> Edits:
        return edit_list.close_lips(before.edits, at)


class LIPSYNC_OT_sound_change(_OnSound, bpy.types.Operator):
    """Make the sound on the current frame another one; only the frames around it change"""

    bl_idname = "lipsync.sound_change"
    bl_label = "Change Sound"

    phone: bpy.props.EnumProperty(name="Sound", description="The mouth shape to make", items=SHAPE_ITEMS)

    def edited(self, before: take_sounds.TakeSounds, at: float) -> Edits:
        return edit_list.change(before.edits, _row(before, at), label=self.phone)


class LIPSYNC_OT_sound_strength(_OnSound, bpy.types.Operator):
    """Make the sound on the current frame weaker or stronger"""

    bl_idname = "lipsync.sound_strength"
    bl_label = "Set Sound Strength"

    strength: bpy.props.FloatProperty(
        name="Strength",
        description="How clearly the sound is spoken: 1 is as performed, and at 0 the mouth passes it by",
        min=0.0,
        max=edit_list.STRONGEST,
        default=1.0,
        subtype="FACTOR",
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        action = active_take(context)
        rows = take_sounds.read(action).rows() if action else []
        index = edit_list.row_at(rows, playhead(context, action)) if action else None
        if index is not None:
            self.strength = rows[index].sound.strength
        return context.window_manager.invoke_props_popup(self, event)

    def edited(self, before: take_sounds.TakeSounds, at: float) -> Edits:
        return edit_list.change(before.edits, _row(before, at), strength=round(self.strength, 5))


class LIPSYNC_OT_sound_delete(_OnSound, bpy.types.Operator):
    """Let the mouth pass by the sound on the current frame"""

    bl_idname = "lipsync.sound_delete"
    bl_label = "Delete Sound"

    def edited(self, before: take_sounds.TakeSounds, at: float) -> Edits:
        row = _row(before, at)
        if row.origin == edit_list.ADDED:
            return edit_list.forget(before.edits, row)
        return edit_list.change(before.edits, row, strength=0.0)


class LIPSYNC_OT_sound_reset(_OnSound, bpy.types.Operator):
    """Take back the edits of the sound on the current frame"""

    bl_idname = "lipsync.sound_reset"
    bl_label = "Reset Sound"

    every: bpy.props.BoolProperty(
        name="All Sounds", description="Take back the edits of all sounds of the take", options={"SKIP_SAVE"}
    )

    def edited(self, before: take_sounds.TakeSounds, at: float) -> Edits:
        return () if self.every else edit_list.forget(before.edits, _row(before, at))


class LIPSYNC_OT_sound_move(_OnSound, bpy.types.Operator):
    """Move the edge between two sounds that is nearest to the current frame. Drag it with the mouse; right-click cancels"""

    bl_idname = "lipsync.sound_move"
    bl_label = "Move Sound Edge"

    to: bpy.props.FloatProperty(
        name="To",
        description="Where the edge goes, in seconds from the take's start",
        default=-1.0,
        options={"SKIP_SAVE"},
    )

    def edited(self, before: take_sounds.TakeSounds, at: float) -> Edits:
        index = nearest_edge(before.rows(), at)
        if index is None:
            raise take_store.TakeError("The sounds of this take aren't known: regenerate it to find them")
        return edit_list.move_edge(before.heard, before.edits, index, self.to if self.to >= 0 else at)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        action = active_take(context)
        region = context.region
        in_time = context.area is not None and context.area.type in {"SEQUENCE_EDITOR", "DOPESHEET_EDITOR"}
        if action is None or not in_time or region is None or region.type != "WINDOW":
            return self.execute(context)  # to the current frame
        index = nearest_edge(take_sounds.read(action).rows(), self._time(context, event, action))
        if index is None:
            return self.execute(context)
        self.seconds = take_sounds.read(action).rows()[index].sound.start
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        action = active_take(context)
        if action is None or event.type in {"RIGHTMOUSE", "ESC"}:
            context.area.header_text_set(None)
            return {"CANCELLED"}
        self.to = max(self._time(context, event, action), 0.0)
        if event.type == "MOUSEMOVE":
            context.area.header_text_set(tr("Edge at {seconds:.3f} s", seconds=self.to))
        elif event.type in {"LEFTMOUSE", "RET", "NUMPAD_ENTER"} and event.value in {"PRESS", "RELEASE"}:
            context.area.header_text_set(None)
            return self.execute(context)
        return {"RUNNING_MODAL"}

    @staticmethod
    def _time(context: bpy.types.Context, event: bpy.types.Event, action: bpy.types.Action) -> float:
        info = take_store.read_info(action)
        frame, _ = context.region.view2d.region_to_view(event.mouse_region_x, event.mouse_region_y)
        return (frame - info.first_frame) / info.performance.fps


def nearest_edge(rows: list[Row], seconds: float) -> int | None:
    """Return the index of the sound whose start is nearest to a time, of those that follow another; None without any."""
    if len(rows) < 2:
        return None
    return min(range(1, len(rows)), key=lambda index: abs(rows[index].sound.start - seconds))


class LIPSYNC_OT_sounds_from_script(OnTakeSounds, bpy.types.Operator):
    """Align the text of the line with what was heard, and correct the sounds that look different"""

    bl_idname = "lipsync.sounds_from_script"
    bl_label = "Use Script"

    def changed(
        self, context: bpy.types.Context, action: bpy.types.Action, before: take_sounds.TakeSounds
    ) -> take_sounds.TakeSounds:
        if not before.heard:
            raise take_store.TakeError("The sounds of this take aren't known: regenerate it to find them")
        panel = settings(context)
        text = panel.script_text.as_string() if panel.script_text else panel.script
        line = align_script(before.heard, text)
        if not line.words:
            raise take_store.TakeError("The script has no words that could be found: type or paste what is said")
        found = edit_list.edits_between(before.heard, line.sounds)
        # What the artist edited stays, where the script corrects something else.
        own = [
            edit for edit in before.edits if not any(edit_list.overlap(edit.sound, each.sound) > 0 for each in found)
        ]
        return replace(before, edits=(*own, *found), words=line.words)


class LIPSYNC_OT_sounds_to_markers(bpy.types.Operator):
    """Write a timeline marker for every word and sound of the active take, in place of those written before"""

    bl_idname = "lipsync.sounds_to_markers"
    bl_label = "Sounds to Markers"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    remove: bpy.props.BoolProperty(name="Remove", description="Only remove the markers written before")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        action = active_take(context)
        has_sounds = action is not None and bool(take_sounds.read(action).heard)
        if not has_sounds:
            cls.poll_message_set(tr("The face has no active take whose sounds are known: generate one"))
        return has_sounds

    def execute(self, context: bpy.types.Context) -> set[str]:
        action = active_take(context)
        if action is None:
            return {"CANCELLED"}
        if self.remove:
            self.report({"INFO"}, tr("{count} markers removed", count=sound_markers.remove_markers(context.scene)))
            return {"FINISHED"}
        info = take_store.read_info(action)
        names = [
            (info.first_frame + word.start * info.performance.fps, word.text) for word in take_sounds.read(action).words
        ] + [
            (info.first_frame + row.sound.start * info.performance.fps, shown_shape(row.sound))
            for row in take_sounds.read(action).rows()
            if row.sound.label != PAUSE and row.sound.strength > 0
        ]
        self.report({"INFO"}, tr("{count} markers written", count=sound_markers.write_markers(context.scene, names)))
        return {"FINISHED"}


class LIPSYNC_OT_sound_go(bpy.types.Operator):
    """Go to this sound"""

    bl_idname = "lipsync.sound_go"
    bl_label = "Go to Sound"
    bl_options: ClassVar = {"UNDO"}

    frame: bpy.props.FloatProperty(name="Frame", description="The frame to go to", options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.frame_set(int(self.frame), subframe=self.frame % 1)
        return {"FINISHED"}


def _redraw(context: bpy.types.Context) -> None:
    """Redraw the editors that show sounds."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in _EDITORS:
                area.tag_redraw()


register, unregister = bpy.utils.register_classes_factory(
    (
        LIPSYNC_OT_sound_close,
        LIPSYNC_OT_sound_change,
        LIPSYNC_OT_sound_strength,
        LIPSYNC_OT_sound_delete,
        LIPSYNC_OT_sound_reset,
        LIPSYNC_OT_sound_move,
        LIPSYNC_OT_sounds_from_script,
        LIPSYNC_OT_sounds_to_markers,
        LIPSYNC_OT_sound_go,
    )
)
