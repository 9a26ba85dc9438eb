"""The parent's end of the pipe: start the backend as a child process, talk to it without waiting, and learn why it ended."""

import os
import queue
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .platforms import child_flags
from .protocol import ProtocolError, Reply, Request, read, write

# Run with -c, so that no script has to be found: the child's own Python comes first for everything but our package.
_BOOTSTRAP = """\
import sys
sys.path.insert(0, {root})
sys.path.extend({site_dirs})
from backend.__main__ import main
sys.exit(main())
"""
_GRACE = 2.0  # seconds that the child gets to end by itself
_WAITING = 256  # replies that may wait to be polled; then the child waits, rather than this process fill its memory


class LaunchError(Exception):
    """The child could not be started; the text is a sentence for the artist."""


@dataclass(frozen=True)
class Gone:
    """The child has ended, by itself or by stop().

    returncode: as subprocess has it (negative: the signal that killed it); log_tail: its last log lines; reason: one sentence.
    """

    returncode: int
    log_tail: str
    reason: str


def launch(python: str, root: Path, site_dirs: Sequence[str], log: Path, arguments: Sequence[str] = ("serve",)) -> "Client":
    """Start the backend and return at once; send a Hello to learn whether it works.

    python: the interpreter to run; root: the folder that holds the package `backend`; site_dirs: folders of installed packages, used
    for what the interpreter lacks; log: a file in a folder of its own (both made private where missing) that gets all that the child
    prints, emptied first; arguments: the backend's command line, such as ("serve", "--model", folder). Raises LaunchError.
    """
    try:
        log = Path(log).absolute()
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        code = _BOOTSTRAP.format(root=ascii(str(root)), site_dirs=ascii([str(folder) for folder in site_dirs]))
        with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log_file:
            process = subprocess.Popen(
                # -I: nothing of the user's environment or folder is imported. -B: nothing is written beside the code.
                [python, "-I", "-B", "-u", "-c", code, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_file,
                cwd=log.parent,  # never the add-on's folder, which Windows could then not replace on an upgrade
                env={name: value for name, value in os.environ.items() if not name.upper().startswith("PYTHON")},
                creationflags=child_flags(),
            )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LaunchError(f'The backend can\'t be started with "{python}" ({reason}): choose another Python in the preferences.') from error
    return Client(process, log)


class Client:
    """A running backend. Its methods are for one thread, and none but stop() and a poll() with a timeout ever waits."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.log = log
        self._process = process
        self._replies: queue.Queue[Reply | Gone] = queue.Queue(_WAITING)
        self._gone: Gone | None = None
        self._reader = threading.Thread(target=_receive, args=(process, log, self._replies), name="backend replies", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether the process runs. Replies it sent before its end can still be polled when it does not."""
        return self._process.poll() is None

    def send(self, request: Request) -> None:
        """Send a request. To a child that has ended it is lost: poll() tells of that end. Raises ProtocolError when it is too large."""
        assert self._process.stdin is not None
        try:
            write(self._process.stdin, request)
        except (OSError, ValueError):  # broken pipe; closed by stop()
            pass

    def poll(self, timeout: float = 0) -> Reply | Gone | None:
        """The next reply, or None when none came within timeout seconds. After the last one, Gone: from then on, every time."""
        if self._gone is not None:
            return self._gone
        try:
            reply = self._replies.get(timeout=timeout) if timeout > 0 else self._replies.get_nowait()
        except queue.Empty:
            return None
        if isinstance(reply, Gone):
            self._gone = reply
        return reply

    def stop(self) -> None:
        """End the child: ask by closing its stdin, wait two seconds, terminate, then kill. Never raises; may be called again."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except OSError:  # what was not sent yet can't be sent any more
            pass
        for end in (lambda: None, self._process.terminate, self._process.kill):
            end()
            deadline = time.monotonic() + _GRACE
            while self._reader.is_alive() and time.monotonic() < deadline:
                self.poll(0.02)  # makes room, or the reader could wait for it forever
            if not self._reader.is_alive():
                break
        while self._gone is None and self.poll() is not None:
            pass


def _receive(process: subprocess.Popen[bytes], log: Path, replies: "queue.Queue[Reply | Gone]") -> None:
    """The reader thread: replies as they come, at last a Gone."""
    assert process.stdout is not None
    reason = ""
    try:
        while (message := read(process.stdout)) is not None:
            if not isinstance(message, Reply):
                raise ProtocolError(f"The backend sent a {type(message).__name__}, which is no reply")
            replies.put(message)
    except ProtocolError as error:
        reason = f"The backend sent something unreadable and was stopped ({error}): generate again to restart it."
        process.kill()
    except (OSError, ValueError) as error:
        reason = f"The pipe to the backend broke ({error}): generate again to restart it."
        process.kill()
    try:
        returncode = process.wait(_GRACE)
    except subprocess.TimeoutExpired:  # it closed its stdout and went on
        process.kill()
        returncode = process.wait()
    process.stdout.close()
    replies.put(Gone(returncode, log_tail(log), reason or _why(returncode)))


def _why(returncode: int) -> str:
    if returncode == 0:
        return "The backend ended."
    if returncode < 0:
        return f"The backend was killed by signal {-returncode}: generate again to restart it."
    return f"The backend ended with exit code {returncode}: its last log lines say why."


def log_tail(log: Path, lines: int = 5) -> str:
    """The last lines of a log that aren't empty, joined by newlines; "" when there are none."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 8192))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][-lines:])
