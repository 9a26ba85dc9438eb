"""The controls of takes, and the keys that follow them: generated curves, adjusted, without a new generation. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from dataclasses import asdict, replace

import bpy
import numpy as np
from bpy.app.handlers import persistent

from ...backend.curves.adjust import RANGES, REGION_NAMES, STRONGEST, Controls, adjust
from ...backend.curves.base import Curves
from ...backend.messages import UserMessage
from ..keyframes import face_action
from ..rig import eye_line, face_rig
from ..rig.lid_contact import reach_lids
from ..rig.lip_contact import reach_contact
from . import look, take_store
from .locked_keys import copy_manual

SWITCHES = ("mirror", "full_blinks", "eye_darts")
_ON_FOR_NEW = ("full_blinks", "eye_darts")  # off where a take stores nothing of them
NAMES = (*REGION_NAMES, *RANGES, *SWITCHES)
_LOOKING = ("Gaze", "Lids")  # groups of F-curves that follow a look target
_KEYED = "lipsync_keyed"  # the controls and the style that a take's keys were made with
_AS_GENERATED = Controls(dict.fromkeys(REGION_NAMES, 1.0))
_LONG_TAKE = 2000  # frames; keying a longer take at every step of a slider is too slow
_LONG_TAKE_DELAY = 0.3  # seconds after the last step of a slider


def _on_change(self: "_Controls", context: bpy.types.Context) -> None:
    action = self.id_data  # type: ignore[attr-defined]
    if not isinstance(action, bpy.types.Action) or not take_store.is_take(action):
        return  # the controls of new takes, or a take in the making
    if bpy.app.background:
        update_keys()
        return
    # A timer keys the take once when several controls are set together, as by a preset.
    if bpy.app.timers.is_registered(update_keys):
        bpy.app.timers.unregister(update_keys)
    info = take_store.read_info(action)
    is_long = (info.end - info.start) * info.performance.fps > _LONG_TAKE
    bpy.app.timers.register(update_keys, first_interval=_LONG_TAKE_DELAY if is_long else 0.0)


def _on_look_target(self: "_Controls", context: bpy.types.Context) -> None:
    action = self.id_data  # type: ignore[attr-defined]
    if not isinstance(action, bpy.types.Action) or not take_store.is_take(action):
        return  # the controls of new takes, or a take in the making
    face = _find_face(action)
    if face and not disabled_reason(action, take_store.is_edited(action)):
        update_look(action, face, context.scene.lipsync.key_style())


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
        update=_on_change,
    )


def _number(control: str, name: str, description: str, default: float = 0.0, **how: object) -> bpy.types.FloatProperty:
    low, high = RANGES[control]
    return bpy.props.FloatProperty(
        name=name, description=description, min=low, max=high, default=default, options=set(), update=_on_change, **how
    )


def _full_blinks(default: bool) -> bpy.types.BoolProperty:
    return bpy.props.BoolProperty(
        name="Full Blinks",
        description="Close the lids in every blink, 10 to 28 times a minute; off leaves the blinks as generated or captured",
        default=default,
        options=set(),
        update=_on_change,
    )


def _eye_darts(default: bool) -> bpy.types.BoolProperty:
    return bpy.props.BoolProperty(
        name="Eye Darts",
        description="Let the eyes rest and jump around where they look, differently for each seed; off leaves the gaze as generated or captured",
        default=default,
        options=set(),
        update=_on_change,
    )


class _Controls:
    """The controls, for property groups."""

    jaw: _strength(
        "Jaw",
        "How far the jaw moves, with the channels that close the lips over it, compared with the generated curves",
    )
    lips: _strength("Lips", "How far the lips move compared with the generated curves")
    cheeks: _strength("Cheeks", "How far cheeks and nose move compared with the generated curves")
    brows: _strength("Brows", "How far the brows move compared with the generated curves")
    lids: _strength("Lids", "How far the lids move in blinks, squints and wide eyes compared with the generated curves")
    gaze: _strength("Gaze", "How far the eyes turn compared with the generated curves")
    head: _strength(
        "Head", "How far the head turns compared with the generated curves, if it turns a bone or an object"
    )
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
    mirror: bpy.props.BoolProperty(name="Mirror", description="Swap left and right", options=set(), update=_on_change)
    look_target: bpy.props.PointerProperty(
        name="Look Target",
        description="An object that the eyes hold, glancing away every few seconds; another face is looked in the eyes. Empty: the eyes look where the performance does",
        type=bpy.types.Object,
        update=_on_look_target,
    )


class LipSyncControls(_Controls, bpy.types.PropertyGroup):
    """action.lipsync_controls: those of a take. One that stores no full_blinks or eye_darts was imported, or made before these existed."""

    full_blinks: _full_blinks(default=False)
    eye_darts: _eye_darts(default=False)


class LipSyncNewControls(_Controls, bpy.types.PropertyGroup):
    """scene.lipsync.controls: those of a new take when the face has no active take"""

    full_blinks: _full_blinks(default=True)
    eye_darts: _eye_darts(default=True)


Group = LipSyncControls | LipSyncNewControls


def read(group: Group) -> Controls:
    """Read the values of the controls."""
    values = {
        name: round(getattr(group, name), 5) for name in (*REGION_NAMES, *RANGES)
    }  # Blender's have single precision
    switches = {name: getattr(group, name) for name in SWITCHES}
    return Controls({name: values.pop(name) for name in REGION_NAMES}, **values, **switches)


def for_new_takes(face: face_rig.Face, repeats: bool = False) -> Controls:
    """Read the controls that a new take gets: those of the face's active take or, without one, the scene's.

    repeats: the new take is the active one made again, so it is to look the same.
    """
    action, scene = take_store.assigned_action(face), bpy.context.scene.lipsync.controls
    if action is None or not take_store.is_take(action):
        return read(scene)
    group = action.lipsync_controls
    unset = () if repeats else [name for name in _ON_FOR_NEW if not group.is_property_set(name)]
    return replace(read(group), **{name: getattr(scene, name) for name in unset})


def look_target_for_new_takes(face: face_rig.Face) -> bpy.types.Object | None:
    """Return the look target that a new take gets: that of the face's active take or, without one, the scene's."""
    action = take_store.assigned_action(face)
    if action is not None and take_store.is_take(action):
        return action.lipsync_controls.look_target
    return bpy.context.scene.lipsync.controls.look_target


def look_problem(face: face_rig.Face, target: bpy.types.Object | None) -> UserMessage | None:
    """Return why the eyes can't look at a target; None when they can."""
    if target and eye_line.is_own(face, target):
        return UserMessage("The eyes can't look at their own face: choose another object as the look target")
    return None


