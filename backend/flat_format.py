"""Flat formats of nested dataclasses.

Code passes a request around as one object, while messages, takes and tables have held its fields side by side from the start. A
FlatFormat converts between the two, by the dataclasses' own fields: a new field needs no change here or where a format is declared.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, cached_property
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

_hints = cache(get_type_hints)


@dataclass(frozen=True)
class FlatFormat:
    """How a dataclass is laid out flat.

    kind: the dataclass; inner: dataclasses whose fields stand in the place of the field that holds one.
    names: field -> name in the format, where it differs; left_out: fields of `inner` ones that the format lacks.
    """

    kind: type
    inner: tuple[type, ...]
    names: Mapping[str, str]
    left_out: tuple[str, ...] = ()

    @cached_property
    def types(self) -> dict[str, Any]:
        """Map each name in the format to the type of its field, in the order of the fields."""
        return dict(self._types(self.kind))

    def _types(self, kind: type) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        for name, hint in _hints(kind).items():
            if hint in self.inner:
                found += self._types(hint)
            elif not self._lacks(kind, name):
                found.append((self.names.get(name, name), hint))
        return found

    def flatten(self, record: Any) -> dict[str, Any]:
        """Return name in the format -> value. Values are not copied."""
        flat: dict[str, Any] = {}
        for field in fields(record):
            value = getattr(record, field.name)
            if type(value) in self.inner:
                flat |= self.flatten(value)
            elif not self._lacks(type(record), field.name):
                flat[self.names.get(field.name, field.name)] = value
        return flat

    def nest(self, flat: Mapping[str, Any]) -> Any:
        """Build the dataclass. Fields that are missing get their defaults; raises TypeError when one has none."""
        return self._nest(self.kind, flat)

    def _nest(self, kind: type, flat: Mapping[str, Any]) -> Any:
        values = {}
        for name, hint in _hints(kind).items():
            if hint in self.inner:
                values[name] = self._nest(hint, flat)
            elif not self._lacks(kind, name) and (found := self.names.get(name, name)) in flat:
                values[name] = flat[found]
        return kind(**values)

    def _lacks(self, kind: type, name: str) -> bool:
        return kind in self.inner and name in self.left_out


def from_json(value: Any, hint: Any) -> Any:
    """Return a value that JSON gave as the type that a field declares. Raises TypeError when it is of another."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (UnionType, Union):  # the only unions are "T | None"
        return None if value is None else from_json(value, inner[0])
    if isinstance(hint, type) and hasattr(hint, "_fields"):  # a NamedTuple
        return hint(*from_json(value, tuple[tuple(_hints(hint).values())]))  # type: ignore[misc]
    if origin is tuple and isinstance(value, list):
        if inner[-1] is Ellipsis:
            return tuple(from_json(item, inner[0]) for item in value)
        if len(value) == len(inner):
            return tuple(from_json(item, item_hint) for item, item_hint in zip(value, inner, strict=True))
    elif hasattr(hint, "from_json"):
        return hint.from_json(value)
    elif is_dataclass(hint) and isinstance(value, dict):
        kind: Any = hint
        hints = _hints(kind)
        return kind(**{name: from_json(item, hints.get(name)) for name, item in value.items()})
    elif hint is float:
        if type(value) in (int, float) and math.isfinite(value):
            return float(value)
    elif type(value) is hint:  # exact: True is no int here
        return value
    raise TypeError(hint)
