"""Reasons why a take can't be seen on a mesh: each diagnoser finds one, and says what to do. Runs in Blender."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import bpy

from ...backend.messages import UserMessage

if TYPE_CHECKING:
    from .face_rig import FaceMesh

_MIN_RANGE = 0.5  # a slider that ends below cuts off much of a take
_FLAT = 1e-6  # scale of an object that can't be seen
_MAX_EXAMPLES = 3
_DESTRUCTIVE = ("SUBTRACT", "MULTIPLY")  # ways to blend that take away what a take adds
_HAS_SLOTS = hasattr(bpy.types, "ActionSlot")  # 4.4+

Diagnoser = Callable[["FaceMesh"], Iterable[UserMessage]]


def find_lasting(meshes: Sequence["FaceMesh"]) -> list[UserMessage]:
    """Return the obstacles to any take, on all frames."""
    return find(meshes, LASTING)


def find(meshes: Sequence["FaceMesh"], diagnosers: Sequence[Diagnoser]) -> list[UserMessage]:
    """Return the messages of diagnosers about meshes. Each message comes once and names its meshes."""
    found: dict[UserMessage, list[str]] = {}
    for mesh in meshes:
        for diagnose in diagnosers:
            for sentence in diagnose(mesh):
                found.setdefault(sentence, []).append(mesh.object.name)
    return [UserMessage('"{meshes}": {why}', meshes=_listed(names), why=why) for why, names in found.items()]


def _solo_track(mesh: "FaceMesh") -> Iterator[UserMessage]:
    for track in _tracks(mesh):
        if track.is_solo:
            yield UserMessage(
                'the NLA track "{track}" of its shape keys is solo, so nothing else plays: click its star in the NLA editor',
                track=track.name,
            )


def _influence(mesh: "FaceMesh") -> Iterator[UserMessage]:
    data = mesh.key.animation_data
    if _tracks(mesh) and data.action_influence < 1:
        percent = round(100 * data.action_influence)
        yield UserMessage(
            "takes have an influence of {percent} %: set Influence to 1 under Edited Action in the NLA editor's sidebar",
            percent=percent,
        )


def _blending(mesh: "FaceMesh") -> Iterator[UserMessage]:
    data = mesh.key.animation_data
    if _tracks(mesh) and data.action_blend_type in _DESTRUCTIVE:
        yield UserMessage(
            "takes are blended with the NLA: set Blending to Replace under Edited Action in the NLA editor's sidebar"
        )


def _only_active_key(mesh: "FaceMesh") -> Iterator[UserMessage]:
    if mesh.object.show_only_shape_key:
        yield UserMessage(
            "it shows its active shape key alone: turn off Solo Active Shape Key below the list of shape keys"
        )


def _narrow_sliders(mesh: "FaceMesh") -> Iterator[UserMessage]:
    blocks = (mesh.key.key_blocks[name] for name in mesh.sums if name not in mesh.skipped)
    if narrow := [block.name for block in blocks if block.slider_max < _MIN_RANGE]:
        yield UserMessage(
            "sliders end early ({keys}), and takes are cut there: set their Range Max to 1", keys=_named(narrow)
        )


def _muted_curves(mesh: "FaceMesh") -> Iterator[UserMessage]:
    data = mesh.key.animation_data
    paths = {f'key_blocks["{bpy.utils.escape_identifier(name)}"].value' for name in mesh.sums}
    muted = [
        curve.data_path.split('"')[1]
        for curve in _curves(data)
        if curve.data_path in paths and (curve.mute or (curve.group and curve.group.mute))
    ]
    if muted:
        yield UserMessage("F-curves are muted ({curves}): unmute them in the Graph Editor", curves=_named(muted))


def _wrong_slot(mesh: "FaceMesh") -> Iterator[UserMessage]:
    data = mesh.key.animation_data
    if _HAS_SLOTS and data and data.action and not _curves(data):
        slots = [slot.name_display for slot in data.action.slots if slot.target_id_type == "KEY"]
        if slots and (data.action_slot is None or data.action_slot.name_display not in slots[:1]):
            yield UserMessage(
                'its shape keys play another slot of their Action: choose the slot "{slot}" in the Action Editor',
                slot=slots[0],
            )


def _vertex_groups(mesh: "FaceMesh") -> Iterator[UserMessage]:
    blocks = (mesh.key.key_blocks[name] for name in mesh.sums if name not in mesh.skipped)
    if limited := [block.name for block in blocks if block.vertex_group]:
        yield UserMessage(
            "shape keys are limited to vertex groups ({keys}): clear Vertex Group below the list of shape keys",
            keys=_named(limited),
        )


def _other_mode(mesh: "FaceMesh") -> Iterator[UserMessage]:
    if mesh.object.mode in ("EDIT", "SCULPT"):
        yield UserMessage("it is being edited, which shows no animation: switch to Object Mode")


def _covered(mesh: "FaceMesh") -> Iterator[UserMessage]:
    """Diagnose a mesh that plays NLA strips and no Action."""
    data = mesh.key.animation_data
    if not data or data.action:
        return
    if not data.use_nla:
        yield UserMessage("its NLA is turned off: turn it on in the NLA editor")
    for track in data.nla_tracks:
        if track.mute:
            yield UserMessage(
                'the NLA track "{track}" of its shape keys is muted: tick its box in the NLA editor', track=track.name
            )
        for strip in track.strips:
            if strip.mute:
                yield UserMessage('the NLA strip "{strip}" is muted: unmute it in the NLA editor', strip=strip.name)
            elif (share := _influence_of(strip)) < 1:
                yield UserMessage(
                    'the NLA strip "{strip}" has an influence of {percent} %: set it to 1',
                    strip=strip.name,
                    percent=round(100 * share),
                )
            elif strip.blend_type in _DESTRUCTIVE:
                yield UserMessage('the NLA strip "{strip}" is blended: set its Blending to Replace', strip=strip.name)
    yield from _overlaid(data)


def _influence_of(strip: bpy.types.NlaStrip) -> float:
    """Return how much a strip counts on the scene's frame. Without animated influence, the property says nothing."""
    if not strip.use_animated_influence:
        return 1.0
    curve = next((curve for curve in strip.fcurves if curve.data_path == "influence"), None)
    if curve is None or curve.mute or not len(curve.keyframe_points):
        return strip.influence
    return curve.evaluate(bpy.context.scene.frame_current_final)


