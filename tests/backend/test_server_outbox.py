"""Replies from several threads stay intact, and long work gives signs of life."""

import io
import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from protocol_frames import TAKE

from backend.ipc import protocol
from backend.ipc.protocol import Done, Message, Progress, TakeReady
from backend.ipc.server_outbox import Outbox
from backend.messages import UserMessage


def _sent(pipe: io.BytesIO) -> list[Message]:
    pipe = io.BytesIO(pipe.getvalue())
    found = []
    while (message := protocol.read(pipe)) is not None:
        found.append(message)
    return found


def test_last_progress_repeats_during_work() -> None:
    pipe = io.BytesIO()
    outbox = Outbox(pipe, every=0.02)
    with outbox.busy(7):
        time.sleep(0.3)
        outbox.send(Progress(7, "Listening", 0.25))
        time.sleep(0.3)
        outbox.send(Done(7))
    size = len(pipe.getvalue())
    time.sleep(0.1)
    assert len(pipe.getvalue()) == size  # no signs of life between requests
    sent = _sent(pipe)
    starting, listening = (
        sent.count(Progress(7, "Starting", 0.0, UserMessage("Starting"))),
        sent.count(Progress(7, "Listening", 0.25)),
    )
    assert starting >= 3
    assert listening >= 4
    assert sent[:starting] == [Progress(7, "Starting", 0.0, UserMessage("Starting"))] * starting


def test_frequent_progress_is_not_repeated() -> None:
    pipe = io.BytesIO()
    outbox = Outbox(pipe, every=0.5)
    expected = [Progress(1, "Performing", n / 200) for n in range(150)]
    with outbox.busy(1):
        for progress in expected:
            outbox.send(progress)
            time.sleep(0.01)
    assert _sent(pipe) == expected


def test_next_request_starts_anew() -> None:
    pipe = io.BytesIO()
    outbox = Outbox(pipe, every=0.01)
    for number in (1, 2):
        with outbox.busy(number):
            time.sleep(0.1)
            outbox.send(Progress(number, "Performing", 0.5))
    sent = [message for message in _sent(pipe) if isinstance(message, Progress)]
    assert [message.id for message in sent] == sorted(message.id for message in sent)
    assert Progress(2, "Starting", 0.0, UserMessage("Starting")) in sent
    assert not any(thread.name == "signs of life" for thread in threading.enumerate())


def test_messages_from_threads_stay_intact() -> None:
    """Use a slow pipe and takes, which are written in two pieces."""

    class Slow(io.BytesIO):
        def write(self, data: Any) -> int:
            time.sleep(0.005)
            return super().write(data)

    pipe = Slow()
    outbox = Outbox(pipe, every=0.001)

    def send(number: int) -> None:
        for _ in range(10):
            outbox.send(Progress(number, "Performing", 0.5))
            outbox.send(replace(TAKE, id=number))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(1, 5)]
    with outbox.busy(0):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    sent = _sent(pipe)
    assert len([message for message in sent if isinstance(message, TakeReady)]) == 40
    assert len(sent) >= 80


def test_closed_pipe_is_ignored(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    outbox = Outbox(os.fdopen(writer, "wb", buffering=0), every=0.01)
    with outbox.busy(1):
        outbox.send(Progress(1, "Performing", 0.5))
        time.sleep(0.1)


def test_exception_stops_repeated_progress() -> None:
    outbox = Outbox(io.BytesIO(), every=0.01)
    with pytest.raises(KeyError), outbox.busy(1):
        raise KeyError
    assert not any(thread.name == "signs of life" for thread in threading.enumerate())
