"""What the add-on says, in the language of Blender's interface.

A language is a module with a dictionary MESSAGES from English, as it stands in the code, to that language; where the code fills something
in, both have {}. Blender itself looks up labels, tooltips and reports that are whole; said() does it for sentences with something in them,
and for all that Blender doesn't look up. What stays English: identities' descriptions, which come from the model; the log; what Copy
Error Details copies; names of takes.
"""

import re
from collections.abc import Callable
from functools import lru_cache

import bpy

from ..root_package import ROOT_PACKAGE
from . import de

LANGUAGES = {"de": de.MESSAGES}
OURS = "DiffusionTalker"  # a context for words that Blender has a translation of for something else: its face is one of a mesh's
AND = " \u00b7 "  # between sentences that are said together
_CONTEXTS = ("*", "Operator", OURS)  # Blender looks labels up in the first, the text of buttons in the second


def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """(template, what it may look like when filled) of all templates, those that say most first: one may fit another's sentences."""
    templates = sorted(
        {text for messages in LANGUAGES.values() for text in messages if "{}" in text}, key=len, reverse=True
    )
    return [(text, re.compile("(.*?)".join(map(re.escape, text.split("{}"))), re.DOTALL)) for text in templates]


_PATTERNS = _patterns()


def said(text: str) -> str:
    """A sentence of ours in the language of Blender's interface; as it is where there is no translation. What UTF-8 can't say, such as names of
    files that are no text, are question marks: Blender shows nothing else."""
    text = text.encode(errors="replace").decode()
    language = bpy.app.translations.locale.partition("_")[0]  # de_DE
    if language not in LANGUAGES or not bpy.context.preferences.view.use_translate_interface:
        return text
    return said_in(language, text)


@lru_cache(maxsize=1024)  # panels ask at every redraw, and trying all templates takes a while
def said_in(language: str, text: str) -> str:
    """The same in one of LANGUAGES."""
    messages = LANGUAGES[language]
    return translate(text, lambda english: messages.get(english, english))


def translate(text: str, look_up: Callable[[str], str]) -> str:
    """The same with any dictionary: look_up gives what it doesn't know back as it is.

    What fills a template may be a sentence too, unless it stands in quotes: then it is a name of the artist's.
    """
    found = look_up(text)
    if found != text:
        return found
    if AND in text:
        return AND.join(translate(part, look_up) for part in text.split(AND))
    for template, pattern in _PATTERNS:
        if match := pattern.fullmatch(text):
            parts = []
            for number, part in enumerate(match.groups(), 1):
                is_name = text[: match.start(number)].endswith('"')
                parts.append(part if is_name else translate(part, look_up))
            return look_up(template).format(*parts)
    return text


def register() -> None:
    tables = {
        language: {(context, text): message for context in _CONTEXTS for text, message in messages.items()}
        for language, messages in LANGUAGES.items()
    }
    bpy.app.translations.register(ROOT_PACKAGE, tables)


def unregister() -> None:
    bpy.app.translations.unregister(ROOT_PACKAGE)
