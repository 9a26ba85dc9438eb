"""The parent's end of the pipe: start the backend as a child process, talk to it without waiting, and learn why it ended."""

import contextlib
import os
import queue
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..messages import UserError, UserMessage
from ..platforms import child_flags
from . import client_log
from .client_log import log_tail
from .protocol import Frame, ProtocolError, Reply, Request, TakeReady, frame, put, read

# Run with -c, so that no script has to be found: the child's own Python comes first for everything but our package.
_BOOTSTRAP = """\
import sys
sys.path.insert(0, {root})
sys.path.extend({site_dirs})
from backend.__main__ import main
sys.exit(main())
"""
_GRACE = 2.0  # seconds that the child gets to end by itself
_SILENCE = 20.0  # seconds: ten times the longest that a child at work is silent, see Outbox
_STARTING = 60.0  # seconds to the first sign of life: Python and numpy come off a disk that may be slow, and be looked through for viruses
_WAITING = 256  # replies that may wait to be polled; then the child waits, rather than this process fill its memory
_LARGE = 1_000_000  # bytes of a take after which no reply is read until it is polled


class LaunchError(UserError):
    """The child could not be started."""


@dataclass(frozen=True)
class Gone:
    """The child has ended, by itself or by stop().

    returncode: as subprocess has it (negative: the signal that killed it); log_tail: its last log lines; reason: for the artist.
    """

    returncode: int
    log_tail: str
    reason: UserMessage