def update_look(action: bpy.types.Action, face: face_rig.Face, style: face_action.Style) -> None:
    """Let the eyes of a take that wasn't edited manually hold its look target, where that is now on every frame."""
    target, info = action.lipsync_controls.look_target, take_store.read_info(action)
    generated = take_store.read_curves(action)
    if target is None or look_problem(face, target):
        look.store(action, None)
    else:
        with face_action.playing(action, face):
            look.store(
                action, eye_line.aim(face, target, range(info.first_frame, info.first_frame + len(generated.values)))
            )
    table = [column for column in columns(action, face, generated) if column.group in _LOOKING]
    face_action.replace_keys(action, table, info.first_frame, style, copy_manual(face, action))
    take_store.mark_unedited(action)


def store(action: bpy.types.Action, controls: Controls, style: face_action.Style) -> None:
    """Store in a new Action the controls and the style that its keys were made with. Call it before take_store.mark()."""
    for name, value in (controls.strengths | {name: getattr(controls, name) for name in (*RANGES, *SWITCHES)}).items():
        setattr(action.lipsync_controls, name, value)
    _store_keyed(action, controls, style)


def reset(group: Group) -> None:
    """Set controls back to their defaults. update_keys() makes the keys follow."""
    if group.look_target:
        group.look_target = None
    were_set = [name for name in _ON_FOR_NEW if group.is_property_set(name)]
    for name in NAMES:
        group.property_unset(name)
    action = group.id_data
    if isinstance(action, bpy.types.Action) and not take_store.read_info(action).imported:
        for name in were_set:
            setattr(group, name, True)


def disabled_reason(action: bpy.types.Action, edited: bool) -> UserMessage | None:
    """Return why the controls can't change a take; None when they can. edited: True if its keys were edited manually."""
    if not action.is_editable:
        return UserMessage("This take is linked from another file: duplicate it to adjust it")
    if edited:
        if take_store.read_info(action).imported:
            return UserMessage(
                "The controls don't change a take that was edited manually: import it again to adjust it"
            )
        return UserMessage("The controls don't change a take that was edited manually: regenerate it to adjust it")
    return None


