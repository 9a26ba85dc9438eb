"""What the artist sees, in the order of the sidebar."""

from . import cast, controls, keys, locks, main, mapping, preferences, takes

_parts = (main, takes, locks, controls, cast, mapping, keys, preferences)


def register() -> None:
    for part in _parts:
        part.register()


def unregister() -> None:
    for part in reversed(_parts):
        part.unregister()
