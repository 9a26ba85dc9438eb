"""The settings of the panel, stored with the scene, and the items of its menus. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from collections.abc import Iterator
from functools import lru_cache

import bpy

from ..backend.model_folder import ModelCard
from ..backend.performance import AUTO
from . import preferences
from .generation import model_info, sound_strip
from .keyframes import face_action
from .locale import OURS, tr
from .lock_settings import LipSyncLocks
from .rig import face_rig
from .takes import take_store
from .takes.controls import Group, LipSyncNewControls

Item = tuple[str, str, str]  # identifier, name, description


def model_card() -> ModelCard | None:
    """Read the card of the model that will be used; None when no model can be used."""
    return model_info.usable_card(preferences.backend_model(bpy.context))


def shown_name(name: str) -> str:
    """Return a name from the model as a label, such as "Low Energy" for "low_energy"."""
    return name.replace("_", " ").title()


# Blender keeps no reference to the strings of a menu made by a function, so each list is cached here.
@lru_cache(maxsize=64)
def _items(entries: tuple[tuple[str, str], ...], chosen: str, missing: str) -> list[tuple[str, str, str, int]]:
    """Return the items of a menu: Auto, the entries (name, description) and, if it isn't one of them, the chosen name labeled `missing`."""
    items: list[Item] = [(AUTO, "Auto \u2014 by Voice", "Whatever fits the voice best")]
    items += [
        (name, shown_name(name) + (f" \u2014 {description}" if description else ""), "")
        for name, description in entries
    ]
    if chosen not in {name for name, _, _ in items}:
        items.append((chosen, missing, "The installed model doesn't have this one: choose another"))
    return [(*item, number) for number, item in enumerate(items)]


def _identity_items(
    self: "SpeakerSettings", context: bpy.types.Context | None = None
) -> list[tuple[str, str, str, int]]:
    card = model_card()
    entries = tuple((entry.name, entry.description) for entry in card.identities) if card else ()
    return _items(entries, self.identity_name, tr("{name} (Missing)", name=shown_name(self.identity_name)))


def _emotion_items(
    self: "SpeakerSettings", context: bpy.types.Context | None = None
) -> list[tuple[str, str, str, int]]:
    card = model_card()
    entries = tuple((name, "") for name in card.emotions) if card else ()
    return _items(entries, self.emotion_name, tr("{name} (Missing)", name=tr(shown_name(self.emotion_name))))


# The name is stored, since its number in the list may differ with the next model.
def _get_identity(self: "SpeakerSettings") -> int:
    return next(number for name, _, _, number in _identity_items(self) if name == self.identity_name)


def _set_identity(self: "SpeakerSettings", number: int) -> None:
    self.identity_name = _identity_items(self)[number][0]


def _get_emotion(self: "SpeakerSettings") -> int:
    return next(number for name, _, _, number in _emotion_items(self) if name == self.emotion_name)


def _set_emotion(self: "SpeakerSettings", number: int) -> None:
    self.emotion_name = _emotion_items(self)[number][0]


class SpeakerSettings:
    """Identity and emotion of a speaker, for property groups: two menus, and the names that they store."""

    identity_name: bpy.props.StringProperty(default=AUTO, options={"HIDDEN"})
    emotion_name: bpy.props.StringProperty(default=AUTO, options={"HIDDEN"})
    identity: bpy.props.EnumProperty(
        name="Identity",
        description="How the speaker moves",
        items=_identity_items,
        get=_get_identity,
        set=_set_identity,
    )
    emotion: bpy.props.EnumProperty(
        name="Emotion", description="How the speaker feels", items=_emotion_items, get=_get_emotion, set=_set_emotion
    )


def strip_names(self: object, context: bpy.types.Context, text: str) -> Iterator[str]:
    """List the sound strips, as suggestions for a text field."""
    return (sound.name for sound in sound_strip.sound_strips(sound_strip.strip_scene(context)))


def is_keyed_mesh(self: object, ob: bpy.types.Object) -> bool:
    """Return True if a menu of faces should offer an object."""
    return face_rig.has_keys(ob)


# The list's active row is the Action that animates the face, whoever assigned it. Choosing a row assigns it.
def _get_take(self: "LipSyncSettings") -> int:
    try:
        action = take_store.assigned_action(face_rig.read_face(chosen_face(bpy.context)))
    except face_rig.RigError:
        return -1
    return bpy.data.actions.find(action.name) if action else -1


def _set_take(self: "LipSyncSettings", index: int) -> None:
    try:
        face_action.assign(bpy.data.actions[index], face_rig.read_face(chosen_face(bpy.context)))
    except (IndexError, face_rig.RigError):
        pass  # a click on a row can't report an error, but the panel shows it