def _overlaid(data: bpy.types.AnimData) -> Iterator[UserMessage]:
    """Find strips that another strip on a higher track replaces for their whole length."""
    tracks = [track for track in data.nla_tracks if not track.mute]
    for place, track in enumerate(tracks):
        above = [strip for other in tracks[place + 1 :] for strip in other.strips if not strip.mute]
        for strip in track.strips:
            for cover in above:
                whole = cover.frame_start <= strip.frame_start and strip.frame_end <= cover.frame_end
                if cover.blend_type == "REPLACE" and whole:
                    yield UserMessage(
                        'the NLA strip "{cover}" lies above "{strip}" and hides it: mute one of them in the NLA editor',
                        cover=cover.name,
                        strip=strip.name,
                    )


def hidden(mesh: "FaceMesh") -> Iterator[UserMessage]:
    """Diagnose a mesh that isn't visible at all."""
    ob, layer = mesh.object, bpy.context.view_layer
    if ob.name not in layer.objects:
        yield UserMessage("its collection is excluded from the view layer: tick the collection in the Outliner")
    elif ob.hide_viewport:
        yield UserMessage("it is disabled in viewports: click its screen in the Outliner")
    elif ob.hide_get(view_layer=layer):
        yield UserMessage("it is hidden: click its eye in the Outliner")
    elif not ob.visible_get(view_layer=layer):
        yield UserMessage("its collection is hidden: click the collection's eye or screen in the Outliner")
    elif ob.display_type == "BOUNDS":
        yield UserMessage("it is displayed as Bounds: set Display As to Textured under Viewport Display")
    elif min(map(abs, _evaluated_scale(ob))) < _FLAT:
        yield UserMessage("it is scaled to 0: check its scale, its parents and its constraints")


# Obstacles to any take.
LASTING: tuple[Diagnoser, ...] = (
    _solo_track,
    _influence,
    _blending,
    _only_active_key,
    _narrow_sliders,
    _muted_curves,
)
# Possible obstacles when a take was found not to move the mesh.
DIAGNOSERS: tuple[Diagnoser, ...] = (
    *LASTING,
    _wrong_slot,
    _vertex_groups,
    _other_mode,
    _covered,
)


def _evaluated_scale(ob: bpy.types.Object) -> Iterable[float]:
    return ob.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world.to_scale()


def _tracks(mesh: "FaceMesh") -> "list[bpy.types.NlaTrack]":
    """Return the NLA tracks that Blender evaluates."""
    data = mesh.key.animation_data
    return [*data.nla_tracks] if data and data.use_nla else []


def _curves(data: bpy.types.AnimData | None) -> "list[bpy.types.FCurve]":
    """Return the F-curves of the assigned Action."""
    if not data or not data.action:
        return []
    if not _HAS_SLOTS:
        return [*data.action.fcurves]
    bags = (
        strip.channelbag(data.action_slot)
        for layer in (data.action.layers if data.action_slot else ())
        for strip in layer.strips
    )
    return [curve for bag in bags if bag for curve in bag.fcurves]


def _listed(names: Sequence[str]) -> str:
    return '", "'.join(names[:_MAX_EXAMPLES]) + ('", ...' if len(names) > _MAX_EXAMPLES else "")


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:_MAX_EXAMPLES]) + (", ..." if len(names) > _MAX_EXAMPLES else "")
