"""The add-on's preferences."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

import bpy

from .session import session

# Blender knows an extension by its root package, of which this one is a part.
ROOT_PACKAGE = (__package__ or "").rpartition(".")[0]


def _restart(self: bpy.types.AddonPreferences, context: bpy.types.Context) -> None:
    session.restart()


class LipSyncPreferences(bpy.types.AddonPreferences):
    bl_idname = ROOT_PACKAGE

    python: bpy.props.StringProperty(
        name="Backend Python",
        description="Another Python to run the backend, with numpy, onnxruntime, soundfile and soxr installed. Empty: Blender's own",
        subtype="FILE_PATH",
        update=_restart,
    )

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.prop(self, "python")


def backend_python(context: bpy.types.Context) -> str:
    """The Python that the preferences name for the backend; "" for Blender's own."""
    addon = context.preferences.addons.get(ROOT_PACKAGE)
    return bpy.path.abspath(addon.preferences.python) if addon and addon.preferences else ""


def register() -> None:
    bpy.utils.register_class(LipSyncPreferences)


def unregister() -> None:
    bpy.utils.unregister_class(LipSyncPreferences)
