"""The service's machinery, in this process: the model's work is handed in. The real model is in test_end_to_end.py."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
import soundfile

from backend.arkit import CHANNELS
from backend.curves.base import Curves
from backend.ipc import protocol
from backend.ipc.protocol import (
    Cancel,
    Cancelled,
    Done,
    Error,
    Generate,
    Hello,
    Message,
    Notice,
    Progress,
    Ready,
    Shutdown,
    TakeReady,
)
from backend.ipc.server import serve
from backend.ipc.server_outbox import Outbox
from backend.messages import UserMessage
from backend.model_folder import Identity, ModelError
from backend.performance import EmotionKey, Performance, Take
from backend.runtimes import Report


@dataclass(frozen=True)
class SomeCard:
    """What the service asks of a model."""

    name: str = "some"
    version: str = "1"
    sha256: str = "cc"
    steps: int = 2
    identities: tuple[Identity, ...] = (Identity("calm", "moves little"), Identity("lively", "moves much"))
    emotions: tuple[str, ...] = ("neutral", "anger")


@dataclass(frozen=True)
class SomeRuntime:
    name: str = "onnx"


@dataclass(frozen=True)
class Some:
    card: SomeCard = SomeCard()
    runtime: SomeRuntime = SomeRuntime()
    notices: tuple[UserMessage, ...] = ()
    stands_in: bool = False


def _generate(
    model: Any, blocks: Iterable[np.ndarray], performance: Performance, callback: Callable[[UserMessage, float], None]
) -> Iterator[Take]:
    callback(UserMessage("Listening"), 0.2)
    for number in range(performance.count):
        callback(UserMessage("Performing"), 0.5)
        values = np.full(
            (max(1, round(sum(map(len, blocks)) / 16000 * performance.fps)), len(CHANNELS)), 0.5, np.float32
        )
        yield Take(performance.seed + number, "calm", "anger", Curves(CHANNELS, values, performance.fps))


@pytest.fixture
def sound(tmp_path: Path) -> str:
    """A second of noise."""
    soundfile.write(tmp_path / "a.wav", 0.1 * np.random.default_rng(0).standard_normal(16000), 16000)
    return str(tmp_path / "a.wav")


class Child:
    """serve() at work in a thread, with real pipes."""

    def __init__(self, load: Callable[[Report], Any], generate: Any, every: float) -> None:
        request_end, self.requests = _pipe()
        self.replies, reply_end = _pipe()
        self.code: int | None = None

        def run() -> None:
            try:
                self.code = serve(request_end, Outbox(reply_end, every), load, generate)
            finally:  # also after an error, or the test would wait for the next reply for ever
                with suppress(BrokenPipeError):
                    reply_end.close()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def send(self, *requests: Message) -> None:
        for request in requests:
            protocol.write(self.requests, request)

    def until(self, kind: type) -> list[Any]:
        """Replies, the last of which is of this kind; progress left out."""
        got: list[Any] = []
        while not got or not isinstance(got[-1], kind):
            reply = protocol.read(self.replies)
            assert reply is not None, f"the service ended after {got}"
            if kind is Progress or not isinstance(reply, Progress):
                got.append(reply)
        return got

    def rest(self) -> list[Any]:
        """Replies up to the end of the service."""
        got = []
        while (reply := protocol.read(self.replies)) is not None:
            if not isinstance(reply, Progress):
                got.append(reply)
        self.thread.join(5)
        assert not self.thread.is_alive()
        return got


def _pipe() -> tuple[IO[bytes], IO[bytes]]:
    reader, writer = os.pipe()
    return os.fdopen(reader, "rb"), os.fdopen(writer, "wb")


@pytest.fixture
def start() -> Iterator[Callable[..., Child]]:
    """Starts services and ends them."""
    children: list[Child] = []

    def start(
        load: Callable[[Report], Any] = lambda report: Some(), generate: Any = _generate, every: float = 1.0
    ) -> Child:
        children.append(Child(load, generate, every))
        return children[-1]

    yield start
    for child in children:
        child.requests.close()
        child.replies.close()
        child.thread.join(5)


def test_hello_and_takes_are_answered(start: Callable[..., Child], sound: str) -> None:
    child = start()
    child.send(Hello(1), Generate(2, sound, 0.25, 0.75, performance=Performance(seed=7, count=2, fps=24)))
    ready, *takes, done = child.until(Done)
    assert isinstance(ready, Ready)
    assert ready.identities == (("calm", "moves little"), ("lively", "moves much"))
    assert [(take.id, take.index, take.count, take.take.seed, len(take.take.curves.values)) for take in takes] == [
        (2, 0, 2, 7, 12),
        (2, 1, 2, 8, 12),
    ]
    assert takes[0].take.curves.values.shape == (12, 52)
    assert takes[0].take.model_sha256 == "cc"
    assert len(takes[0].take.audio_sha256) == 64
    assert done == Done(2)
    child.send(Shutdown(3))
    assert child.rest() == []
    assert child.code == 0


def test_progress_never_decreases(start: Callable[..., Child], sound: str) -> None:
    child = start()
    child.send(Generate(1, sound))
    seen = []
    while not isinstance(reply := protocol.read(child.replies), Done):
        if isinstance(reply, Progress):
            seen.append(reply)
    assert [progress.stage for progress in seen] == ["Reading sound", "Listening", "Performing"]
    assert [progress.fraction for progress in seen] == sorted(progress.fraction for progress in seen)


@pytest.mark.parametrize(
    "changes, kind, says",
    [
        ({"file": "/none.wav"}, "audio", "no file"),
        ({"start": 9.0}, "audio", "past the end"),
        ({"identity": "nobody"}, "request", "auto or one of calm, lively"),
        ({"emotion": "envy"}, "request", "auto or one of neutral, anger"),
        ({"fps": 0.0}, "request", "fps"),
        ({"count": 0}, "request", "takes"),
        ({"seed": -1}, "request", "seed"),
        ({"intensity": 2.5}, "request", "intensity"),
        ({"emotion_keys": (EmotionKey(0.0, "envy", 1.0),)}, "request", "auto or one of neutral, anger"),
        (
            {"emotion_keys": (EmotionKey(1.0, "anger", 1.0), EmotionKey(1.0, "neutral", 1.0))},
            "request",
            "sorted by time",
        ),
    ],
)
def test_wrong_request_is_explained(
    start: Callable[..., Child], sound: str, changes: dict[str, Any], kind: str, says: str
) -> None:
    child = start()
    asked = dict(changes)
    clip = {"file": sound} | {name: asked.pop(name) for name in ("file", "start") if name in asked}
    child.send(Generate(1, **clip, performance=Performance(**asked)), Generate(2, sound))
    error, take, done = child.until(Done)
    assert isinstance(error, Error)
    assert (error.id, error.kind) == (1, kind)
    assert says in error.message
    assert isinstance(take, TakeReady)
    assert done == Done(2)


def test_bug_is_reported_and_logged(start: Callable[..., Child], sound: str, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: Any) -> Iterator[Take]:
        raise ValueError("shapes differ " * 1000)

    child = start(generate=broken)
    child.send(Generate(1, sound), Hello(2))
    error, ready = child.until(Ready)
    assert (error.id, error.kind) == (1, "internal")
    assert "ValueError: shapes differ" in error.message
    assert len(error.message) < 1000
    assert "Traceback" in caplog.text
    assert ready.id == 2


def test_failed_model_load_is_retried(start: Callable[..., Child], sound: str) -> None:
    outcomes = iter([ModelError("No model"), ModelError("Still none"), Some()])

    def load(report: Report) -> Any:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    child = start(load)
    child.send(Hello(1), Generate(2, sound), Hello(3))
    assert child.until(Ready)[:2] == [
        Error(1, "model", "No model", UserMessage("No model")),
        Error(2, "model", "Still none", UserMessage("Still none")),
    ]


def test_loading_steps_and_notices_are_sent(start: Callable[..., Child], sound: str) -> None:
    def load(report: Report) -> Any:
        report(UserMessage("Building"))
        return Some(notices=(UserMessage("No {what}", what="GPU"),))

    child = start(load)
    child.send(Generate(1, sound), Hello(2))
    assert protocol.read(child.replies) == Progress(1, "Building", 0.0, UserMessage("Building"))
    notice, take, done, again, ready = child.until(Ready)
    message = UserMessage("No {what}", what="GPU")
    assert notice == Notice(1, "No GPU", message)
    assert again == Notice(2, "No GPU", message)
    assert (take.id, done) == (1, Done(1))
    assert ready.runtime == "onnx"


def test_slow_work_gives_signs_of_life(start: Callable[..., Child], sound: str) -> None:
    """A model that loads, a runtime that computes: whatever neither reports nor looks up."""

    def load(report: Report) -> Any:
        time.sleep(0.4)
        return Some()

    def generate(
        model: Any, blocks: Any, performance: Performance, callback: Callable[[UserMessage, float], None]
    ) -> Iterator[Take]:
        for take in _generate(model, blocks, performance, callback):
            time.sleep(0.4)
            yield take

    child = start(load, generate, every=0.03)
    child.send(Generate(1, sound))
    seen: list[Any] = []
    while not isinstance(reply := protocol.read(child.replies), Done):
        seen.append(reply)
    assert seen.count(Progress(1, "Starting", 0.0, UserMessage("Starting"))) >= 3
    last = [progress for progress in seen if isinstance(progress, Progress) and progress.stage == "Performing"]
    assert len(last) >= 4
    assert len(set(last)) == 1  # the same again
    size = len(seen)
    child.send(Hello(2))
    assert isinstance(protocol.read(child.replies), Ready)
    assert size == len(seen)  # in between, not a word


def test_stand_in_model_replaces_unknown_names(start: Callable[..., Child], sound: str) -> None:
    asked: list[Performance] = []

    def generate(model: Any, blocks: Any, performance: Performance, callback: Any) -> Iterator[Take]:
        asked.append(performance)
        return _generate(model, blocks, performance, callback)

    child = start(lambda report: Some(notices=(UserMessage("Broken"),), stands_in=True), generate)
    child.send(
        Generate(
            1,
            sound,
            performance=Performance(
                identity="Grandmother",
                emotion="anger",
                emotion_keys=(EmotionKey(0.0, "envy", 1.0), EmotionKey(1.0, "neutral", 0.5)),
            ),
        )
    )
    told = [reply.message for reply in child.until(Done) if isinstance(reply, Notice)]
    assert told == [
        "Broken",
        'The model in use has no identity "Grandmother", so it was matched to the voice',
        'The model in use has no emotion "envy", so it was matched to the voice',
    ]
    assert (asked[0].identity, asked[0].emotion, asked[0].emotion_keys) == (
        "auto",
        "anger",
        ((0.0, "auto", 1.0), (1.0, "neutral", 0.5)),
    )


def test_loading_can_be_canceled(start: Callable[..., Child], sound: str) -> None:
    began, cancelled = threading.Event(), threading.Event()

    def load(report: Report) -> Any:
        report(UserMessage("Building 1"))
        began.set()
        assert cancelled.wait(5)
        for _ in range(500):  # the Cancel is on its way
            report(UserMessage("Building 2"))
            time.sleep(0.01)
        return Some()

    child = start(load)
    child.send(Generate(1, sound))
    assert began.wait(5)
    child.send(Cancel(2, 1))
    cancelled.set()
    assert child.until(Cancelled) == [Cancelled(1)]


class Slow:
    """Works until it is told to stop."""

    def __init__(self) -> None:
        self.began = threading.Event()

    def __call__(
        self,
        model: Any,
        blocks: Iterable[np.ndarray],
        performance: Performance,
        callback: Callable[[UserMessage, float], None],
    ) -> Iterator[Take]:
        if performance.seed == 0:
            yield from _generate(model, blocks, performance, callback)
            return
        while True:
            callback(UserMessage("Performing"), 0.5)
            self.began.set()
            time.sleep(0.005)


def test_cancel_running_and_waiting_jobs(start: Callable[..., Child], sound: str) -> None:
    slow = Slow()
    child = start(generate=slow)
    child.send(
        *(Generate(number, sound, performance=Performance(seed=seed)) for number, seed in ((1, 9), (2, 9), (3, 0)))
    )
    assert slow.began.wait(5)
    child.send(Cancel(4, 2), Cancel(5, 77))
    assert child.until(Cancelled) == [Cancelled(2)]  # at once, though job 1 goes on
    child.send(Cancel(6, 1))
    first, take, done = child.until(Done)
    assert first == Cancelled(1)
    assert take.id == 3
    assert done == Done(3)
    child.send(Cancel(7, 3), Generate(8, sound))  # too late: changes nothing
    assert child.until(Done)[-1] == Done(8)


@pytest.mark.parametrize("end", ["shutdown", "eof"])
def test_end_of_input_stops_job(start: Callable[..., Child], sound: str, end: str) -> None:
    slow = Slow()
    child = start(generate=slow)
    child.send(Generate(1, sound, performance=Performance(seed=9)), Generate(2, sound, performance=Performance(seed=9)))
    assert slow.began.wait(5)
    if end == "shutdown":
        child.send(Shutdown(3))
    else:
        child.requests.close()
    assert child.rest() == [Cancelled(1)]
    assert child.code == 0


@pytest.mark.parametrize(
    "garbage", [b"garbage\n", b"\0" * 100000, b'{"type": "Done", "nbytes": 0, "id": 1}\n', b'{"type": "He']
)
def test_garbage_ends_server_with_reason(start: Callable[..., Child], garbage: bytes) -> None:
    child = start()
    child.send(Hello(1))
    child.until(Ready)
    child.requests.write(garbage)
    child.requests.close()
    (error,) = child.rest()
    assert (error.id, error.kind) == (0, "request")
    assert "unreadable" in error.message
    assert child.code == 1


def test_closed_reply_pipe_is_harmless(start: Callable[..., Child], sound: str) -> None:
    done = threading.Event()

    def generate(*arguments: Any) -> Iterator[Take]:
        yield from _generate(*arguments)
        done.set()

    child = start(generate=generate)
    child.replies.close()
    child.send(Hello(1), Generate(2, sound))
    assert done.wait(5)
    child.requests.close()
    child.thread.join(5)
    assert child.code == 0
