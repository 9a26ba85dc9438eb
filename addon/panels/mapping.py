"""The panel "Mapping": which shape keys of the face each channel moves, and fields to change that. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from typing import ClassVar

import bpy

from ...backend.arkit import CHANNELS, REGIONS
from ...backend.messages import UserMessage
from ..locale import OURS, tr
from ..operators.bones import LIPSYNC_OT_drive_bones
from ..operators.drive_head import LIPSYNC_OT_drive_head
from ..operators.mapping import LIPSYNC_OT_mapping_load, LIPSYNC_OT_mapping_reset, LIPSYNC_OT_mapping_save
from ..properties import chosen_face
from ..rig import channel_names, face_rig, mapping
from ..rig.visemes import VISEME_CHANNELS
from .text import draw_text

_VISEMES = "visemes"
_REGIONS = (*REGIONS, _VISEMES)
_MAX_MISSING = 6  # missing channels that are named; more would fill the panel


class LipSyncMappingView(bpy.types.PropertyGroup):
    """window_manager.lipsync_mapping: the region and the channel that the panel shows."""

    region: bpy.props.EnumProperty(
        name="Region",
        description="The part of the face whose channels are listed",
        items=[(name, name.title(), "How many of its channels have a shape key, out of how many") for name in _REGIONS],
        default="jaw",
    )
    # The rows of the list. A UIList shows only collections, and an enum's items are one.
    curves: bpy.props.EnumProperty(items=[(curve, curve, "") for curve in mapping.CURVES], options={"HIDDEN"})
    active: bpy.props.IntProperty(
        name="Channel",
        description="The channel whose shape keys are shown below the list",
        default=mapping.CURVES.index("jawOpen"),
    )


def shown_curve(view: LipSyncMappingView) -> str:
    """Return the channel whose keys are shown: the clicked one or, if that is of another region, the first of this region.

    An update function of `region` could set it, but crashes Blender 4.2's Python module at exit.
    """
    clicked = mapping.CURVES[view.active]
    return (
        clicked
        if mapping.REGION_OF[clicked] == view.region
        else next(c for c in mapping.CURVES if mapping.REGION_OF[c] == view.region)
    )


class LIPSYNC_UL_mapping(bpy.types.UIList):
    """The rows of the mapping: a channel of the region, and the shape keys that it moves."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:  # type: ignore[no-untyped-def]
        curve, face = item.identifier, face_rig.find_face(chosen_face(context))
        manual = [mesh for mesh in face.meshes if curve in dict(mapping.choices(mesh.key))]
        keys = _keys(face.meshes, curve)
        row = layout.split(factor=0.55)
        row.active = None in keys.values()
        row.alert = any(_is_gone(mesh.key, curve) for mesh in manual)
        row.label(text=curve)
        row = row.row(align=True)
        names = (f"{key} ({tr(why)})" if why else key for key, why in keys.items())
        row.label(text=", ".join(names) or (tr("None") if manual else tr("Missing")), translate=False)
        if manual:
            row.operator(LIPSYNC_OT_mapping_reset.bl_idname, text="", icon="LOOP_BACK", emboss=False).curve = curve

    def filter_items(self, context, data, property):  # type: ignore[no-untyped-def]
        region = context.window_manager.lipsync_mapping.region
        filter_name = self.filter_name.lower()
        shown = [
            mapping.REGION_OF[item.identifier] == region and filter_name in item.identifier.lower()
            for item in getattr(data, property)
        ]
        return [self.bitflag_filter_item if show else 0 for show in shown], []


def _keys(meshes: "tuple[face_rig.FaceMesh, ...]", curve: str) -> dict[str, UserMessage | None]:
    """Return name of each key of a curve -> why the curve doesn't move it, None if it does."""
    return {name: mesh.skipped.get(name) for mesh in meshes for name, parts in mesh.sums.items() if curve in parts}


