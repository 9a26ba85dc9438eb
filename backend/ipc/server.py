"""The backend's end of the pipe: runs one job after another, and answers each with its takes or with one error."""

import json
import logging
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import IO

from .. import __version__
from ..audio import UnknownFormat
from ..inference import generator
from ..inference.errors import explain
from ..inference.generate_takes import Generator, generate_takes
from ..inference.generator import Model
from ..messages import UserMessage
from ..model_folder import ModelCard
from ..performance import AUTO, Performance
from ..runtimes import Report
from .protocol import Cancelled, Done, Error, Generate, Heard, Hello, Notice, Progress, Ready, Reply, TakeReady
from .server_inbox import CancelJob, Inbox
from .server_outbox import Outbox

_PROGRESS_EVERY = 0.05  # seconds
_SOUNDS_A_MESSAGE = 500
_LONGEST_SENTENCE = 4000  # letters
_LARGEST_TEMPLATE = 8192  # bytes of JSON: with the longest sentence, still a header

log = logging.getLogger(__name__)


def _sent(message: UserMessage) -> tuple[str, UserMessage | None]:
    """Return a message as Notice and Error have it: the English sentence, and what to translate it by."""
    return str(message)[:_LONGEST_SENTENCE], _translatable(message)


def _translatable(message: UserMessage) -> UserMessage | None:
    """Return the message if it fits into a header, None if the English sentence alone has to do."""
    try:
        size = len(json.dumps(message.to_json(), allow_nan=False))
    except ValueError:  # a number that JSON lacks
        return None
    return message if size <= _LARGEST_TEMPLATE else None


def serve(
    requests: IO[bytes], outbox: Outbox, load: Callable[[Report], Model], generate: Generator = generator.generate
) -> int:
    """Answer requests until Shutdown or the end of the pipe. A job that fails does not affect the next one.

    load returns the model when it is first needed, and reports its slow steps. Returns the exit code: 0, or 1 after an unreadable request.
    """
    reply = outbox.send
    inbox, model = Inbox(requests, reply), None
    while (request := inbox.next()) is not None:
        with outbox.busy(request.id):
            try:
                inbox.raise_if_cancelled()
                model = model or load(partial(_report, request, inbox, reply))
                for notice in model.notices:
                    log.info("Job %d: %s", request.id, notice)
                    reply(Notice(request.id, *_sent(notice)))
                if isinstance(request, Hello):
                    reply(_ready(request, model))
                else:
                    _answer(_use_known_names(request, model, reply), model, inbox, reply, generate)
            except CancelJob:
                log.info("Job %d cancelled", request.id)
                reply(Cancelled(request.id))
            except Exception as error:  # noqa: BLE001 - one job's bug must not be the next one's
                kind, message = explain(error)
                message = error.in_blender if isinstance(error, UnknownFormat) else message
                log.info("Job %d failed (%s): %s", request.id, kind, message)
                reply(Error(request.id, kind, *_sent(message)))
    if inbox.error:
        log.error("Unreadable request: %s", inbox.error)
        message = UserMessage(
            "The backend received something unreadable ({reason}): generate again to restart it", reason=inbox.error
        )
        reply(Error(0, "request", *_sent(message)))
    return 1 if inbox.error else 0


def _use_known_names(request: Generate, model: Model, reply: Callable[[Reply], None]) -> Generate:
    """Replace names that a stand-in model lacks by AUTO, with a Notice for each.

    The artist chose from another model, whose files are broken. Refusing would let one broken file stop all work; silence would pass
    off another identity as the one that was chosen. Requests to the model that was chosen are refused instead, see generate_takes.check().
    """
    if not model.stands_in:
        return request
    asked = request.performance
    known = _known_performance(asked, model.card)
    pairs = [("identity", asked.identity, known.identity), ("emotion", asked.emotion, known.emotion)]
    pairs += [
        ("emotion", key.emotion, now.emotion) for key, now in zip(asked.emotion_keys, known.emotion_keys, strict=True)
    ]
    for what, name, _ in dict.fromkeys(pair for pair in pairs if pair[1] != pair[2]):
        notice = UserMessage(
            'The model in use has no {what} "{name}", so it was matched to the voice', what=UserMessage(what), name=name
        )
        reply(Notice(request.id, *_sent(notice)))
    return replace(request, performance=known)


def _known_performance(asked: Performance, card: ModelCard) -> Performance:
    """Return the request with AUTO for each name that the model lacks."""
    identities, emotions = {entry.name for entry in card.identities}, set(card.emotions)
    return replace(
        asked,
        identity=asked.identity if asked.identity in identities else AUTO,
        emotion=asked.emotion if asked.emotion in emotions else AUTO,
        emotion_keys=tuple(
            key._replace(emotion=key.emotion if key.emotion in emotions else AUTO) for key in asked.emotion_keys
        ),
    )


def _report(request: Hello | Generate, inbox: Inbox, reply: Callable[[Reply], None], stage: UserMessage) -> None:
    """Send a slow step of loading the model as progress of the request that waits for it."""
    inbox.raise_if_cancelled()
    log.info("%s", stage)
    reply(Progress(request.id, str(stage), 0.0, _translatable(stage)))


def _ready(request: Hello, model: Model) -> Ready:
    return Ready(
        id=request.id,
        version=__version__,
        model=model.card.name,
        model_version=model.card.version,
        model_sha256=model.card.sha256,
        steps=model.card.steps,
        identities=tuple((identity.name, identity.description) for identity in model.card.identities),
        emotions=model.card.emotions,
        python=platform.python_version(),
        runtime=model.runtime.name,
    )


def _answer(request: Generate, model: Model, inbox: Inbox, reply: Callable[[Reply], None], generate: Generator) -> None:
    began = time.monotonic()
    last_stage, last_time = None, 0.0

    def callback(stage: UserMessage, fraction: float) -> None:
        nonlocal last_stage, last_time
        inbox.raise_if_cancelled()
        now = time.monotonic()
        if stage != last_stage or now - last_time >= _PROGRESS_EVERY:
            last_stage, last_time = stage, now
            reply(Progress(request.id, str(stage), min(max(float(fraction), 0.0), 1.0), _translatable(stage)))

    def notify(notice: UserMessage) -> None:
        log.info("Job %d: %s", request.id, notice)
        reply(Notice(request.id, *_sent(notice)))

    performance = request.performance
    takes = generate_takes(model, request.file, performance, request.start, request.end, callback, generate, notify)
    for index, take in enumerate(takes):
        inbox.raise_if_cancelled()
        for first in range(0, 0 if index else len(take.sounds), _SOUNDS_A_MESSAGE):  # all takes have the same
            reply(Heard(request.id, take.sounds[first : first + _SOUNDS_A_MESSAGE]))
        reply(TakeReady(request.id, index, performance.count, take))
    reply(Done(request.id))
    log.info("Job %d: %d takes in %.2f s", request.id, performance.count, time.monotonic() - began)
