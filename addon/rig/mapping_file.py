"""Mapping files: JSON that states which key of which mesh a channel moves. Does not need Blender.

    {"format": "lip sync mapping", "version": 1, "meshes": {"Head": {"jawOpen": "Mouth_A", "cheekPuff": null}}}

A curve that isn't listed is mapped automatically; null means that it moves no key. A mesh that the face lacks stands for all of its
meshes, so that a file from one character works on another.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from ...backend.messages import UserError

_FORMAT, _VERSION = "lip sync mapping", 1
_MAX_LENGTH = 1 << 24  # characters

Chosen = dict[str, dict[str, str]]  # mesh -> curve -> the key that it moves there, "" for none


class MappingError(UserError):
    """A file isn't a mapping."""


def dump(chosen: Mapping[str, Mapping[str, str]]) -> str:
    """Return a mapping as the text of a file. Meshes without choices are left out."""
    meshes = {mesh: {curve: key or None for curve, key in own.items()} for mesh, own in chosen.items() if own}
    return json.dumps({"format": _FORMAT, "version": _VERSION, "meshes": meshes}, indent=2, ensure_ascii=False) + "\n"


def read(path: Path) -> Chosen:
    """Read a mapping file. Raises MappingError, OSError or UnicodeDecodeError."""
    with path.open(encoding="utf-8") as file:
        text = file.read(_MAX_LENGTH + 1)
    if len(text) > _MAX_LENGTH:
        raise MappingError("it is too long for a mapping; choose a file that Save Mapping wrote")
    return parse(text)


def parse(text: str) -> Chosen:
    """Parse the text of a mapping file. Raises MappingError."""
    try:
        stored = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MappingError("it isn't JSON ({reason}); choose a file that Save Mapping wrote", reason=error) from error
    if not isinstance(stored, dict) or stored.get("format") != _FORMAT:
        raise MappingError('its "format" isn\'t "{format}"; choose a file that Save Mapping wrote', format=_FORMAT)
    if stored.get("version") != _VERSION:
        raise MappingError(
            "its version {version} isn't supported; update the extension",
            version=str(stored.get("version"))[:20],
        )
    meshes = stored.get("meshes")
    if not isinstance(meshes, dict) or not all(isinstance(own, dict) for own in meshes.values()):
        raise MappingError('its "meshes" aren\'t like {"Head": {"jawOpen": "Mouth_A"}}; save the mapping again')
    if wrong := [
        key for own in meshes.values() for key in own.values() if key is not None and not isinstance(key, str)
    ]:
        raise MappingError(
            "{value} isn't the name of a shape key; write a name in quotes, or null for none",
            value=repr(str(wrong[0])[:40]),
        )
    return {mesh: {curve: key or "" for curve, key in own.items()} for mesh, own in meshes.items()}


def fit(stored: Chosen, curves: Collection[str], meshes: Mapping[str, Collection[str]]) -> tuple[Chosen, list[str]]:
    """Return (the choices that a face can take, a description of each other entry).

    meshes: name of each mesh of the face -> names of its keys.
    """
    chosen: Chosen = {mesh: {} for mesh in meshes}
    misfits = []
    # Later entries win: keys after null, and meshes of the face after those that stand for all.
    entries = [(mesh, curve, key) for mesh, own in stored.items() for curve, key in own.items()]
    for mesh, curve, key in sorted(entries, key=lambda entry: (entry[0] in meshes, bool(entry[2]))):
        fitting = [name for name in ([mesh] if mesh in meshes else meshes) if not key or key in meshes[name]]
        for name in fitting if curve in curves else []:
            chosen[name][curve] = key
        if curve not in curves or not fitting:
            misfits.append(f"{mesh}: {curve} \u2192 {key or '(None)'}")
    return chosen, misfits
