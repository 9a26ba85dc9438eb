"""What the artist can do; every operator is found with F3."""

from . import bones, drop, exchange, generate, mapping, takes

_parts = (generate, takes, exchange, drop, mapping, bones)


def register() -> None:
    for part in _parts:
        part.register()


def unregister() -> None:
    for part in reversed(_parts):
        part.unregister()
