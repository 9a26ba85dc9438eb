"""Registers several modules as one, in order, and unregisters them in reverse order. Runs in Blender."""

from collections.abc import Callable
from types import ModuleType


def for_modules(*modules: ModuleType) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return (register, unregister) for modules that each have such a pair."""

    def register() -> None:
        for module in modules:
            module.register()

    def unregister() -> None:
        for module in reversed(modules):
            module.unregister()

    return register, unregister
