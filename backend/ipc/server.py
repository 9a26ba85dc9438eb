"""The child's end of the pipe: takes requests, does one job after another, and answers each with its takes or one typed error."""

import json
import logging
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import IO

from .. import __version__
from ..audio import AudioError, read_clip
from ..curves.adjust import ControlError
from ..curves.base import CurvesError
from ..inference import generator
from ..inference.generator import AUTO, Model, Take, Wish
from ..inference.voice_match import NEUTRAL
from ..messages import UserError, UserMessage
from ..model_folder import ModelError
from ..runtimes import Report, RuntimeUnusable
from .protocol import Cancelled, Done, Error, Generate, Hello, Notice, Progress, Ready, Reply, TakeReady
from .server_inbox import CancelJob, Inbox
from .server_outbox import Outbox

FPS = (1.0, 240.0)  # the upper bound keeps the longest take within a payload
MOST_TAKES = 100
STRONGEST_EMOTION = 2.0
_READING = 0.1  # of the time that a job takes
_PROGRESS_EVERY = 0.05  # seconds
_LONGEST_SENTENCE = 4000  # letters
_LARGEST_TEMPLATE = 8192  # bytes of JSON: with the longest sentence, still a header

Callback = Callable[[UserMessage, float], None]
Generator = Callable[[Model, generator.Sound, Wish, Callback], Iterator[Take]]

log = logging.getLogger(__name__)


class RequestError(UserError, ValueError):
    """What was asked for can't be done."""


def check(request: Generate, model: Model) -> None:
    """Raise RequestError unless this model can do what the request asks; the sound is not looked at."""
    identities = [identity.name for identity in model.card.identities]
    wanted = [
        (UserMessage("emotion"), name, model.card.emotions)
        for name in (request.emotion, *(name for _, name, _ in request.moods))
    ]
    for what, name, known in [(UserMessage("identity"), request.identity, identities), *wanted]:
        if name != AUTO and name not in known:
            raise RequestError(
                'There is no {what} "{name}" in this model: choose {auto} or one of {names}',
                what=what,
                name=name,
                auto=AUTO,
                names=", ".join(known),
            )
    _check_moods(request, model)
    if not FPS[0] <= request.fps <= FPS[1]:
        raise RequestError(
            "Can't generate at {fps:g} fps: choose {lowest:g} to {highest:g}",
            fps=request.fps,
            lowest=FPS[0],
            highest=FPS[1],
        )
    if not 1 <= request.count <= MOST_TAKES:
        raise RequestError(
            "Can't generate {count} takes at once: choose 1 to {highest}", count=request.count, highest=MOST_TAKES
        )
    if not 0 <= request.seed < 2**53:  # what every JSON reader holds exactly
        raise RequestError("{seed} isn't a seed: choose a whole number of 0 or more", seed=request.seed)


def _check_moods(request: Generate, model: Model) -> None:
    intensities = [request.intensity, *(intensity for _, _, intensity in request.moods)]
    for intensity in intensities:
        if not 0 <= intensity <= STRONGEST_EMOTION:
            raise RequestError(
                "The intensity of an emotion can't be {intensity:g}: choose 0 to {highest:g}",
                intensity=intensity,
                highest=STRONGEST_EMOTION,
            )
    if NEUTRAL not in model.card.emotions and (request.moods or request.intensity != 1):
        raise RequestError("This model has no neutral emotion to blend with: leave the intensity at 1")
    times = [seconds for seconds, _, _ in request.moods]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise RequestError("Emotion keys must be sorted by time, with no two at the same time: sort them")