def launch(
    python: str, root: Path, site_dirs: Sequence[str], log: Path, arguments: Sequence[str] = ("serve",)
) -> "Client":
    """Start the backend and return at once; send a Hello to learn whether it works.

    python: the interpreter to run; root: the folder that holds the package `backend`; site_dirs: folders of installed packages, used
    for what the interpreter lacks; log: a file in a folder of its own (both made private where missing) that gets all that the child
    prints, see child_log; arguments: the backend's command line, such as ("serve", "--model", folder). Raises LaunchError.
    """
    log = Path(log).absolute()
    try:
        client_log.begin(log)
    except (OSError, ValueError) as error:
        raise LaunchError(
            'The backend can\'t write its log to the folder "{folder}" ({reason}): free some space or make it writable, then generate again',
            folder=log.parent,
            reason=_told(error),
        ) from error
    code = _BOOTSTRAP.format(root=ascii(str(root)), site_dirs=ascii([str(folder) for folder in site_dirs]))
    try:
        process = subprocess.Popen(
            # -I: nothing of the user's environment or folder is imported. -B: nothing is written beside the code.
            [python, "-I", "-B", "-u", "-c", code, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=log.parent,  # never the add-on's folder, which Windows could then not replace on an upgrade
            env={name: value for name, value in os.environ.items() if not name.upper().startswith("PYTHON")},
            creationflags=child_flags(),
        )
    except (OSError, ValueError) as error:
        raise LaunchError(
            'The backend can\'t be started with "{python}" ({reason}): choose another Python in the preferences',
            python=python,
            reason=_told(error),
        ) from error
    return Client(process, log)


def _told(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


class Client:
    """A running backend. Its methods are for one thread, and none but stop() and a poll() with a timeout ever waits."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        assert process.stdin and process.stderr
        self.log = log
        self._process = process
        self._requests: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._replies: queue.Queue[Reply | Gone] = queue.Queue(_WAITING)
        self._gone: Gone | None = None
        self._silence = 0.0  # seconds of polling without a reply
        self._polled = time.monotonic()
        self._patience = _STARTING
        self._writer = threading.Thread(
            target=_send, args=(process.stdin, self._requests), name="backend requests", daemon=True
        )
        self._logger = threading.Thread(
            target=client_log.keep, args=(process.stderr, log), name="backend log", daemon=True
        )
        self._reader = threading.Thread(target=self._receive, name="backend replies", daemon=True)
        for thread in (self._writer, self._logger, self._reader):
            thread.start()

    @property
    def alive(self) -> bool:
        """Whether the process runs. Replies it sent before its end can still be polled when it does not."""
        return self._process.poll() is None

    def send(self, request: Request) -> None:
        """Send a request, whose array must stay as it is until it is answered. To a child that has ended it is lost: poll() tells of that end.

        Raises ProtocolError when it is too large.
        """
        parts = frame(request)
        if self._writer.is_alive():
            self._requests.put(parts)

    def poll(self, timeout: float = 0) -> Reply | Gone | None:
        """The next reply, or None when none came within timeout seconds. After the last one, Gone: from then on, every time.

        To be called only while an answer is awaited, and often: after 20 s of such calls without a reply, or 60 s without the first, the child
        is killed.
        """
        if self._gone is None:
            # A machine that slept, a clock that jumped or a while in which nobody asked is no silence of the child's.
            now = time.monotonic()
            self._silence += min(now - self._polled, 1.0)
            self._polled = now
            if reply := self._next(timeout):
                self._silence, self._patience = 0.0, _SILENCE
                return reply
            if self._silence >= self._patience:
                self._process.kill()
                self._gone = self._end(
                    UserMessage(
                        "The backend was silent for {seconds:.0f} s and was stopped: generate again to restart it",
                        seconds=self._patience,
                    )
                )
        return self._gone

    def stop(self) -> None:
        """End the child: ask by closing its stdin, wait two seconds, terminate, then kill. Never raises; may be called again."""
        self._requests.put(None)
        for end in (lambda: None, self._process.terminate, self._process.kill):
            end()
            deadline = time.monotonic() + _GRACE
            while (working := self._reader.is_alive() or self._writer.is_alive()) and time.monotonic() < deadline:
                self._next(0.02)  # makes room, or the reader could wait for it forever
            if not working:
                break
        while self._next(0):
            pass

    def _next(self, timeout: float) -> Reply | Gone | None:
        try:
            reply = self._replies.get(timeout=timeout) if timeout > 0 else self._replies.get_nowait()
        except queue.Empty:
            return None
        self._replies.task_done()
        if isinstance(reply, Gone):
            self._gone = self._gone or reply
        return reply

    def _receive(self) -> None:
        """The reader thread: replies as they come, at last a Gone."""
        pipe = self._process.stdout
        assert pipe
        reason = None
        try:
            while (message := read(pipe)) is not None:
                if not isinstance(message, Reply):
                    raise ProtocolError(f"The backend sent a {type(message).__name__}, which is no reply")
                self._replies.put(message)
                if isinstance(message, TakeReady) and message.take.curves.values.nbytes > _LARGE:
                    self._replies.join()  # until it is polled
        except ProtocolError as error:
            reason = UserMessage(
                "The backend sent something unreadable and was stopped ({reason}): generate again to restart it",
                reason=error,
            )
            self._process.kill()
        except (OSError, ValueError, MemoryError) as error:
            reason = UserMessage("The pipe to the backend broke ({reason}): generate again to restart it", reason=error)
            self._process.kill()
        gone = self._end(reason)
        self._requests.put(None)
        pipe.close()
        self._replies.put(gone)

    def _end(self, reason: UserMessage | None) -> Gone:
        """What there is to say of a child that is ending, or was killed. reason: None for what its exit code says."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        if self.alive:  # it closed its stdout and went on
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):  # a dead network drive may keep even a killed one
                self._process.wait(_GRACE)
        self._logger.join(
            _GRACE / 2
        )  # not longer: a process that the child has left behind may hold the other end open
        returncode = self._process.returncode or 0
        return Gone(returncode, log_tail(self.log), reason or _why(returncode))


def _send(pipe: IO[bytes], requests: "queue.SimpleQueue[Frame | None]") -> None:
    """The writer thread: requests as the child takes them, which may be never; at last, its stdin is closed."""
    with contextlib.suppress(OSError, ValueError):  # the child has ended: the reader tells
        while parts := requests.get():
            put(pipe, parts)
    with contextlib.suppress(OSError):  # what was not sent yet can't be sent any more
        pipe.close()


def _why(returncode: int) -> UserMessage:
    if returncode == 0:
        return UserMessage("The backend ended: generate again to restart it")
    if returncode < 0:
        return UserMessage(
            "The backend was killed by signal {signal}: generate again to restart it", signal=-returncode
        )
    return UserMessage("The backend ended with exit code {code}: see the last lines of its log", code=returncode)
