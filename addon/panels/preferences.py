"""The add-on's page in Blender's preferences."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

import bpy

from ..generation import model_info
from ..generation.backend_process import disabled_reason
from ..locale import said
from ..operators.error_report import LIPSYNC_OT_show_log
from ..preferences import backend_model, backend_python
from ..root_package import ROOT_PACKAGE
from .text import draw_text


class LipSyncPreferences(bpy.types.AddonPreferences):
    bl_idname = ROOT_PACKAGE

    python: bpy.props.StringProperty(
        name="Backend Python",
        description="Another Python to run the backend, with numpy, onnxruntime, soundfile and soxr installed. Empty: Blender's own",
        subtype="FILE_PATH",
    )
    runtime: bpy.props.EnumProperty(
        name="Runtime",
        description="What runs the model; where it can't, ONNX Runtime does the work and the take's report says why",
        items=(
            ("onnx", "ONNX Runtime", "On the processor; always there"),
            (
                "torch",
                "PyTorch",
                "On an NVIDIA GPU, or else on the processor; needs torch and onnx in the backend's Python",
            ),
            (
                "tensorrt",
                "TensorRT",
                "On an NVIDIA GPU; needs tensorrt-cu13 and cuda-bindings in the backend's Python, and minutes at the first start",
            ),
        ),
    )
    model: bpy.props.StringProperty(
        name="Model",
        description="The folder of another model, as the project's training exports it. Empty: the one that comes with the extension",
        subtype="DIR_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "python", placeholder="Blender's Own")
        _draw_problem(layout, context, disabled_reason(backend_python(context)))
        if self.python:
            layout.prop(self, "runtime")
        layout.prop(self, "model", placeholder="The Extension's Own")
        folder = backend_model(context)
        if why := model_info.problem(folder):
            _draw_problem(layout, context, f"{why}; until then, the extension's own model does the work")
        row = layout.row()
        row.alignment = "RIGHT"
        if card := model_info.card(model_info.OWN if why else folder):
            row.label(
                text=said(
                    f"{card.name} {card.version}: {len(card.identities)} identities, {len(card.emotions)} emotions"
                )
            )
        row.operator(LIPSYNC_OT_show_log.bl_idname, text="Show Log", icon="TEXT")


def _draw_problem(layout: bpy.types.UILayout, context: bpy.types.Context, why: str) -> None:
    if why:
        draw_text(layout, context, why, "ERROR")


def register() -> None:
    bpy.utils.register_class(LipSyncPreferences)


def unregister() -> None:
    bpy.utils.unregister_class(LipSyncPreferences)
