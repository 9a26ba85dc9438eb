"""The controls of takes: what is adjusted on the way from what was generated to the keys, at once and without generating again."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from dataclasses import asdict

import bpy
import numpy as np
from bpy.app.handlers import persistent

from ...backend.arkit import REGIONS
from ...backend.curves.adjust import RANGES, STRONGEST, Controls, adjust
from ...backend.curves.base import Curves
from ...backend.messages import UserMessage
from ..keyframes import face_action
from ..rig import face_rig
from ..rig.lip_contact import reach_contact
from . import take_store
from .locked_keys import copy_manual

NAMES = (*REGIONS, *RANGES, "mirror")
_KEYED = "lipsync_keyed"  # the controls and the style that a take's keys were made with
_AS_GENERATED = Controls(dict.fromkeys(REGIONS, 1.0))
_LONG = 2000  # frames of a take that takes too long to key anew at every step of a slider
_QUIET = 0.3  # seconds without another step, after which a long take is


def _changed(self: "LipSyncControls", context: bpy.types.Context) -> None:
    action = self.id_data
    if not isinstance(action, bpy.types.Action) or not take_store.is_take(action):
        return  # new takes' controls, or a take not made yet
    if bpy.app.background:
        catch_up()
        return
    # From a timer, so that several controls set at once, as a preset does, key the take once.
    if bpy.app.timers.is_registered(catch_up):
        bpy.app.timers.unregister(catch_up)
    info = take_store.read_info(action)
    bpy.app.timers.register(
        catch_up, first_interval=_QUIET if (info.end - info.start) * info.performance.fps > _LONG else 0.0
    )


def _strength(name: str, description: str) -> bpy.types.FloatProperty:
    return bpy.props.FloatProperty(
        name=name,
        description=description,
        min=0.0,
        max=STRONGEST,
        soft_max=2.0,
        default=1.0,
        step=5,
        subtype="FACTOR",
        options=set(),
        update=_changed,
    )


def _number(control: str, name: str, description: str, default: float = 0.0, **how: object) -> bpy.types.FloatProperty:
    low, high = RANGES[control]
    return bpy.props.FloatProperty(
        name=name, description=description, min=low, max=high, default=default, options=set(), update=_changed, **how
    )


class LipSyncControls(bpy.types.PropertyGroup):
    """action.lipsync_controls: what a take has; scene.lipsync.controls: what a new take gets where there is none before it"""

    jaw: _strength(
        "Jaw",
        "How far the jaw moves, with the channels that close the lips over it, compared with the generated curves",
    )
    lips: _strength("Lips", "How far the lips move compared with the generated curves")
    cheeks: _strength("Cheeks", "How far cheeks and nose move compared with the generated curves")
    brows: _strength("Brows", "How far the brows move compared with the generated curves")
    lids: _strength("Lids", "How far the lids move in blinks, squints and wide eyes compared with the generated curves")
    gaze: _strength("Gaze", "How far the eyes turn compared with the generated curves")
    smoothing: _number(
        "smoothing",
        "Smoothing",
        "Average every curve except blinks over this many seconds; lips that close for a P, B or M stay closed",
        precision=2,
        step=1,
        subtype="TIME_ABSOLUTE",
        unit="TIME_ABSOLUTE",
    )
    blinks: _number(
        "blinks",
        "Blinks",
        "Blink rate: 0.5 removes half of the blinks, 2 doubles them, 0 removes all",
        1.0,
        step=10,
        subtype="FACTOR",
    )
    closing: _number(
        "closing",
        "Mouth Closing",
        "Above 0 closes lips that nearly meet, below 0 parts them slightly; vowels don't change",
        step=5,
        subtype="FACTOR",
    )
    offset: _number(
        "offset",
        "Offset (ms)",
        "Shift the take later than the sound, in milliseconds; below 0 shifts it earlier",
        precision=0,
        step=1000,
    )
    mirror: bpy.props.BoolProperty(name="Mirror", description="Swap left and right", options=set(), update=_changed)


def read(group: LipSyncControls) -> Controls:
    """The controls as numbers."""
    values = {name: round(getattr(group, name), 5) for name in (*REGIONS, *RANGES)}  # Blender's have single precision
    return Controls({name: values.pop(name) for name in REGIONS}, **values, mirror=group.mirror)


def for_new_takes(face: face_rig.Face) -> Controls:
    """Those of the take that moves a face or, where none does, the scene's."""
    action = take_store.current_take(face)
    return read(
        action.lipsync_controls if action and take_store.is_take(action) else bpy.context.scene.lipsync.controls
    )


