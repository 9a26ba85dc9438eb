"""Reduce a take's keys in a thread, so that Blender can draw: ten minutes of speech take a second. Runs in Blender, without bpy."""

import threading
from collections.abc import Sequence

import numpy as np

from ..keyframes.face_action import Column, ReducedKeys, Style, reduce_keys

_NAME = "keys"


def wait_for_reductions() -> None:
    """Wait until no thread reduces keys, those of canceled jobs included."""
    for thread in threading.enumerate():
        if thread.name == _NAME:
            thread.join()


class KeyReductionThread:
    """The reduced keys of a table of columns. Face or controls may change the table before the take is applied, see keys()."""

    def __init__(self, table: Sequence[Column], style: Style) -> None:
        self._table = table
        self._style = style
        self._keys: ReducedKeys | None = None
        self._thread = threading.Thread(target=self._reduce, name=_NAME, daemon=True)
        self._thread.start()

    def ready(self, wait: float = 0.0) -> bool:
        """Return True when the thread has ended, waiting at most `wait` seconds."""
        self._thread.join(wait)
        return not self._thread.is_alive()

    def keys(self, table: Sequence[Column], style: Style) -> ReducedKeys | None:
        """Return the reduced keys; None if the thread was started for another table or style."""
        same = style == self._style and len(table) == len(self._table)
        if same and all(
            a.path == b.path and np.array_equal(a.values, b.values) for a, b in zip(table, self._table, strict=True)
        ):
            return self._keys
        return None

    def _reduce(self) -> None:
        self._keys = reduce_keys(self._table, self._style)
