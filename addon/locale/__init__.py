"""Translation: tr() returns a message in the language of Blender's interface. Runs in Blender.

A language is a module with a dictionary MESSAGES from English, as it stands in the code, to that language. Blender itself looks up labels
and tooltips; all else goes through tr(), which looks a template up before its arguments are filled in. What stays English: identities'
descriptions, which come from the model; errors in a batch's manifest; the log; what Copy Error Details copies; names of takes.
"""

import bpy

from ...backend.messages import UserMessage
from ..root_package import ROOT_PACKAGE
from . import de

LANGUAGES = {"de": de.MESSAGES}
OURS = "DiffusionTalker"  # a context for words that Blender has a translation of for something else: its face is one of a mesh's
_CONTEXTS = ("*", "Operator", OURS)  # Blender looks labels up in the first, the text of buttons in the second


def tr(message: str | UserMessage, /, **arguments: object) -> str:
    """Return a message, or a template filled with arguments, in the language of Blender's interface.

    What UTF-8 can't hold, such as names of files that are no text, becomes question marks: Blender shows nothing else.
    """
    if isinstance(message, str):
        message = UserMessage(message, **arguments)
    return _printable(message.render(_look_up))


def _look_up(template: str) -> str:
    return bpy.app.translations.pgettext_iface(_printable(template), OURS)


def _printable(text: str) -> str:
    return text.encode(errors="replace").decode()


def register() -> None:
    tables = {
        language: {(context, text): message for context in _CONTEXTS for text, message in messages.items()}
        for language, messages in LANGUAGES.items()
    }
    bpy.app.translations.register(ROOT_PACKAGE, tables)


def unregister() -> None:
    bpy.app.translations.unregister(ROOT_PACKAGE)
