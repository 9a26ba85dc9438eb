"""What differs between systems, each of them simulated: Windows' and macOS' branches run here too."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backend import platforms


@pytest.mark.parametrize("system, flags", [("linux", 0), ("darwin", 0), ("win32", 0x08000000)])
def test_only_windows_is_asked_for_no_window(system: str, flags: int) -> None:
    assert platforms.child_flags(system) == flags
    if sys.platform == system:
        assert flags == getattr(subprocess, "CREATE_NO_WINDOW", 0)


@pytest.mark.parametrize(
    "system, there, found",
    [
        ("linux", ["bin/python3.11", "bin/python3"], "bin/python3.11"),
        ("darwin", ["bin/python3", "bin/python"], "bin/python3"),
        ("linux", ["bin/python3.13", "python.exe"], None),
        ("win32", ["bin/python.exe", "python.exe"], "bin/python.exe"),  # as in Blender's folder
        ("win32", ["python.exe", "bin/python3"], "python.exe"),  # as python.org installs it
    ],
)
def test_where_pythons_program_is(system: str, there: list[str], found: str | None) -> None:
    assert next((name for name in platforms.python_names((3, 11), system) if name in there), None) == found


@pytest.mark.parametrize(
    "system, variables, expected",
    [
        ("linux", {"XDG_CACHE_HOME": "/caches", "LOCALAPPDATA": "/no"}, "/caches"),
        ("win32", {"XDG_CACHE_HOME": "/no", "LOCALAPPDATA": "/caches"}, "/caches"),
        ("linux", {"XDG_CACHE_HOME": ""}, "/home/ann/.cache"),
        ("win32", {}, "/home/ann/AppData/Local"),
        ("darwin", {"XDG_CACHE_HOME": "/no", "LOCALAPPDATA": "/no"}, "/home/ann/Library/Caches"),
    ],
)
def test_where_caches_are(
    system: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ann"))
    assert platforms.cache_folder(system, variables) == Path(expected)


def test_a_name_that_is_no_text_reaches_a_library() -> None:
    here = Path.cwd()
    assert platforms.library_path(Path("-"), "win32") == str(here / "-")
    for system in ("linux", "darwin"):
        assert platforms.library_path(Path("ü-"), system) == os.fsencode(here) + "/ü-".encode()
    assert platforms.library_path(Path("a\udcff"), "linux") == os.fsencode(here) + b"/a\xff"


def test_a_variable_is_enough_where_there_is_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    for system, name in (("linux", "XDG_CACHE_HOME"), ("win32", "LOCALAPPDATA")):
        assert platforms.cache_folder(system, {name: "/caches"}) == Path("/caches")


def test_cores_and_load_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= platforms.usable_cores() <= (os.cpu_count() or 1) and platforms.processor()
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # neither Windows nor macOS
    monkeypatch.delattr(os, "getloadavg", raising=False)  # not Windows
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert platforms.usable_cores() == 1 and platforms.load_average() is None
    monkeypatch.setattr(platforms, "Path", lambda name: Path("/no/such/file"))
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert platforms.processor() == "arm64"


def test_interrupts_are_ignored() -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        platforms.ignore_interrupts()
        signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_whether_a_process_runs() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert platforms.is_running(child.pid) and platforms.is_running(os.getpid())
    child.communicate(b"\n", timeout=30)
    assert not platforms.is_running(child.pid)
    assert not platforms.is_running(0) and not platforms.is_running(-1) and not platforms.is_running(2**80)


@pytest.mark.parametrize("error, runs", [(None, True), (ProcessLookupError, False), (PermissionError, True)])
@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_a_process_of_another_user_runs(
    system: str, error: type[OSError] | None, runs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(process: int, number: int) -> None:
        assert (process, number) == (4321, 0)
        if error:
            raise error

    monkeypatch.setattr(os, "kill", kill)
    assert platforms.is_running(4321, system) is runs


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """A kernel32 that has one process, 4321. Returns the handles that were closed."""

    def install(opens: bool = True, error: int = 0, answers: bool = True, code: int = 259) -> list[Any]:
        closed: list[Any] = []
        handle = 0x7FF0_0000_0008  # wider than an int

        def OpenProcess(access: int, inherit: bool, process: int) -> int | None:
            assert (access, bool(inherit), process) == (0x1000, False, 4321)
            return handle if opens else None

        def GetExitCodeProcess(given: int, pointer: Any) -> int:
            assert given == handle
            pointer._obj.value = code
            return int(answers)

        def CloseHandle(given: int) -> int:
            closed.append(given)
            return 1

        kernel = SimpleNamespace(
            OpenProcess=OpenProcess, GetExitCodeProcess=GetExitCodeProcess, CloseHandle=CloseHandle
        )
        monkeypatch.setattr(
            ctypes,
            "WinDLL",
            lambda name, use_last_error: {"kernel32": kernel}[name] if use_last_error else None,
            raising=False,
        )
        monkeypatch.setattr(ctypes, "get_last_error", lambda: error, raising=False)
        monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("on Windows that ends the process"))
        return closed

    return install


@pytest.mark.parametrize(
    "kernel, runs, handles",
    [
        ({}, True, 1),
        ({"code": 0}, False, 1),  # ended, and its parent holds a handle
        ({"code": 0xC0000005}, False, 1),  # crashed
        ({"answers": False}, False, 1),
        ({"opens": False, "error": 87}, False, 0),  # ERROR_INVALID_PARAMETER: no such process
        ({"opens": False, "error": 5}, True, 0),  # ERROR_ACCESS_DENIED: another user's
    ],
)
def test_whether_a_process_runs_on_windows(
    windows: Callable[..., list[Any]], kernel: dict[str, Any], runs: bool, handles: int
) -> None:
    closed = windows(**kernel)
    assert platforms.is_running(4321, "win32") is runs and len(closed) == handles


def test_nothing_else_asks_which_system_it_is() -> None:
    """One module holds what can't be run everywhere, so that it can be found."""
    root = Path(platforms.__file__).parents[1]
    asks = (
        "sys.platform",
        "os.name",
        "hasattr(os",
        "hasattr(signal",
        "os.kill",
        "signal.signal",
        "CREATE_NO_WINDOW",
        "LOCALAPPDATA",
        "/proc/",
    )
    files = [file for folder in ("addon", "backend", "training") for file in (root / folder).rglob("*.py")]
    found = {
        (file.name, word)
        for file in files
        if file.name != "platforms.py"
        for word in asks
        if word in file.read_text(encoding="utf-8")
    }
    assert not found and len(files) > 100


def test_what_is_private(tmp_path: Path) -> None:
    (tmp_path / "a").touch(0o600)
    tmp_path.chmod(0o700)
    assert platforms.is_private(tmp_path / "a") and platforms.is_private(tmp_path)
    (tmp_path / "a").chmod(0o640)
    assert platforms.is_private(tmp_path / "a", "win32")  # where a mode says nothing
    if os.name == "posix":
        assert not platforms.is_private(tmp_path / "a")
