"""The real backend in a process of its own, with the bundled model, and what it answers."""

import sys
import time
from pathlib import Path

from backend.__main__ import DEFAULT_MODEL
from backend.ipc.client import Client, Gone, launch
from backend.ipc.protocol import Cancelled, Done, Error, Generate, TakeReady
from backend.performance import Take

REPOSITORY = Path(__file__).parents[2]
SPEECH = REPOSITORY / "tests" / "data" / "speech.ogg"  # 9.25 s


def start(folder: Path, root: Path = REPOSITORY, python: str = sys.executable) -> Client:
    """It logs to folder / "backend.log"."""
    return launch(python, root, [], folder / "backend.log", ("serve", "--model", str(DEFAULT_MODEL)))


def answer(client: Client, request: Generate, timeout: float = 60) -> list[Take] | Error:
    """All the takes of a job, none of one that was cancelled, or why there are none. Fails when nothing came in so many seconds."""
    client.send(request)
    return rest(client, request.id, timeout)


def rest(client: Client, job: int, timeout: float = 60) -> list[Take] | Error:
    """The same for a job that was sent already."""
    takes: list[Take] = []
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        reply = client.poll(left)
        assert not isinstance(reply, Gone), reply
        if reply is None or reply.id != job:
            continue
        if isinstance(reply, TakeReady):
            takes.append(reply.take)
        elif isinstance(reply, Error):
            return reply
        elif isinstance(reply, Done | Cancelled):
            return takes
    raise AssertionError(f"job {job} was not done in {timeout} s")


def take(client: Client, request: Generate) -> Take:
    """The only take of a job."""
    takes = answer(client, request)
    assert isinstance(takes, list), takes
    (one,) = takes
    return one
