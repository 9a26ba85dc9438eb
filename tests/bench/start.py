"""Start-up: the real backend in a child process, used through the add-on's client."""

import sys
import tempfile
import time
from pathlib import Path

from backend.ipc.client import Client, Gone, launch
from backend.ipc.protocol import Error, Generate, Hello, Ready, TakeReady

from .machine import ROOT, median
from .sound import write_speech
from .table import Table

_SECONDS = 10.0
_TIMEOUT = 120.0  # s


class BenchError(Exception):
    """The backend failed. The text is its reply."""


def starting(quick: bool) -> Table:
    """Measure spawn to Ready, the first take of a 10-s strip from either on, and the same strip once more."""
    ready, first, cold, warm = (list[float]() for _ in range(4))
    with tempfile.TemporaryDirectory() as name:
        file = write_speech(Path(name) / "speech.wav", _SECONDS)
        for _ in range(2 if quick else 7):
            began = time.perf_counter()
            client = launch(sys.executable, ROOT, [], Path(name) / "backend.log")
            try:
                client.send(Hello(1))
                _until(client, Ready)
                ready.append(time.perf_counter() - began)
                for identifier, found in ((2, first), (3, warm)):
                    asked = time.perf_counter()
                    client.send(Generate(identifier, str(file)))
                    _until(client, TakeReady)
                    found.append(time.perf_counter() - asked)
                    if identifier == 2:
                        cold.append(time.perf_counter() - began)
            finally:
                client.stop()
    rows = [
        ("process started to Ready", ready),
        ("first take, asked when Ready", first),
        ("process started to first take", cold),
    ]
    rows.append(("the same once more", warm))
    return Table(
        "Start",
        f"A strip of {_SECONDS:g} s through client, pipe and service, without Blender; the files are in the system's cache. Seconds.",
        ("what", "median", "best", "worst"),
        tuple((what, median(found), min(found), max(found)) for what, found in rows),
    )


def _until(client: Client, kind: type) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while not isinstance(reply := client.poll(1.0), kind):
        if isinstance(reply, Gone | Error) or time.monotonic() > deadline:
            raise BenchError(f"The backend got a {kind.__name__} and replied: {reply}")
