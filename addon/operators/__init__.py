"""The operators: everything that an artist can do. F3 finds each of them. Runs in Blender."""

from .. import registration
from . import (
    batch_manifest,
    bones,
    cast,
    controls,
    drive_head,
    drop,
    error_report,
    generate,
    import_export,
    locks,
    mapping,
    rotations,
    sounds,
    take_sounds,
    takes,
)

register, unregister = registration.for_modules(
    generate,
    takes,
    locks,
    controls,
    cast,
    import_export,
    rotations,
    sounds,
    take_sounds,
    drop,
    batch_manifest,
    mapping,
    bones,
    drive_head,
    error_report,
)
