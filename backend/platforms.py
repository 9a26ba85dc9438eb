"""The differences between Linux, Windows and macOS. Runs in Blender, in the backend process and in training.

Functions with branches take the name of the system as sys.platform has it (linux, win32, darwin), so that tests run
every branch on any system.

Two differences need no branch. Modes such as 0o600 make files private on Linux and macOS; Windows ignores them, but its
temporary folder and caches are private to the user anyway. Windows can't delete or replace an open file, so the project
keeps no file open longer than needed.
"""

import errno
import os
import platform
import signal
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

_CREATE_NO_WINDOW = 0x08000000  # subprocess defines it on Windows only
_PROCESS_QUERY_LIMITED_INFORMATION = 0x1000
_ERROR_ACCESS_DENIED = 5
_STILL_ACTIVE = 259  # GetExitCodeProcess's result for a running process


def child_flags(system: str = sys.platform) -> int:
    """Return the creationflags for subprocess.

    Without them, Windows opens a console window for the child of a program that has none, such as Blender. A child
    without a console isn't reached by Ctrl-C in another one either.
    """
    return _CREATE_NO_WINDOW if system == "win32" else 0


def python_names(version: tuple[int, int], system: str = sys.platform) -> tuple[str, ...]:
    """Return the paths at which a Python folder may hold its interpreter, best first.

    Blender's Python has it in bin on every system. A standalone Python on Windows has it in the folder itself.
    """
    if system == "win32":
        return "bin/python.exe", "python.exe"
    return f"bin/python{version[0]}.{version[1]}", "bin/python3"


def cache_folder(system: str = sys.platform, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the user's folder of caches. Raises RuntimeError for a user without a home."""
    if system == "win32":
        return Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    if system == "darwin":
        return Path.home() / "Library/Caches"
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def is_private(path: Path, system: str = sys.platform) -> bool:
    """Return True if a file or folder belongs to this user and is closed to all others. A link is never private.

    On Windows always True, because the user's folders are private there.
    """
    if system == "win32":
        return True
    found = path.lstat()
    return not stat.S_ISLNK(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def library_path(path: Path, system: str = sys.platform) -> bytes | str:
    """Return a path as C libraries take it: bytes except on Windows, since file names elsewhere need not be valid text.

    It is absolute, because some libraries read "-" as stdin.
    """
    return str(path.absolute()) if system == "win32" else os.fsencode(path.absolute())


def ignore_interrupts() -> None:
    """Ignore SIGINT. A terminal sends it to every process started from it; only the parent should react to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def is_closed_pipe(error: Exception, system: str = sys.platform) -> bool:
    """Return True if the reader of a pipe is gone.

    Windows reports EINVAL for that. It does so for an invalid file name too, but gives the name then.
    """
    if isinstance(error, BrokenPipeError):
        return True
    return system == "win32" and isinstance(error, OSError) and error.errno == errno.EINVAL and error.filename is None


def usable_cores() -> int:
    """Return the number of cores that this process may use. Only Linux reports fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load_average() -> float | None:
    """Return the average number of runnable processes over the last minute, or None on Windows."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def processor() -> str:
    """Return the processor's name, or its family where the system reports no more."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def is_running(process: int, system: str = sys.platform) -> bool:
    """Return True if a process of that id exists, whoever owns it.

    On Linux and macOS, this includes an ended process that its parent has not waited for yet.
    """
    if process <= 0:  # os.kill() would address a group of processes
        return False
    if system == "win32":  # os.kill(process, 0) would END the process there
        return _runs_on_windows(process)
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it belongs to another user
        return True
    return True


def _runs_on_windows(process: int) -> bool:
    import ctypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    kernel.OpenProcess.restype = ctypes.c_void_p  # a handle is as wide as a pointer, unlike the default int
    kernel.OpenProcess.argtypes = (ctypes.c_uint32, ctypes.c_int, ctypes.c_uint32)
    kernel.GetExitCodeProcess.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    kernel.CloseHandle.argtypes = (ctypes.c_void_p,)
    handle = kernel.OpenProcess(_PROCESS_QUERY_LIMITED_INFORMATION, False, process)
    if not handle:
        return bool(ctypes.get_last_error() == _ERROR_ACCESS_DENIED)  # type: ignore[attr-defined] # another user's
    try:
        code = ctypes.c_uint32()
        # An ended process still opens while anything, such as its parent, holds a handle to it.
        return bool(kernel.GetExitCodeProcess(handle, ctypes.byref(code))) and code.value == _STILL_ACTIVE
    finally:
        kernel.CloseHandle(handle)
