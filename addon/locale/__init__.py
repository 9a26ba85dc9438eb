"""Translation: tr() returns a message in the language of Blender's interface. Runs in Blender.

A language is a module with a dictionary MESSAGES: English as in the code -> that language. Blender itself translates labels and
tooltips. Everything else goes through tr(), which looks up a template before it fills in the arguments.

Some texts stay English: identities' descriptions (they come from the model), errors in a batch's manifest, the log, the text that Copy
Error Details copies, and names of takes.
"""

import bpy

from ...backend.messages import UserMessage
from ..root_package import ROOT_PACKAGE
from . import de

LANGUAGES = {"de": de.MESSAGES}
OURS = "DiffusionTalker"  # context for words that Blender translates with another meaning, such as the Face of a mesh
_CONTEXTS = ("*", "Operator", OURS)  # Blender uses the first for labels and the second for buttons


def tr(message: str | UserMessage, /, **arguments: object) -> str:
    """Return a message, or a template filled with arguments, in the language of Blender's interface.

    Characters that UTF-8 can't encode, as in undecodable file names, become question marks, since Blender can't show them.
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
