"""Nothing that the add-on shows is without a translation, and what is filled into sentences stays what it was."""

import ast
import json
from pathlib import Path
from types import ModuleType

import bpy
import pytest
from helpers import part
from texts import backend_errors, classes, is_sentence, shown, sources, strings, template

# Strings of two words or more that nobody reads, or that are names.
NOT_SHOWN = {
    " {} take {}",
    "Preston Blair",
    "Lip Sync Log",
    "controls = bpy.context.scene.lipsync.shown_controls()",  # in presets
    "{}: {}",
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
APART = ("addon/naming.py", "addon/locale/", "addon/sample_face/")


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
    return (code - NOT_SHOWN) | backend_errors()


def test_everything_shown_is_translated(locale: ModuleType) -> None:
    wanted = set().union(_sentences(), *map(shown, classes()))
    for language, messages in locale.LANGUAGES.items():
        missing = sorted(wanted - messages.keys())
        lines = "\n".join(f'    {json.dumps(text, ensure_ascii=False)}: "",' for text in missing)
        assert not missing, f"addon/locale/{language}.py lacks, or NOT_SHOWN here does:\n{lines}"


def test_no_translation_is_of_what_is_shown_no_more(locale: ModuleType) -> None:
    code = {text for _, tree in sources("addon", "backend") for text in strings(tree)}
    code |= {text.rstrip(".") for text in code}
    code |= {part("addon.properties").shown_name(name) for name in part("addon.properties").model_card().emotions}
    known = code.union(*map(shown, classes()))
    for messages in locale.LANGUAGES.values():
        assert not messages.keys() - known


def test_translations_are_filled_as_the_originals(locale: ModuleType) -> None:
    for messages in locale.LANGUAGES.values():
        for text, message in messages.items():
            assert message and message.count("{}") == text.count("{}"), text
            assert message[-1] not in ".:" or message[-1] == text[-1], text


def test_filled_sentences_pass_through_said() -> None:
    """Blender looks up whole sentences only."""
    plain = []
    for file, tree in sources("addon"):
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            given = [keyword.value for keyword in call.keywords if keyword.arg in ("text", "placeholder")]
            given += {"report": call.args[1:2], "poll_message_set": call.args[:1]}.get(call.func.attr, [])
            plain += [f"{file.name}:{call.lineno}" for value in given if isinstance(value, ast.JoinedStr)]
            if call.func.attr == "poll_message_set":  # which Blender doesn't look up at all
                plain += [f"{file.name}:{call.lineno}" for value in given if template(value)]
    assert not plain


@pytest.mark.parametrize(
    "english, german",
    [
        ("Generate", "Erzeugen"),
        ("51 of 52 keys on 2 meshes", "51 von 52 Shape-Keys auf 2 Meshes"),
        ('The strip "Generate" has no sound: pick another', 'Der Strip "Generate" hat keinen Ton: einen anderen angeben'),
        (
            '"Head" can\'t be keyed: its shape keys are not relative; turn Relative on',
            '"Head" kann keine Keyframes erhalten: seine Shape-Keys sind nicht relativ; Relativ einschalten',
        ),
        ("Left alone, as driven: JawOpen, {0}", "Unberührt, da durch Treiber bestimmt: JawOpen, {0}"),
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
