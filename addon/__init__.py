"""What Blender imports. bpy lives in this package and nowhere else; nothing heavy is imported at register."""

from . import cast, controls, edits, locale, lock_settings, mapping, operators, panels, properties, sample_face, session

# Properties come first: panels and operators use them.
_parts = (session, edits, controls, lock_settings, mapping, properties, cast, operators, panels, sample_face, locale)


def register() -> None:
    """Called by Blender when the extension is enabled."""
    for part in _parts:
        part.register()


def unregister() -> None:
    """Called by Blender when the extension is disabled; ends the backend process."""
    for part in reversed(_parts):
        part.unregister()
