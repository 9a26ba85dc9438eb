"""Start the backend as a child process, exchange messages with it, and report why it ended. Runs in Blender."""

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

_CHILD = Path(__file__).with_name("child.py")
_EXIT_TIMEOUT = 2.0  # s for the child to end by itself
_SILENCE_TIMEOUT = 20.0  # s without a reply: ten times the longest silence of a working child, see Outbox
_START_TIMEOUT = 60.0  # s until the first reply: a slow disk or a virus scanner may delay Python and NumPy
_MAX_WAITING = 256  # replies not polled yet; then the child must wait, so that they don't fill this process's memory
_LARGE_TAKE = 1_000_000  # bytes; after a larger take, no reply is read until it is polled


class LaunchError(UserError):
    """The child could not be started."""


@dataclass(frozen=True)
class Gone:
    """The child has ended, by itself or by stop().

    returncode: as in subprocess; negative for the signal that killed it. log_tail: the last lines of its log.
    reason: a message for the artist.
    """

    returncode: int
    log_tail: str
    reason: UserMessage


def launch(
    python: str, root: Path, site_dirs: Sequence[str], log: Path, arguments: Sequence[str] = ("serve",)
) -> "Client":
    """Start the backend and return at once. Send a Hello to learn whether it works.

    python: the interpreter to run. root: the folder that holds the package `backend`.
    site_dirs: folders of packages, used for those that the interpreter lacks.
    log: a file for the child's output, in a folder of its own; both are created as private, see client_log.
    arguments: the backend's command line, such as ("serve", "--model", folder).

    Raises LaunchError.
    """
    log = Path(log).absolute()
    try:
        client_log.start_log(log)
    except (OSError, ValueError) as error:
        raise LaunchError(
            'The backend can\'t write its log to the folder "{folder}" ({reason}): free some space or make it writable, then generate again',
            folder=log.parent,
            reason=_error_text(error),
        ) from error
    try:
        process = subprocess.Popen(
            # -I: import nothing from the user's environment or folder. -B: write nothing beside the code.
            [python, "-I", "-B", "-u", str(_CHILD), str(root), *site_dirs, "--", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=log.parent,  # not the add-on's folder, or Windows could not replace it on an upgrade
            env={name: value for name, value in os.environ.items() if not name.upper().startswith("PYTHON")},
            creationflags=child_flags(),
        )
    except (OSError, ValueError) as error:
        raise LaunchError(
            'The backend can\'t be started with "{python}" ({reason}): check that this program may run',
            python=python,
            reason=_error_text(error),
        ) from error
    return Client(process, log)


def _error_text(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


class Client:
    """A running backend. Use it from one thread. Only stop() and a poll() with a timeout ever wait."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        assert process.stdin and process.stderr
        self.log = log
        self._process = process
        self._requests: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._replies: queue.Queue[Reply | Gone] = queue.Queue(_MAX_WAITING)
        self._gone: Gone | None = None
        self._silence = 0.0  # seconds of polling without a reply
        self._polled = time.monotonic()
        self._timeout = _START_TIMEOUT
        self._writer = threading.Thread(
            target=_send, args=(process.stdin, self._requests), name="backend requests", daemon=True
        )
        self._logger = threading.Thread(
            target=client_log.copy_to_log, args=(process.stderr, log), name="backend log", daemon=True
        )
        self._reader = threading.Thread(target=self._receive, name="backend replies", daemon=True)
        for thread in (self._writer, self._logger, self._reader):
            thread.start()

    @property
    def alive(self) -> bool:
        """Return True while the process runs. Replies that it sent before its end can still be polled."""
        return self._process.poll() is None

    def send(self, request: Request) -> None:
        """Queue a request for sending. Its array must not change until it is answered.

        If the child has ended, the request is lost, and poll() returns Gone. Raises ProtocolError when it is too large.
        """
        parts = frame(request)
        if self._writer.is_alive():
            self._requests.put(parts)

    def poll(self, timeout: float = 0) -> Reply | Gone | None:
        """Return the next reply, or None if none came within timeout seconds. After the last reply, always return Gone.

        Call it often, and only while an answer is expected. The child is killed after 20 s of such calls without a
        reply, or 60 s without the first one.
        """
        if self._gone is None:
            # Count at most 1 s per call: time in which nobody polled or the machine slept is no silence of the child.
            now = time.monotonic()
            self._silence += min(now - self._polled, 1.0)
            self._polled = now
            if reply := self._next(timeout):
                self._silence, self._timeout = 0.0, _SILENCE_TIMEOUT
                return reply
            if self._silence >= self._timeout:
                self._process.kill()
                self._gone = self._collect_end(
                    UserMessage(
                        "The backend was silent for {seconds:.0f} s and was stopped: generate again to restart it",
                        seconds=self._timeout,
                    )
                )
        return self._gone

    def stop(self) -> None:
        """End the child: close its stdin, wait two seconds, terminate it, then kill it. Never raises."""
        self._requests.put(None)
        for end in (lambda: None, self._process.terminate, self._process.kill):
            end()
            deadline = time.monotonic() + _EXIT_TIMEOUT
            while (working := self._reader.is_alive() or self._writer.is_alive()) and time.monotonic() < deadline:
                self._next(0.02)  # makes room, or the reader could wait forever
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
        """Run the reader thread: queue each reply, and a Gone at the end."""
        pipe = self._process.stdout
        assert pipe
        reason = None
        try:
            while (message := read(pipe)) is not None:
                if not isinstance(message, Reply):
                    raise ProtocolError(f"The backend sent a {type(message).__name__}, which is no reply")
                self._replies.put(message)
                if isinstance(message, TakeReady) and message.take.curves.values.nbytes > _LARGE_TAKE:
                    self._replies.join()  # waits until the take is polled
        except ProtocolError as error:
            reason = UserMessage(
                "The backend sent something unreadable and was stopped ({reason}): generate again to restart it",
                reason=error,
            )
            self._process.kill()
        except (OSError, ValueError, MemoryError) as error:
            reason = UserMessage("The pipe to the backend broke ({reason}): generate again to restart it", reason=error)
            self._process.kill()
        gone = self._collect_end(reason)
        self._requests.put(None)
        pipe.close()
        self._replies.put(gone)

    def _collect_end(self, reason: UserMessage | None) -> Gone:
        """Wait for a child that is ending or was killed. reason: None to take it from the exit code."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT_TIMEOUT)
        if self.alive:  # it closed its stdout but went on
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):  # a dead network drive can block even a killed process
                self._process.wait(_EXIT_TIMEOUT)
        self._logger.join(
            _EXIT_TIMEOUT / 2
        )  # no longer, because a process that the child left behind may keep the pipe open
        returncode = self._process.returncode or 0
        return Gone(returncode, log_tail(self.log), reason or _exit_reason(returncode))


def _send(pipe: IO[bytes], requests: "queue.SimpleQueue[Frame | None]") -> None:
    """Run the writer thread: write requests as fast as the child reads them, and close its stdin at the end."""
    with contextlib.suppress(OSError, ValueError):  # the child has ended, which the reader reports
        while parts := requests.get():
            put(pipe, parts)
    with contextlib.suppress(OSError):  # closing flushes, which fails if the child has ended
        pipe.close()


def _exit_reason(returncode: int) -> UserMessage:
    if returncode == 0:
        return UserMessage("The backend ended: generate again to restart it")
    if returncode < 0:
        return UserMessage(
            "The backend was killed by signal {signal}: generate again to restart it", signal=-returncode
        )
    return UserMessage("The backend ended with exit code {code}: see the last lines of its log", code=returncode)