def update_keys() -> None:
    """Rewrite the keys of every take whose controls have changed, if it animates a face and wasn't edited manually."""
    for action in take_store.all_takes():
        controls = read(action.lipsync_controls)
        if controls == _read_keyed(action)[0] or disabled_reason(action, take_store.is_edited(action)):
            continue
        if face := _find_face(action):
            style = bpy.context.scene.lipsync.key_style()
            face_action.replace_keys(
                action,
                changed_columns(action, face, style),
                take_store.read_info(action).first_frame,
                style,
                copy_manual(face, action),
            )
            _store_keyed(action, controls, style)
            take_store.mark_unedited(action)


def changed_columns(
    action: bpy.types.Action, face: face_rig.Face, style: face_action.Style
) -> list[face_action.Column]:
    """Return the columns of a take with its present controls, without those whose keys are the same already."""
    generated = take_store.read_curves(action)
    columns = _columns(action, face, generated, read(action.lipsync_controls))
    keyed, keyed_style = _read_keyed(action)
    if style != keyed_style:
        return columns
    present = {fcurve.data_path for fcurve in face_action.fcurves(action)}
    before = {
        column.path: column.values for column in _columns(action, face, generated, keyed) if column.path in present
    }
    return [
        column
        for column in columns
        if column.path not in before or not np.array_equal(column.values, before[column.path])
    ]


def columns(action: bpy.types.Action, face: face_rig.Face, generated: Curves) -> list[face_action.Column]:
    """Return the columns of curves with a take's present controls."""
    return _columns(action, face, generated, read(action.lipsync_controls))


def _columns(
    action: bpy.types.Action, face: face_rig.Face, generated: Curves, controls: Controls
) -> list[face_action.Column]:
    """Return the columns of a take with these controls."""
    info = take_store.read_info(action)
    locked, seed = info.locks.of(generated, info.first_frame), info.performance.seed
    fitted = fit(face, generated, controls, seed, locked, look.read(action), is_captured=info.imported)
    return face_action.columns(face, fitted)


def fit(
    face: face_rig.Face,
    generated: Curves,
    controls: Controls,
    seed: int = 0,
    locked: np.ndarray | None = None,
    aim: np.ndarray | None = None,
    is_captured: bool = False,
) -> Curves:
    """Return curves with these controls, fitted to a face: its lids and lips meet where they should.

    seed, locked, aim: see adjust(). Captured curves stay as performed: no lip contact is added.
    """
    adjusted = adjust(generated, controls, seed, locked, aim)
    if controls.full_blinks:
        adjusted = reach_lids(face, adjusted)
    return adjusted if is_captured else reach_contact(face, adjusted)


def _store_keyed(action: bpy.types.Action, controls: Controls, style: face_action.Style) -> None:
    action[_KEYED] = {"controls": asdict(controls), "style": asdict(style)}


def _read_keyed(action: bpy.types.Action) -> tuple[Controls, face_action.Style | None]:
    """Return the controls and the style that a take's keys were made with; an imported take doesn't store a style."""
    if _KEYED not in action:
        return _AS_GENERATED, None
    stored = action[_KEYED].to_dict()
    strengths = _AS_GENERATED.strengths | stored["controls"].pop("strengths")
    return Controls(strengths, **stored["controls"]), face_action.Style(**stored["style"])


def _find_face(action: bpy.types.Action) -> face_rig.Face | None:
    """Find the face that an Action animates; None when there is none."""
    for ob in bpy.data.objects:
        key = ob.data.shape_keys if face_rig.has_keys(ob) else None
        if key and key.animation_data and key.animation_data.action == action:
            try:
                return face_rig.read_face(ob)
            except face_rig.RigError:
                continue
    return None


@persistent
def _on_undo_or_load(*_: object) -> None:
    # An undo step, or a file, may have been made after a slider moved and before the keys followed.
    update_keys()


_HANDLERS = ("undo_post", "redo_post", "load_post")


def register() -> None:
    bpy.utils.register_class(LipSyncControls)
    bpy.utils.register_class(LipSyncNewControls)
    bpy.types.Action.lipsync_controls = bpy.props.PointerProperty(type=LipSyncControls)
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).append(_on_undo_or_load)


def unregister() -> None:
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(_on_undo_or_load)
    if bpy.app.timers.is_registered(update_keys):
        bpy.app.timers.unregister(update_keys)
    del bpy.types.Action.lipsync_controls
    bpy.utils.unregister_class(LipSyncNewControls)
    bpy.utils.unregister_class(LipSyncControls)
