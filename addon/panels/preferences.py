"""The add-on's page in Blender's preferences. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

import importlib.util

import bpy

from ...backend.messages import UserMessage
from ..generation import model_info
from ..generation.backend_process import disabled_reason
from ..locale import tr
from ..operators.error_report import LIPSYNC_OT_show_log
from ..preferences import backend_model, backend_python
from ..root_package import ROOT_PACKAGE
from .text import draw_text


def _options() -> tuple[type, ...]:
    """Return the base with the options that need software from elsewhere, where this zip has it."""
    if importlib.util.find_spec(f"{__package__}.backend_options") is None:
        return ()
    return (importlib.import_module(".backend_options", __package__).BackendOptions,)


class LipSyncPreferences(*_options(), bpy.types.AddonPreferences):  # type: ignore[misc]
    bl_idname = ROOT_PACKAGE

    model: bpy.props.StringProperty(
        name="Model",
        description="The folder of a model exported by this project's training. Empty: the extension's own model",
        subtype="DIR_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        if hasattr(self, "draw_options"):
            self.draw_options(layout)
        _draw_problem(layout, context, disabled_reason(backend_python(context)))
        layout.prop(self, "model", placeholder="The Extension's Own")
        folder = backend_model(context)
        if why := model_info.problem(folder):
            stand_in = UserMessage("{reason}; until then, the extension's own model is used", reason=why)
            _draw_problem(layout, context, stand_in)
        row = layout.row()
        row.alignment = "RIGHT"
        if card := model_info.card(model_info.OWN if why else folder):
            row.label(
                text=tr(
                    "{model} {version}: {identities} identities, {emotions} emotions",
                    model=card.name,
                    version=card.version,
                    identities=len(card.identities),
                    emotions=len(card.emotions),
                ),
                translate=False,
            )
        row.operator(LIPSYNC_OT_show_log.bl_idname, text="Show Log", icon="TEXT")


def _draw_problem(layout: bpy.types.UILayout, context: bpy.types.Context, why: UserMessage | None) -> None:
    if why:
        draw_text(layout, context, why, "ERROR")


def register() -> None:
    bpy.utils.register_class(LipSyncPreferences)


def unregister() -> None:
    bpy.utils.unregister_class(LipSyncPreferences)
