"""User interface guidelines: Blender's, and those of the extension platform."""

import ast
import re
import tomllib
from pathlib import Path

import bpy
import pytest
from helpers import add_mesh, part, snapshot
from ui_texts import ROOT, classes, is_curve, properties, sources, tooltip

_SMALL = {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "per", "the", "to", "with"}
_UNITS = {"ms"}
_NETWORK = {
    "socket",
    "ssl",
    "urllib",
    "http",
    "requests",
    "ftplib",
    "smtplib",
    "asyncio",
    "socketserver",
    "xmlrpc",
    "webbrowser",
}
# What there is no undoing of: a job's end is a step of its own, the others write files or to the clipboard.
_CHANGES_NOTHING = {
    "lipsync.cancel",
    "lipsync.export_take",
    "lipsync.export_sounds",
    "lipsync.mapping_save",
    "lipsync.copy_error",
    "lipsync.controls_add_preset",
    "lipsync.keys_cancel",
    "lipsync.keys_preview",
}


def _is_title(label: str) -> bool:
    """Return True if all words begin with capitals, except for small ones inside."""
    words = re.findall(r"[^\W\d_][\w']*", label)
    return all(word[0].isupper() or (number and word in _SMALL | _UNITS) for number, word in enumerate(words))


def test_labels_are_in_title_case(extension: Path) -> None:
    for cls in classes(bpy.types.Operator, bpy.types.Panel):
        assert cls.bl_label and _is_title(cls.bl_label), cls
    for cls in classes():
        for prop in properties(cls):
            names = [prop.name, *(item.name for item in (prop.enum_items_static if prop.type == "ENUM" else ()))]
            assert all(name and (_is_title(name) or is_curve(name)) for name in names), (cls, prop.identifier)


def test_tooltips_have_no_period(extension: Path) -> None:
    tooltips = {cls.__name__: tooltip(cls) for cls in classes(bpy.types.Operator)}
    for cls in classes():
        for prop in properties(cls):
            tooltips[f"{cls.__name__}.{prop.identifier}"] = prop.description
            if prop.type == "ENUM":
                tooltips |= {
                    f"{cls.__name__}.{prop.identifier}.{item.identifier}": item.description
                    for item in prop.enum_items_static
                }
    assert len(tooltips) > 20
    wrong = {
        name: text for name, text in tooltips.items() if not re.fullmatch(r"[A-Z0-9\"].*[^.\s]", text) or "  " in text
    }
    assert not wrong


def test_search_finds_every_operator(extension: Path) -> None:
    operators = classes(bpy.types.Operator)
    assert {"lipsync.generate", "lipsync.cancel", "lipsync.copy_error", "lipsync.show_log"} <= {
        cls.bl_idname for cls in operators
    }
    for cls in operators:
        assert "INTERNAL" not in getattr(cls, "bl_options", ()), cls
    labels = [cls.bl_label for cls in operators]
    assert len({*labels}) == len(labels)


def test_operators_undo_in_one_step(extension: Path) -> None:
    for cls in classes(bpy.types.Operator):
        assert ("UNDO" in getattr(cls, "bl_options", ())) == (cls.bl_idname not in _CHANGES_NOTHING), cls


def test_disabled_buttons_give_reasons() -> None:
    for file, tree in sources("addon"):
        for cls in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            is_button = any("Operator" in ast.unparse(base) for base in cls.bases) or cls.name.startswith("_")
            for poll in (
                node for node in cls.body if isinstance(node, ast.FunctionDef) and node.name == "poll" and is_button
            ):
                assert "poll_message_set" in ast.unparse(poll), f"{file.name}: {cls.name}"


def test_generation_undoes_in_one_step(face: "bpy.types.Object", strip: "bpy.types.Strip") -> None:
    bpy.ops.ed.undo_push(message="Before")
    before = snapshot()
    assert bpy.ops.lipsync.resample("EXEC_DEFAULT", True, count=2) == {"FINISHED"}
    assert len([*part("addon.takes.take_store").all_takes()]) == 2
    bpy.ops.ed.undo()
    assert snapshot() == before


def test_edit_mode_refuses_sample_face(scene: "bpy.types.Scene") -> None:
    add_mesh("Head", [])
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match="Switch to Object Mode"):
        bpy.ops.mesh.arkit_sample_face_add()


def test_nothing_goes_online() -> None:
    permissions = tomllib.loads((ROOT / "blender_manifest.toml").read_text())["permissions"]
    assert {*permissions} == {"files", "clipboard"}
    for file, tree in sources("addon", "backend"):
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        imported |= {
            node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level
        }
        assert not {name.partition(".")[0] for name in imported} & _NETWORK, file


def test_blenders_process_stays_unchanged() -> None:
    """Python's search paths stay unchanged, and the add-on only reads in its own folder."""
    for file, tree in sources("addon"):
        code = ast.unparse(tree)
        assert "sys.path" not in code and "site.addsitedir" not in code, file
        makers = {file.name for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "__file__"}
        makers |= {file.name for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "__file__"}
        assert makers <= {"backend_process.py", "model_info.py", "controls.py"}, file


def test_name_avoids_blender_trademark() -> None:
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text())
    assert "blender" not in manifest["name"].lower() and manifest["blender_version_min"] == "4.2.0"
