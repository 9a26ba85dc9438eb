"""Translations: every text that the add-on shows has one, and names in messages stay unchanged."""

import ast
import json
import re
from collections import Counter
from pathlib import Path
from string import Formatter
from types import ModuleType
from typing import Any

import bpy
import pytest
from helpers import IS_UNIVERSAL, part
from ui_texts import choices, classes, is_sentence, labels, messages, shown, sources, strings, template, templates

# Strings of two words or more that nobody reads, or that are names.
NOT_SHOWN = {
    " {} take {}",
    "Preston Blair",
    "Character Creator",
    "SALSA 2",
    "Lip Sync Log",
    "Lip Sync Sound",  # a scene that lives while a sound is decoded
    "Lip Sync Head",  # a constraint, named in English as takes are
    "Rest of Lip Sync",  # an NLA track, named in English as takes are
    "controls = bpy.context.scene.lipsync.shown_controls()",  # in presets
    "lip sync mapping",  # what a file of a mapping says that it is
    # Copy Error Details, always in English
    "DiffusionTalker {}",
    "Blender {}, {}",
    "Python {}, backend: {}, on {}",
    "the same",
    "Model: {} {}, {}",
    "Model: {}",
    "The backend's log ends with:",
}
# Tables of names, and names of the sample face's parts.
APART = ("addon/rig/channel_names.py", "addon/locale/", "addon/sample_face/")


# Items of menus that are filled by functions: Blender looks them up too.
MENU_ITEMS = {
    "Auto \u2014 by Voice",
    "Whatever fits the voice best",
    "The installed model doesn't have this one: choose another",
}


@pytest.fixture
def locale(extension: Path) -> ModuleType:
    return part("addon.locale")


def _labels() -> set[str]:
    """Return the texts that Blender itself translates."""
    plain = {
        value.value
        for _, tree in sources("addon")
        for label in labels(tree)
        for value in choices(label)
        if isinstance(value, ast.Constant) and re.search("[A-Za-z]{2}", str(value.value))
    }
    return MENU_ITEMS.union(plain, *map(shown, classes()))


def _of_the_model() -> set[str]:
    """Return the names that are looked up: the model's emotions, and the regions of the face."""
    properties, arkit = part("addon.properties"), part("backend.arkit")
    return {properties.shown_name(name) for name in (*properties.model_card().emotions, *arkit.REGIONS)}


def _fields(text: str) -> Counter[tuple[str, str | None]]:
    """Return the named fields of a template with their formats."""
    return Counter((name, spec) for _, name, spec, _ in Formatter().parse(text) if name is not None)


def test_every_message_has_a_translation(locale: ModuleType) -> None:
    expected = templates() | _labels() | _of_the_model()
    for language, known in locale.LANGUAGES.items():
        missing = sorted(expected - known.keys())
        lines = "\n".join(f'    {json.dumps(text, ensure_ascii=False)}: "",' for text in missing)
        assert not missing, f"addon/locale/{language} lacks:\n{lines}"


@pytest.mark.skipif(IS_UNIVERSAL, reason="the universal zip shows fewer texts")
def test_no_translation_is_obsolete(locale: ModuleType) -> None:
    for known in locale.LANGUAGES.values():
        assert sorted(known.keys() - templates() - _labels() - _of_the_model()) == []


def test_translations_have_the_same_fields(locale: ModuleType) -> None:
    for known in locale.LANGUAGES.values():
        for text, message in known.items():
            if text in templates():
                assert _fields(message) == _fields(text), text
            assert message and (message[-1] not in ".:" or message[-1] == text[-1]), text


def test_messages_are_templates_not_finished_sentences() -> None:
    filled = [where for where, value in messages("addon", "backend", "training") if isinstance(value, ast.JoinedStr)]
    assert not filled


@pytest.mark.skipif(IS_UNIVERSAL, reason="the universal zip shows fewer texts")
def test_no_sentence_bypasses_translation(locale: ModuleType) -> None:
    """A sentence that is neither a label nor a message would be shown in English."""
    known = templates() | _labels() | NOT_SHOWN
    code = {
        text
        for file, tree in sources("addon")
        if not any(f"/{name}" in file.as_posix() for name in APART)
        for text in strings(tree)
        if is_sentence(text)
    }
    assert sorted(code - known) == []


def test_reports_and_reasons_are_translated() -> None:
    """Blender translates neither the reason why a button is disabled nor the arguments of a label."""
    for file, tree in sources("addon"):
        for label in labels(tree):
            is_filled = isinstance(label, ast.JoinedStr) and re.search("[A-Za-z]", template(label))
            assert not is_filled, f"{file.name}:{label.lineno}"
        for call in ast.walk(tree):
            name = getattr(call.func, "attr", "") if isinstance(call, ast.Call) else ""
            if isinstance(call, ast.Call) and name in ("report", "poll_message_set"):
                assert re.search(r"\btr\b", ast.unparse(call)), f"{file.name}:{call.lineno}"


def _message(template: str, **arguments: Any) -> Any:
    return part("backend.messages").UserMessage(template, **arguments)


def test_messages_within_messages_are_translated(locale: ModuleType) -> None:
    def german(message: Any) -> str:
        return message.render(lambda text: locale.LANGUAGES["de"].get(text, text))

    meshes = _message("{count} meshes", count=2)
    coverage = _message("{count} of 52 shape keys on {meshes}", count=51, meshes=meshes)
    assert german(coverage) == "51 von 52 Shape-Keys auf 2 Meshes"
    reasons = [_message('"{strip}" is muted', strip="Generate"), _message("and {count} more", count=3)]
    skipped = _message("{strips} skipped: {reasons}", strips=_message("{count} strips", count=4), reasons=reasons)
    assert german(skipped) == '4 Strips übersprungen: "Generate" ist stumm \u00b7 und 3 weitere'
    assert str(skipped) == '4 strips skipped: "Generate" is muted \u00b7 and 3 more'


def test_names_in_messages_are_left_alone(locale: ModuleType) -> None:
    """An object's name may equal a button's, or contain braces."""
    for name in ("Generate", "{0}", "{count}"):
        message = _message('"{strip}" is muted', strip=name)
        assert message.render(lambda text: locale.LANGUAGES["de"].get(text, text)) == f'"{name}" ist stumm'


def test_undecodable_names_show_question_marks(locale: ModuleType) -> None:
    assert locale.tr('"{strip}" is muted', strip="a\udcff") == '"a?" is muted'
    assert locale.tr(_message("a\udcff")) == "a?"


@pytest.mark.skipif(not bpy.app.build_options.international, reason="this Blender speaks English only")
def test_blender_translates_labels(locale: ModuleType) -> None:
    view = bpy.context.preferences.view
    before, view.language = view.language, "de_DE"
    try:
        assert locale.tr("Takes will never be this") == "Takes will never be this"
        assert locale.tr("Resample") == "Neu würfeln"
    finally:
        view.language = before
