"""How a generation can fail, for every front end: the panel, the command line and batches."""

import logging

from ..audio import AudioError
from ..curves.adjust import ControlError
from ..curves.base import CurvesError
from ..messages import UserError, UserMessage
from ..model_folder import ModelError
from ..runtimes import RuntimeUnusable
from ..sounds.files import SoundsError

log = logging.getLogger(__name__)


class RequestError(UserError, ValueError):
    """The request can't be met."""


def explain(error: Exception) -> tuple[str, UserMessage]:
    """Return the kind of an error, as in backend.ipc.protocol.Error, and the message for the artist.

    An error of no known kind is a bug; its traceback goes to the log.
    """
    kinds: dict[str, tuple[type[UserError], ...]] = {
        "audio": (AudioError,),
        "request": (RequestError, ControlError, CurvesError, SoundsError),
        "model": (ModelError, RuntimeUnusable),
    }
    for kind, errors in kinds.items():
        if isinstance(error, errors):
            return kind, error.message
    log.error("A bug", exc_info=error)
    return "internal", UserMessage(
        "The backend failed ({reason}): try again, and report it with the log if it happens again",
        reason=f"{type(error).__name__}: {str(error)[:500]}",
    )
