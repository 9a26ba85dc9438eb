"""The panel "Keys": how new takes are keyed. Runs in Blender."""

import bpy

from ..locale import OURS
from ..properties import settings
from .sub_panels import in_both_editors


class _KeysPanel:
    """Key density, tolerance and interpolation of new takes."""

    bl_label = "Keys"
    bl_translation_context = OURS

    def draw(self, context: bpy.types.Context) -> None:
        layout, panel = self.layout, settings(context)  # type: ignore[attr-defined]
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.row().prop(panel, "key_density", expand=True)
        row = layout.row()
        row.active = panel.key_density == "SIMPLIFIED"
        row.prop(panel, "key_tolerance")
        layout.row().prop(panel, "key_interpolation", expand=True)


register, unregister = bpy.utils.register_classes_factory(in_both_editors("lipsync_keys", _KeysPanel))