def _is_gone(key: bpy.types.Key, curve: str) -> bool:
    """Return True if the key chosen for a curve no longer exists."""
    chosen = dict(mapping.choices(key)).get(curve)
    return bool(chosen) and chosen not in key.key_blocks


class VIEW3D_PT_lipsync_mapping(bpy.types.Panel):
    bl_label = "Mapping"
    bl_translation_context = OURS
    bl_region_type = "UI"
    bl_space_type = "VIEW_3D"
    bl_parent_id = "VIEW3D_PT_lipsync"
    bl_options: ClassVar = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, view = self.layout, context.window_manager.lipsync_mapping
        try:
            face = face_rig.find_face(chosen_face(context))
        except face_rig.RigError as error:
            draw_text(layout, context, error.message, "INFO")
            return
        _draw_coverage(layout, face, view)
        _draw_missing(layout, context, face, view.region)
        row = layout.row()
        row.template_list(
            "LIPSYNC_UL_mapping", "", view.bl_rna.properties["curves"], "enum_items", view, "active", rows=6
        )
        column = row.column(align=True)
        column.operator(LIPSYNC_OT_mapping_load.bl_idname, text="", icon="IMPORT")
        column.operator(LIPSYNC_OT_mapping_save.bl_idname, text="", icon="EXPORT")
        column.separator()
        column.operator(LIPSYNC_OT_mapping_reset.bl_idname, text="", icon="LOOP_BACK")
        curve = shown_curve(view)
        if mapping.REGION_OF[curve] == view.region:
            _draw_choices(layout, face, curve)
        layout.operator(LIPSYNC_OT_drive_bones.bl_idname, icon="BONE_DATA")
        layout.operator(LIPSYNC_OT_drive_head.bl_idname, icon="CON_ROTLIKE")


def _draw_coverage(layout: bpy.types.UILayout, face: face_rig.Face, view: LipSyncMappingView) -> None:
    grid = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
    for region, (found, count) in face.coverage.items():
        grid.prop_enum(view, "region", region, text=f"{tr(region.title())} {found}/{count}")
    if not channel_names.has_lips(face.channels):
        grid.prop_enum(view, "region", _VISEMES, text=f"{tr('Visemes')} {len(face.visemes)}")


def _draw_missing(layout: bpy.types.UILayout, context: bpy.types.Context, face: face_rig.Face, region: str) -> None:
    missing = [
        channel
        for channel in CHANNELS
        if channel not in face.channels and not (face.viseme_set and channel in VISEME_CHANNELS)
    ]
    if face.viseme_set and not set(VISEME_CHANNELS).isdisjoint(REGIONS.get(region, ())):
        message = UserMessage(
            "{name} visemes move the mouth, so the shape keys of the channels they stand for are not animated",
            name=face.viseme_set.label,
        )
        draw_text(layout, context, message, "INFO")
    elif 0 < len(missing) <= _MAX_MISSING:
        draw_text(layout, context, UserMessage("Missing: {channels}", channels=", ".join(missing)), "INFO")


def _draw_choices(layout: bpy.types.UILayout, face: face_rig.Face, curve: str) -> None:
    """Draw a field for each mesh: the key chosen manually or, in gray, the automatic one."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    for mesh in face.meshes:
        row = column.row()
        row.alert = _is_gone(mesh.key, curve)
        automatic = ", ".join(name for name, parts in mesh.sums.items() if curve in parts)
        hint = f"{tr('Auto')}: {automatic or tr('none')}"
        row.prop(mesh.key.lipsync_mapping, curve, text=mesh.object.name, translate=False, placeholder=hint)


def register() -> None:
    for cls in _classes:
        bpy.utils.register_class(cls)
    bpy.types.WindowManager.lipsync_mapping = bpy.props.PointerProperty(type=LipSyncMappingView)


def unregister() -> None:
    del bpy.types.WindowManager.lipsync_mapping
    for cls in reversed(_classes):
        bpy.utils.unregister_class(cls)


_classes = (LipSyncMappingView, LIPSYNC_UL_mapping, VIEW3D_PT_lipsync_mapping)
