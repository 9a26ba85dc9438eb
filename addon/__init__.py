"""The add-on: everything that runs inside Blender.

bpy is imported in this package only. Registering imports nothing heavy, so that enabling the extension stays quick.
"""

from . import cast_list, key_making, locale, lock_settings, operators, panels, properties, registration, sample_face
from .generation import current_job
from .rig import mapping
from .takes import controls, edit_tracking

# Blender calls these when the extension is enabled and disabled. Properties come first: panels and operators use them.
register, unregister = registration.for_modules(
    current_job,
    edit_tracking,
    controls,
    lock_settings,
    mapping,
    properties,
    cast_list,
    operators,
    key_making,
    panels,
    sample_face,
    locale,
)
