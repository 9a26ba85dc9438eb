"""Nothing that the add-on shows is without a translation, and what is filled into sentences stays what it was."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import bpy
import pytest
from helpers import part
from ui_texts import backend_errors, classes, is_sentence, labels, shown, sources, strings, template

# Strings of two words or more that nobody reads, or that are names.
NOT_SHOWN = {
    " {} take {}",
    "Preston Blair",
    "Lip Sync Log",
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


@pytest.fixture
def locale(extension: Path) -> ModuleType:
    return part("addon.locale")


def _sentences() -> set[str]:
    code = {
        text
        for file, tree in sources("addon")
        if not any(f"/{name}" in file.as_posix() for name in APART)
        for text in strings(tree)
        if is_sentence(text)
    }
    words = {str(node.value) for _, tree in sources("addon") for label in labels(tree) for node in _choices(label)}
    return (code - NOT_SHOWN) | {word for word in words if re.search("[A-Za-z]{2}", word)} | backend_errors()


def _choices(label: ast.expr) -> Iterator[ast.Constant]:
    """The whole texts that a label may be: "a" if x else "b", or x or "a"."""
    if isinstance(label, ast.Constant) and isinstance(label.value, str):
        yield label
    parts = (
        [label.body, label.orelse]
        if isinstance(label, ast.IfExp)
        else label.values
        if isinstance(label, ast.BoolOp)
        else []
    )
    for part_of_it in parts:
        yield from _choices(part_of_it)


def test_everything_shown_is_translated(locale: ModuleType) -> None:
    wanted = set().union(_sentences(), *map(shown, classes()))
    for language, messages in locale.LANGUAGES.items():
        missing = sorted(wanted - messages.keys())
        lines = "\n".join(f'    {json.dumps(text, ensure_ascii=False)}: "",' for text in missing)
        assert not missing, f"addon/locale/{language} lacks, or NOT_SHOWN here does:\n{lines}"


def test_no_translation_is_of_what_is_shown_no_more(locale: ModuleType) -> None:
    code = {
        text
        for file, tree in sources("addon", "backend")
        if "/locale/" not in file.as_posix()
        for text in strings(tree)
    }
    code |= {text.rstrip(".") for text in code}
    code |= {part("addon.properties").shown_name(name) for name in part("addon.properties").model_card().emotions}
    known = code.union(*map(shown, classes()))
    for messages in locale.LANGUAGES.values():
        assert sorted(messages.keys() - known) == []


def test_translations_are_filled_as_the_originals(locale: ModuleType) -> None:
    for messages in locale.LANGUAGES.values():
        for text, message in messages.items():
            assert message and message.count("{}") == text.count("{}"), text
            assert message[-1] not in ".:" or message[-1] == text[-1], text


def test_filled_sentences_are_found_again(locale: ModuleType) -> None:
    """Whatever they are filled with, none is taken for another one, and nothing that is filled in gets lost."""
    for language, messages in locale.LANGUAGES.items():
        for text, message in messages.items():
            if fillings := [f"<{number}>" for number in range(text.count("{}"))]:
                assert locale.said_in(language, text.format(*fillings)) == message.format(*fillings), text


def test_filled_sentences_pass_through_said() -> None:
    """Blender looks up whole sentences only, and of why a button is disabled nothing at all."""
    plain: list[object] = []
    for file, tree in sources("addon"):
        filled = [
            label
            for label in labels(tree)
            if isinstance(label, ast.JoinedStr) and re.search("[A-Za-z]", template(label))
        ]
        inside = {id(label) for call in _calls(tree, "said") for label in call.args}
        plain += [label.lineno for label in filled if id(label) not in inside]
        for name, place in (("report", 1), ("poll_message_set", 0)):
            given = [call.args[place] for call in _calls(tree, name)]
            plain += [
                f"{file.name}:{value.lineno}"
                for value in given
                if "said" not in ast.unparse(value) and not (name == "report" and isinstance(value, ast.Constant))
            ]
    assert not plain


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and name in (getattr(call.func, "attr", ""), getattr(call.func, "id", "")):
            yield call


@pytest.mark.parametrize(
    "english, german",
    [
        ("Generate", "Erzeugen"),
        ("51 of 52 keys on 2 meshes", "51 von 52 Shape-Keys auf 2 Meshes"),
        (
            'The strip "Generate" has no sound: pick another',
            'Der Strip "Generate" hat keinen Ton: einen anderen angeben',
        ),
        (
            '"Head" can\'t be keyed: its shape keys are not relative; turn Relative on',
            '"Head" kann keine Keyframes erhalten: seine Shape-Keys sind nicht relativ; Relativ einschalten',
        ),
        ("Left alone, as driven: JawOpen, {0}", "Unberührt, da durch Treiber bestimmt: JawOpen, {0}"),
        (
            "Edited \u00b7 Happiness \u00b7 Seed 3 \u00b7 12:05",
            "Bearbeitet \u00b7 Freude \u00b7 Startwert 3 \u00b7 12:05",
        ),
        (
            '2 strips skipped: "Speech" is muted \u00b7 "Face": The strip "Jaw" is gone: pick another',
            '2 Strips übersprungen: "Speech" ist stumm \u00b7 "Face": Der Strip "Jaw" ist fort: einen anderen angeben',
        ),
        (
            '"Jaw": 99 frames on 52 keys of 2 meshes, and 2 more',
            '"Jaw": 99 Bilder auf 52 Shape-Keys von 2 Meshes, und 2 weitere',
        ),
        ("Never heard of", "Never heard of"),
    ],
)
def test_sentences_are_translated(locale: ModuleType, english: str, german: str) -> None:
    messages = locale.LANGUAGES["de"]
    assert locale.translate(english, lambda text: messages.get(text, text)) == german
    assert locale.translate(english, lambda text: text) == english


@pytest.mark.skipif(not bpy.app.build_options.international, reason="this Blender speaks English only")
def test_blender_looks_them_up(locale: ModuleType) -> None:
    view = bpy.context.preferences.view
    before, view.language = view.language, "de_DE"
    try:
        assert locale.said("Takes will never be this") == "Takes will never be this"
        assert locale.said("Resample") == "Neu würfeln"
    finally:
        view.language = before
