"""A take's keys, found in a thread while Blender goes on drawing: for ten minutes of speech that takes a second."""

import threading
from collections.abc import Sequence

import numpy as np

from ..keyframes.face_action import Column, ReducedKeys, Style, reduce_keys


class KeyReductionThread:
    """The keys of a take as its face and its controls are now. By the time that it is applied they may be others."""

    def __init__(self, table: Sequence[Column], style: Style) -> None:
        self._table = table
        self._style = style
        self._keys: ReducedKeys | None = None
        self._thread = threading.Thread(target=self._find, name="keys", daemon=True)
        self._thread.start()

    def ready(self, wait: float = 0.0) -> bool:
        """Whether the keys are found, or never will be; waits for them at most so many seconds."""
        self._thread.join(wait)
        return not self._thread.is_alive()

    def keys(self, table: Sequence[Column], style: Style) -> ReducedKeys | None:
        """What thin() makes of a table; None when this is the draft of another."""
        same = style == self._style and len(table) == len(self._table)
        if same and all(
            a.path == b.path and np.array_equal(a.values, b.values) for a, b in zip(table, self._table, strict=True)
        ):
            return self._keys
        return None

    def _find(self) -> None:
        self._keys = reduce_keys(self._table, self._style)
