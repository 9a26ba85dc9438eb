"""What the artist can do; every operator is found with F3."""

from . import bones, cast, controls, drop, exchange, generate, locks, manifest, mapping, report, takes

_parts = (generate, takes, locks, controls, cast, exchange, drop, manifest, mapping, bones, report)


def register() -> None:
    for part in _parts:
        part.register()


def unregister() -> None:
    for part in reversed(_parts):
        part.unregister()
