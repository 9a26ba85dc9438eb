"""The preferences that need software from elsewhere: another Python and other runtimes. Runs in Blender.

The universal zip leaves this module out, because an extension that is listed may not depend on other software.
"""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

import bpy


class BackendOptions:
    """Properties of the add-on's preferences."""

    python: bpy.props.StringProperty(
        name="Backend Python",
        description="A Python to run the backend, with numpy installed. Empty: Blender's own",
        subtype="FILE_PATH",
    )
    runtime: bpy.props.EnumProperty(
        name="Runtime",
        description="The library that runs the model. If it can't be used, another one is, and the report of the take says why",
        default="auto",
        items=(
            ("auto", "Automatic", "ONNX Runtime where it is installed, otherwise numpy", 3),
            ("onnx", "ONNX Runtime", "Runs on the CPU; needs onnxruntime in the backend's Python", 0),
            (
                "torch",
                "PyTorch",
                "Runs on an NVIDIA GPU, otherwise on the CPU; needs torch and onnx in the backend's Python",
                1,
            ),
            (
                "tensorrt",
                "TensorRT",
                "Runs on an NVIDIA GPU; needs tensorrt-cu13 and cuda-bindings in the backend's Python. The first start takes minutes",
                2,
            ),
        ),
    )

    def draw_options(self, layout: bpy.types.UILayout) -> None:
        layout.prop(self, "python", placeholder="Blender's Own")
        if self.python:
            layout.prop(self, "runtime")