def perform(
    request: Generate, model: Model, callback: Callback, generate: Generator = generator.generate
) -> Iterator[TakeReady]:
    """Do one job: its takes as they become ready, curves at the request's fps from the request's start.

    callback gets stage and fraction and may raise to give up. Raises RequestError, AudioError, or whatever generate raises.
    """
    check(request, model)
    clip = read_clip(
        request.file,
        request.start,
        request.end,
        lambda fraction: callback(UserMessage("Reading sound"), _READING * fraction),
    )
    wish = Wish(
        request.identity,
        request.emotion,
        request.seed,
        request.count,
        request.fps,
        request.intensity,
        request.moods,
        request.kept,
    )
    takes = generate(
        model, clip.blocks, wish, lambda stage, fraction: callback(stage, _READING + (1 - _READING) * fraction)
    )
    for index, take in enumerate(takes):
        yield TakeReady(
            id=request.id,
            index=index,
            count=request.count,
            seed=take.seed,
            identity=take.identity,
            emotion=take.emotion,
            fps=take.curves.fps,
            names=take.curves.names,
            frames=len(take.curves.values),
            audio_sha256=clip.sha256,
            model_sha256=model.card.sha256,
            likeness=take.likeness,
            values=take.curves.values,
        )


def explain(error: Exception) -> tuple[str, UserMessage]:
    """Return the kind of what went wrong, as Error has it, and the message; a bug's traceback goes to the log."""
    kinds: dict[str, tuple[type[UserError], ...]] = {
        "audio": (AudioError,),
        "request": (RequestError, ControlError, CurvesError),
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
    """Answer requests until Shutdown or the end of the pipe; whatever a job does, the next one is served.

    load gives the model, when it is first needed, and reports what takes long about it. Returns the exit code: 0, or 1 when what came was unreadable.
    """
    reply = outbox.send
    inbox, model = Inbox(requests, reply), None
    while (request := inbox.next()) is not None:
        with outbox.busy(request.id):
            try:
                inbox.raise_if_cancelled()
                model = model or load(partial(_tell, request, inbox, reply))
                for notice in model.notices:
                    log.info("Job %d: %s", request.id, notice)
                    reply(Notice(request.id, *_sent(notice)))
                if isinstance(request, Hello):
                    reply(_ready(request, model))
                else:
                    _answer(_with_known_names(request, model, reply), model, inbox, reply, generate)
            except CancelJob:
                log.info("Job %d cancelled", request.id)
                reply(Cancelled(request.id))
            except Exception as error:  # noqa: BLE001 - one job's bug must not be the next one's
                kind, message = explain(error)
                log.info("Job %d failed (%s): %s", request.id, kind, message)
                reply(Error(request.id, kind, *_sent(message)))
    if inbox.error:
        log.error("What came is no request: %s", inbox.error)
        message = UserMessage(
            "The backend received something unreadable ({reason}): generate again to restart it", reason=inbox.error
        )
        reply(Error(0, "request", *_sent(message)))
    return 1 if inbox.error else 0


def _with_known_names(request: Generate, model: Model, reply: Callable[[Reply], None]) -> Generate:
    """The request, with the voice to choose in place of what a model that stands in for another has no name for.

    The artist chose a name of the model that can't be used. To refuse it would make one broken file stop all work; to say nothing would
    pass somebody else off as who was asked for. So there is a take, and a notice with it. A model that does not stand in refuses (check).
    """
    if not model.stands_in:
        return request
    identities, emotions = {entry.name for entry in model.card.identities}, set(model.card.emotions)
    wanted = [(UserMessage("identity"), request.identity, identities)]
    wanted += [
        (UserMessage("emotion"), name, emotions) for name in (request.emotion, *(name for _, name, _ in request.moods))
    ]
    for what, name in dict.fromkeys((what, name) for what, name, known in wanted if name != AUTO and name not in known):
        notice = UserMessage(
            'The model in use has no {what} "{name}", so it was matched to the voice', what=what, name=name
        )
        reply(Notice(request.id, *_sent(notice)))
    return replace(
        request,
        identity=request.identity if request.identity in identities else AUTO,
        emotion=request.emotion if request.emotion in emotions else AUTO,
        moods=tuple(
            (seconds, name if name in emotions else AUTO, how_much) for seconds, name, how_much in request.moods
        ),
    )


def _tell(request: Hello | Generate, inbox: Inbox, reply: Callable[[Reply], None], stage: UserMessage) -> None:
    """What is done for a request before its job can begin."""
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

    for take in perform(request, model, callback, generate):
        inbox.raise_if_cancelled()
        reply(take)
    reply(Done(request.id))
    log.info("Job %d: %d takes in %.2f s", request.id, request.count, time.monotonic() - began)