def start(action: bpy.types.Action, controls: Controls, style: face_action.Style) -> None:
    """Give an Action, before it is marked as a take, the controls that its keys were made with."""
    for name, value in (controls.strengths | {name: getattr(controls, name) for name in (*RANGES, "mirror")}).items():
        setattr(action.lipsync_controls, name, value)
    _note(action, controls, style)


def reset(group: LipSyncControls) -> None:
    """As generated; catch_up() brings the keys along."""
    for name in NAMES:
        group.property_unset(name)


def untouchable(action: bpy.types.Action, edited: bool) -> UserMessage | None:
    """Return why the controls leave a take alone, None when they don't. edited: whether a hand changed its keys."""
    if not action.is_editable:
        return UserMessage("This take is linked from another file: duplicate it to adjust it")
    if edited:
        if take_store.read_info(action).imported:
            return UserMessage("The controls don't change a take that was edited by hand: import it again to adjust it")
        return UserMessage("The controls don't change a take that was edited by hand: regenerate it to adjust it")
    return None


def catch_up() -> None:
    """Key anew every take whose controls are others than those its keys were made with, if it moves a face and no hand has edited it."""
    for action in take_store.all_takes():
        wanted = read(action.lipsync_controls)
        if wanted == _keyed_with(action)[0] or untouchable(action, take_store.is_edited(action)):
            continue
        if face := _face_of(action):
            style = bpy.context.scene.lipsync.key_style()
            face_action.rewrite(
                action,
                table(action, face, style),
                take_store.read_info(action).first_frame,
                style,
                copy_manual(face, action),
            )
            _note(action, wanted, style)
            take_store.seal(action)


def table(action: bpy.types.Action, face: face_rig.Face, style: face_action.Style) -> list[face_action.Column]:
    """What a take's controls make of the curves that were generated, but for the F-curves whose keys are so already."""
    made = take_store.read_curves(action)
    columns = _columns(action, face, made, read(action.lipsync_controls))
    keyed, keyed_style = _keyed_with(action)
    if style != keyed_style:
        return columns
    present = {fcurve.data_path for fcurve in face_action.fcurves(action)}
    before = {column.path: column.values for column in _columns(action, face, made, keyed) if column.path in present}
    return [
        column
        for column in columns
        if column.path not in before or not np.array_equal(column.values, before[column.path])
    ]


def _columns(
    action: bpy.types.Action, face: face_rig.Face, made: Curves, controls: Controls
) -> list[face_action.Column]:
    """The F-curves of a take. What was captured stays as it was performed."""
    adjusted = adjust(made, controls)
    is_captured = take_store.read_info(action).imported
    return face_action.columns(face, adjusted if is_captured else reach_contact(face, adjusted))


def _note(action: bpy.types.Action, controls: Controls, style: face_action.Style) -> None:
    action[_KEYED] = {"controls": asdict(controls), "style": asdict(style)}


def _keyed_with(action: bpy.types.Action) -> tuple[Controls, face_action.Style | None]:
    """What a take's keys were made with; an imported one doesn't say in which style."""
    if _KEYED not in action:
        return _AS_GENERATED, None
    stored = action[_KEYED].to_dict()
    return Controls(**stored["controls"]), face_action.Style(**stored["style"])


def _face_of(action: bpy.types.Action) -> face_rig.Face | None:
    """The face that an Action moves."""
    for ob in bpy.data.objects:
        key = ob.data.shape_keys if face_rig.has_keys(ob) else None
        if key and key.animation_data and key.animation_data.action == action:
            try:
                return face_rig.read_face(ob)
            except face_rig.RigError:
                continue
    return None


@persistent
def _catch_up_after(*_: object) -> None:
    """A step of undo, or a file, may be from between a slider's move and the keys that followed."""
    catch_up()


_HANDLERS = ("undo_post", "redo_post", "load_post")


def register() -> None:
    bpy.utils.register_class(LipSyncControls)
    bpy.types.Action.lipsync_controls = bpy.props.PointerProperty(type=LipSyncControls)
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).append(_catch_up_after)


def unregister() -> None:
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(_catch_up_after)
    if bpy.app.timers.is_registered(catch_up):
        bpy.app.timers.unregister(catch_up)
    del bpy.types.Action.lipsync_controls
    bpy.utils.unregister_class(LipSyncControls)
