"""What the artist sees, in the order of the sidebar."""

from . import keys, main, mapping, takes

_parts = (main, takes, mapping, keys)


def register() -> None:
    for part in _parts:
        part.register()


def unregister() -> None:
    for part in reversed(_parts):
        part.unregister()
