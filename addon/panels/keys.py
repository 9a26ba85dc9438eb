"""How new takes are keyed."""

from typing import ClassVar

import bpy

from ..locale import OURS
from ..properties import settings


class _KeysPanel:
    """How new takes are keyed, below the panel of either editor."""

    bl_label = "Keys"
    bl_translation_context = OURS
    bl_region_type = "UI"
    bl_options: ClassVar = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, wanted = self.layout, settings(context)  # type: ignore[attr-defined]
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.row().prop(wanted, "key_density", expand=True)
        row = layout.row()
        row.active = wanted.key_density == "SIMPLIFIED"
        row.prop(wanted, "key_tolerance")
        layout.row().prop(wanted, "key_interpolation", expand=True)


class VIEW3D_PT_lipsync_keys(_KeysPanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_parent_id = "VIEW3D_PT_lipsync"


class SEQUENCER_PT_lipsync_keys(_KeysPanel, bpy.types.Panel):
    bl_space_type = "SEQUENCE_EDITOR"
    bl_parent_id = "SEQUENCER_PT_lipsync"


register, unregister = bpy.utils.register_classes_factory((VIEW3D_PT_lipsync_keys, SEQUENCER_PT_lipsync_keys))