class LipSyncSettings(SpeakerSettings, bpy.types.PropertyGroup):
    """scene.lipsync: the settings of the panel."""

    strip: bpy.props.StringProperty(
        name="Strip",
        description="The sound strip to speak. Empty: the active strip in the Sequencer",
        translation_context=OURS,
        search=strip_names,
    )
    face: bpy.props.PointerProperty(
        name="Face",
        description="The mesh that speaks; other meshes of the same face are found automatically. Empty: the active object",
        translation_context=OURS,
        type=bpy.types.Object,
        poll=is_keyed_mesh,
    )
    intensity: bpy.props.FloatProperty(
        name="Intensity",
        description="How strong the emotion is: 0 is neutral, 1 is as learned. To change it over time, animate it or name markers after emotions",
        min=0.0,
        max=2.0,
        default=1.0,
    )
    locks: bpy.props.PointerProperty(
        name="Locks", description="What keeps its values when you resample", type=LipSyncLocks
    )
    seed: bpy.props.IntProperty(
        name="Seed",
        description="Number of the performance: another number gives other blinks, glances and brows for the same words; the same number gives the same take again",
        min=0,
        default=0,
    )
    key_density: bpy.props.EnumProperty(
        name="Keys",
        translation_context=OURS,
        description="How many keys a new take gets; all of them are on whole frames",
        items=(
            ("SIMPLIFIED", "Simplified", "As few keys as the tolerance allows"),
            ("DENSE", "Dense", "A key on every frame"),
        ),
    )
    key_tolerance: bpy.props.FloatProperty(
        name="Tolerance",
        description="How far the reduced curves may differ from the generated ones on any frame; 1 is the full range of a shape key",
        min=0.001,
        max=0.1,
        default=0.01,
        precision=3,
        step=0.1,
    )
    key_interpolation: bpy.props.EnumProperty(
        name="Interpolation",
        description="How the curves run from one key to the next",
        items=(
            ("BEZIER", "Bezier", "Smooth, with automatic handles that never overshoot"),
            ("LINEAR", "Linear", "Straight from key to key"),
        ),
    )
    controls: bpy.props.PointerProperty(
        name="Controls",
        description="The controls of a new take when the face has no active take",
        type=LipSyncNewControls,
    )
    take: bpy.props.IntProperty(
        name="Take", description="The active take", get=_get_take, set=_set_take, options={"SKIP_SAVE"}
    )

    script: bpy.props.StringProperty(
        name="Script", description="What is said in the strip, in English, to correct sounds that were heard wrong"
    )
    script_text: bpy.props.PointerProperty(
        name="Script Text", description="A text that holds the script, in place of the field", type=bpy.types.Text
    )
    show_sounds: bpy.props.BoolProperty(
        name="Show in Time Editors",
        description="Show the sounds of the active take in the Sequencer and the Dope Sheet",
        default=True,
    )

    def key_style(self) -> face_action.Style:
        """Return how new takes are keyed."""
        return face_action.Style(
            self.key_tolerance if self.key_density == "SIMPLIFIED" else 0.0, self.key_interpolation == "BEZIER"
        )

    def shown_controls(self) -> Group:
        """Return the controls that the panel shows: those of the active take or, without one, of new takes."""
        take = active_take(bpy.context)
        return take.lipsync_controls if take else self.controls


def settings(context: bpy.types.Context) -> LipSyncSettings:
    """Return the panel's settings in the scene."""
    return context.scene.lipsync


def key_style(context: bpy.types.Context) -> face_action.Style:
    """Return how new takes are keyed in the scene."""
    return settings(context).key_style()


def active_take(context: bpy.types.Context) -> bpy.types.Action | None:
    """Return the active take of the chosen face; None when it has none."""
    try:
        action = take_store.assigned_action(face_rig.read_face(chosen_face(context)))
    except face_rig.RigError:
        return None
    return action if action and take_store.is_take(action) else None


def chosen_face(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the object that is to speak: the one set in the panel, unless it was deleted since, or the active one."""
    picked = settings(context).face  # which may be deleted: the pointer keeps it in the file
    return picked if picked and picked.users_scene else getattr(context, "active_object", None)


def register() -> None:
    bpy.utils.register_class(LipSyncSettings)
    bpy.types.Scene.lipsync = bpy.props.PointerProperty(type=LipSyncSettings)


def unregister() -> None:
    del bpy.types.Scene.lipsync
    bpy.utils.unregister_class(LipSyncSettings)
