"""What Blender imports. bpy lives in this package and nowhere else; nothing heavy is imported at register."""

from . import cast_list, locale, lock_settings, operators, panels, properties, sample_face
from .generation import current_job
from .rig import mapping
from .takes import controls, edit_tracking

# Properties come first: panels and operators use them.
_parts = (
    current_job,
    edit_tracking,
    controls,
    lock_settings,
    mapping,
    properties,
    cast_list,
    operators,
    panels,
    sample_face,
    locale,
)


def register() -> None:
    """Called by Blender when the extension is enabled."""
    for part in _parts:
        part.register()


def unregister() -> None:
    """Called by Blender when the extension is disabled; ends the backend process."""
    for part in reversed(_parts):
        part.unregister()
