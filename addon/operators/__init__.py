"""What the artist can do; every operator is found with F3."""

from . import batch_manifest, bones, cast, controls, drop, error_report, generate, import_export, locks, mapping, takes

_parts = (generate, takes, locks, controls, cast, import_export, drop, batch_manifest, mapping, bones, error_report)


def register() -> None:
    for part in _parts:
        part.register()


def unregister() -> None:
    for part in reversed(_parts):
        part.unregister()
