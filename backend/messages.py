"""Messages for the artist: templates with named arguments, to be filled in the language in which they are shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Union

SEPARATOR = " \u00b7 "  # between the parts of a list
_DEEPEST = 4  # levels of messages within messages that are read from a pipe
_LONGEST_SPEC = 4  # letters of a format such as ".2f"

Argument = Union[str, int, float, "UserMessage", tuple["Argument", ...]]


@dataclass(frozen=True, init=False)
class UserMessage:
    """A sentence for the artist: what failed, why, and what to do next, without a full stop.

    template: English, with named fields as str.format() has them; it is also what a translation is looked up by. Without arguments it
    is the text itself. An argument may be a message, which is translated too, or a tuple, whose parts are listed.
    """

    template: str
    arguments: tuple[tuple[str, Argument], ...]

    def __init__(self, template: str, /, **arguments: object) -> None:
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "arguments", tuple((name, _argument(value)) for name, value in arguments.items()))

    def __str__(self) -> str:
        return self.render(lambda template: template)

    def render(self, look_up: Callable[[str], str]) -> str:
        """Fill the template that look_up returns for the English one."""
        template = look_up(self.template)
        if not self.arguments:
            return template
        return template.format(**{name: _filling(value, look_up) for name, value in self.arguments})

    def to_json(self) -> dict[str, Any]:
        """Return what from_json() reads, for json.dumps()."""
        return {"template": self.template, "arguments": {name: _packed(value) for name, value in self.arguments}}

    @classmethod
    def from_json(cls, value: object) -> "UserMessage":
        """Read a message that came through a pipe. Raises TypeError unless its template asks for its arguments and nothing else."""
        return _unpacked_message(value, 0)


class UserError(Exception):
    """Something went wrong that the artist can do something about; message says it, str() is the same in English."""

    def __init__(self, template: str | UserMessage, /, **arguments: object) -> None:
        self.message = UserMessage(template, **arguments) if isinstance(template, str) else template
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


def listed(*parts: Argument) -> UserMessage:
    """Return one message that lists several."""
    return UserMessage("{parts}", parts=parts)


def _argument(value: object) -> Argument:
    if isinstance(value, tuple | list):
        return tuple(map(_argument, value))
    return value if isinstance(value, str | int | float | UserMessage) else str(value)


def _filling(value: Argument, look_up: Callable[[str], str]) -> str | int | float:
    if isinstance(value, UserMessage):
        return value.render(look_up)
    if isinstance(value, tuple):
        return SEPARATOR.join(str(_filling(part, look_up)) for part in value)
    return value


def _packed(value: Argument) -> Any:
    if isinstance(value, UserMessage):
        return value.to_json()
    return list(map(_packed, value)) if isinstance(value, tuple) else value


def _unpacked_message(value: object, depth: int) -> UserMessage:
    if not isinstance(value, Mapping) or value.keys() != {"template", "arguments"} or depth > _DEEPEST:
        raise TypeError("no message")
    template, arguments = value["template"], value["arguments"]
    if not isinstance(template, str) or not isinstance(arguments, Mapping):
        raise TypeError("no message")
    if arguments:
        _check_template(template, arguments)
    return UserMessage(template, **{name: _unpacked(part, depth + 1) for name, part in arguments.items()})


def _unpacked(value: object, depth: int) -> Argument:
    if isinstance(value, list) and depth <= _DEEPEST:
        return tuple(_unpacked(part, depth + 1) for part in value)
    return value if isinstance(value, str | int | float) else _unpacked_message(value, depth)


def _check_template(template: str, arguments: Mapping[str, object]) -> None:
    """Raise TypeError unless the template can be filled: a format could also read attributes or ask for any width."""
    try:
        fields = [(name, spec or "", how) for _, name, spec, how in Formatter().parse(template) if name is not None]
        if {name for name, _, _ in fields} != arguments.keys():
            raise ValueError("other fields")
        for name, spec, how in fields:
            if not name.isidentifier() or how or len(spec) > _LONGEST_SPEC:
                raise ValueError("no plain field")
            number = arguments[name] if isinstance(arguments[name], int | float) else ""
            format(number, spec)
    except ValueError as error:
        raise TypeError(f"no template: {error}") from error
