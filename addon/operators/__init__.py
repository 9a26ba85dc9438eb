"""What the artist can do; every operator is found with F3."""

from . import controls, drop, exchange, generate, locks, takes

_parts = (generate, takes, locks, controls, exchange, drop)


def register() -> None:
    for part in _parts:
        part.register()


def unregister() -> None:
    for part in reversed(_parts):
        part.unregister()
