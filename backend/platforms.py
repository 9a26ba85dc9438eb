"""All that differs between Linux, Windows and macOS, and why. Windows and macOS can't be run by everybody who works on this: their branches take
the system's name (sys.platform's: linux, win32, darwin) as an argument, so that tests run them anywhere.

What needs no branch: modes like 0o600 make files private on Linux and macOS; Windows ignores them, and keeps the temporary folder and the caches
for their user by itself. Windows can neither delete nor replace a file that is open, so nothing here is kept open for longer than it is used.
"""

import os
import platform
import signal
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

_CREATE_NO_WINDOW = 0x08000000  # the module subprocess has it on Windows only
_PROCESS_QUERY_LIMITED_INFORMATION = 0x1000
_ERROR_ACCESS_DENIED = 5
_STILL_ACTIVE = 259  # GetExitCodeProcess's answer for a process that has not ended


def child_flags(system: str = sys.platform) -> int:
    """subprocess's creationflags: without them, Windows opens a console window for the child of a program that has none, such as Blender.

    A child without that console isn't reached by Ctrl-C in another either.
    """
    return _CREATE_NO_WINDOW if system == "win32" else 0


def python_names(version: tuple[int, int], system: str = sys.platform) -> tuple[str, ...]:
    """Where below its folder a Python of that version may have its program, best first. Blender has it in bin on every system; what is installed
    by itself on Windows has it in the folder."""
    if system == "win32":
        return "bin/python.exe", "python.exe"
    return f"bin/python{version[0]}.{version[1]}", "bin/python3"


def cache_folder(system: str = sys.platform, environ: Mapping[str, str] = os.environ) -> Path:
    """Where this user's programs keep what may be deleted at any time. Raises RuntimeError for a user without a home."""
    if system == "win32":
        return Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    if system == "darwin":
        return Path.home() / "Library/Caches"
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def is_private(path: Path, system: str = sys.platform) -> bool:
    """Whether a file or folder, no link, is this user's and closed to all others. Windows keeps what lies in a user's folders so by itself."""
    if system == "win32":
        return True
    found = path.lstat()
    return not stat.S_ISLNK(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def library_path(path: Path, system: str = sys.platform) -> bytes | str:
    """A path as C libraries take it: as bytes but on Windows, for a name there need not be text; absolute, for some take "-" for stdin."""
    return str(path.absolute()) if system == "win32" else os.fsencode(path.absolute())


def ignore_interrupts() -> None:
    """Leave Ctrl-C to the parent: a terminal sends SIGINT to all that was started from it, on Windows too where they share a console."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def usable_cores() -> int:
    """Those that this process may use. Only Linux tells of fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load_average() -> float | None:
    """How many processes wanted a core over the last minute; None on Windows, which doesn't say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def processor() -> str:
    """The processor's name. Linux knows it by a file only; what the others call it says little more than its family."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def is_running(process: int, system: str = sys.platform) -> bool:
    """Whether there is a process of that id, anybody's. One that has ended but that its parent has not asked for yet counts on Linux and macOS."""
    if process <= 0:  # to os.kill, a group of processes
        return False
    if system == "win32":  # where os.kill(process, 0) would END it
        return _runs_on_windows(process)
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        return True
    return True


def _runs_on_windows(process: int) -> bool:
    import ctypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    kernel.OpenProcess.restype = ctypes.c_void_p  # a handle is as wide as a pointer, and an int, the default, is not
    kernel.OpenProcess.argtypes = (ctypes.c_uint32, ctypes.c_int, ctypes.c_uint32)
    kernel.GetExitCodeProcess.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    kernel.CloseHandle.argtypes = (ctypes.c_void_p,)
    handle = kernel.OpenProcess(_PROCESS_QUERY_LIMITED_INFORMATION, False, process)
    if not handle:
        return bool(ctypes.get_last_error() == _ERROR_ACCESS_DENIED)  # type: ignore[attr-defined] # it is there, but not for us
    try:
        code = ctypes.c_uint32()
        # A process that has ended is found as long as anybody, such as its parent, holds a handle.
        return bool(kernel.GetExitCodeProcess(handle, ctypes.byref(code))) and code.value == _STILL_ACTIVE
    finally:
        kernel.CloseHandle(handle)
