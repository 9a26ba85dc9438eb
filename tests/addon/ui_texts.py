"""Collect the texts that the add-on shows: labels and tooltips of its classes, and the messages in its code."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import bpy
from helpers import PACKAGE, part

ROOT = Path(__file__).parents[2]
_KINDS = (
    bpy.types.Operator,
    bpy.types.Panel,
    bpy.types.PropertyGroup,
    bpy.types.AddonPreferences,
    bpy.types.UIList,
    bpy.types.Menu,
    bpy.types.FileHandler,
)
_SHELL_ONLY = ("backend/batch/",)  # whose messages no artist sees


def classes(*kinds: type) -> list[Any]:
    """Return the add-on's registered classes, of these kinds or of any."""
    found: set[Any] = {
        cls for kind in kinds or _KINDS for cls in _subclasses(kind) if cls.__module__.startswith(PACKAGE)
    }
    return sorted((cls for cls in found if cls.is_registered), key=lambda cls: cls.__name__)


def _subclasses(kind: type) -> Iterator[type]:
    cls: type
    for cls in kind.__subclasses__():
        yield cls
        yield from _subclasses(cls)


def properties(cls: Any) -> "list[bpy.types.Property]":
    """Return the properties that a class of the add-on declares and doesn't hide."""
    own = {
        name
        for base in cls.__mro__
        if base.__module__.startswith(PACKAGE)
        for name in vars(base).get("__annotations__", {})
    }
    own = {name for name in own if not name.startswith("bl_")}
    return [prop for prop in _struct(cls).properties if prop.identifier in own and not prop.is_hidden]


def tooltip(cls: Any) -> str:
    return _struct(cls).description


def _struct(cls: Any) -> Any:
    """Return Blender's description of a class."""
    if issubclass(cls, bpy.types.Operator):
        space, name = cls.bl_idname.split(".")
        return getattr(getattr(bpy.ops, space), name).get_rna_type()
    return cls.bl_rna


def is_curve(text: str) -> bool:
    """Return True for the name of a channel or viseme, which isn't translated."""
    return text in part("addon.rig.mapping").CURVES or text in part("backend.arkit").HEAD


def shown(cls: Any) -> set[str]:
    """Return the texts of a class that Blender itself translates."""
    texts = {getattr(cls, "bl_label", ""), getattr(cls, "bl_description", "")}
    if issubclass(cls, bpy.types.Operator):
        texts.add(tooltip(cls))
    for prop in properties(cls):
        texts |= {prop.name, prop.description}
        if prop.type == "ENUM":
            texts |= {text for item in prop.enum_items_static for text in (item.name, item.description)}
    return {text for text in texts if text and not is_curve(text)}


@cache
def sources(*folders: str) -> tuple[tuple[Path, ast.Module], ...]:
    """Return (file, syntax tree) of the Python files in folders of the project."""
    files = (file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))
    return tuple((file, ast.parse(file.read_text(encoding="utf-8"))) for file in files)


def strings(tree: ast.AST) -> Iterator[str]:
    """Yield the strings in code, without docstrings and annotations, with {} for inserted values."""
    apart = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Yield)
    }  # docstrings
    apart |= {
        id(node.annotation) for node in ast.walk(tree) if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation
    }
    apart |= {id(node.returns) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.returns}
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if id(node) in apart and not isinstance(node, ast.Call):  # Blender's properties are annotations that are calls
            continue
        if text := template(node):
            yield text
        parts = ast.walk(node) if isinstance(node, ast.JoinedStr) else ast.iter_child_nodes(node)
        waiting += [
            part for part in parts if not (isinstance(node, ast.JoinedStr) and not isinstance(part, ast.FormattedValue))
        ]


def template(node: ast.AST) -> str:
    """Return the string of a node, with {} for inserted values; "" if it isn't one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return ""


def labels(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions that layouts, dialogs and reports show."""
    named = {"text", "placeholder", "heading", "title", "message", "confirm_text"}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            yield from (keyword.value for keyword in call.keywords if keyword.arg in named)
            yield from call.args[1:2] if _name(call) == "report" else ()
            yield from call.args[:1] if _name(call) == "poll_message_set" else ()


def choices(value: ast.expr) -> Iterator[ast.expr]:
    """Yield the possible values of an expression such as "a" if x else "b", or x or "a"."""
    if isinstance(value, ast.IfExp | ast.BoolOp):
        parts = [value.body, value.orelse] if isinstance(value, ast.IfExp) else value.values
        for part_of_it in parts:
            yield from choices(part_of_it)
    else:
        yield value


@cache
def error_classes() -> set[str]:
    """Return the names of UserError and its subclasses."""
    bases = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for _, tree in sources("addon", "backend", "training")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {"UserError"}
    while more := {name for name, own in bases.items() if own & found} - found:
        found |= more
    return found


def messages(*folders: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield (place, template) of every message in the code: the first argument of tr(), UserMessage() and user errors."""
    makers = {"tr", "UserMessage", *error_classes()}
    for file, tree in sources(*folders):
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and call.args and _name(call) in makers:
                for value in choices(call.args[0]):
                    yield f"{file.relative_to(ROOT).as_posix()}:{value.lineno}", value


@cache
def templates() -> set[str]:
    """Return the templates of all messages that an artist may see."""
    found = {
        value.value
        for where, value in messages("addon", "backend")
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and not where.startswith(_SHELL_ONLY)
    }
    return {text for text in found if re.search("[A-Za-z]", re.sub(r"{[^}]*}", "", text))}


def _name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def is_sentence(text: str) -> bool:
    """Return True if a string has two words or more, one of them all letters."""
    words = text.split()
    return len(words) > 1 and any(re.fullmatch(r"[A-Za-z']{2,}[,.:;]?", word) for word in words)
