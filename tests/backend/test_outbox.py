"""Replies from several threads stay whole, and work that takes long gives signs of life."""

import io
import os
import threading
import time
from pathlib import Path

import pytest

from backend import protocol
from backend.outbox import Outbox
from backend.protocol import Done, Message, Progress


def _sent(pipe: io.BytesIO) -> list[Message]:
    pipe = io.BytesIO(pipe.getvalue())
    found = []
    while (message := protocol.read(pipe)) is not None:
        found.append(message)
    return found


def test_the_last_progress_is_repeated_while_there_is_work() -> None:
    pipe = io.BytesIO()
    outbox = Outbox(pipe, every=0.02)
    with outbox.busy(7):
        time.sleep(0.3)
        outbox.send(Progress(7, "Listening", 0.25))
        time.sleep(0.3)
        outbox.send(Done(7))
    size = len(pipe.getvalue())
    time.sleep(0.1)
    assert len(pipe.getvalue()) == size  # nothing to wait for, nothing to say
    sent = _sent(pipe)
    starting, listening = sent.count(Progress(7, "Starting", 0.0)), sent.count(Progress(7, "Listening", 0.25))
    assert starting >= 3 and listening >= 4 and sent[:starting] == [Progress(7, "Starting", 0.0)] * starting


def test_who_tells_enough_is_not_repeated() -> None:
    pipe = io.BytesIO()
    outbox = Outbox(pipe, every=0.5)
    told = [Progress(1, "Performing", n / 200) for n in range(150)]
    with outbox.busy(1):
        for progress in told:
            outbox.send(progress)
            time.sleep(0.01)
    assert _sent(pipe) == told


def test_the_next_one_starts_anew() -> None:
    pipe = io.BytesIO()
    outbox = Outbox(pipe, every=0.01)
    for number in (1, 2):
        with outbox.busy(number):
            time.sleep(0.1)
            outbox.send(Progress(number, "Performing", 0.5))
    sent = [message for message in _sent(pipe) if isinstance(message, Progress)]
    assert [message.id for message in sent] == sorted(message.id for message in sent)
    assert Progress(2, "Starting", 0.0) in sent and not any(thread.name == "signs of life" for thread in threading.enumerate())


def test_messages_of_several_threads_stay_whole() -> None:
    reader, writer = (os.fdopen(handle, mode) for handle, mode in zip(os.pipe(), ("rb", "wb"), strict=True))
    outbox = Outbox(writer, every=0.001)
    found: list[Message] = []

    def read() -> None:
        while (message := protocol.read(reader)) is not None:
            found.append(message)

    def send(number: int) -> None:
        for _ in range(200):
            outbox.send(Progress(number, "x" * 5000, 0.5))

    threads = [threading.Thread(target=read)]
    with outbox.busy(0):
        threads += [threading.Thread(target=send, args=(n,)) for n in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads[1:]:
            thread.join(20)
    writer.close()
    threads[0].join(20)
    reader.close()
    assert [sum(message.id == n for message in found) >= 200 for n in range(1, 5)] == [True] * 4


def test_nobody_listens(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    outbox = Outbox(os.fdopen(writer, "wb", buffering=0), every=0.01)
    with outbox.busy(1):
        outbox.send(Progress(1, "Performing", 0.5))
        time.sleep(0.1)


def test_a_failure_inside_ends_the_signs() -> None:
    outbox = Outbox(io.BytesIO(), every=0.01)
    with pytest.raises(KeyError), outbox.busy(1):
        raise KeyError
    assert not any(thread.name == "signs of life" for thread in threading.enumerate())
