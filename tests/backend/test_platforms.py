"""Differences between systems. Windows' and macOS' branches are simulated, so that they run anywhere."""

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
def test_only_windows_gets_creation_flags(system: str, flags: int) -> None:
    assert platforms.child_flags(system) == flags
    if sys.platform == system:
        assert flags == getattr(subprocess, "CREATE_NO_WINDOW", 0)


@pytest.mark.parametrize(
    "system, existing, expected",
    [
        ("linux", ["bin/python3.11", "bin/python3"], "bin/python3.11"),
        ("darwin", ["bin/python3", "bin/python"], "bin/python3"),
        ("linux", ["bin/python3.13", "python.exe"], None),
        ("win32", ["bin/python.exe", "python.exe"], "bin/python.exe"),  # as in Blender's folder
        ("win32", ["python.exe", "bin/python3"], "python.exe"),  # as python.org installs it
    ],
)
def test_finds_python_in_its_folder(system: str, existing: list[str], expected: str | None) -> None:
    assert next((name for name in platforms.python_names((3, 11), system) if name in existing), None) == expected


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
def test_cache_folder_follows_each_system(
    system: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ann"))
    assert platforms.cache_folder(system, variables) == Path(expected)


def test_undecodable_file_name_reaches_library() -> None:
    here = Path.cwd()
    assert platforms.library_path(Path("-"), "win32") == str(here / "-")
    for system in ("linux", "darwin"):
        assert platforms.library_path(Path("ü-"), system) == os.fsencode(here) + "/ü-".encode()
    assert platforms.library_path(Path("a\udcff"), "linux") == os.fsencode(here) + b"/a\xff"


def test_cache_variable_replaces_missing_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    for system, name in (("linux", "XDG_CACHE_HOME"), ("win32", "LOCALAPPDATA")):
        assert platforms.cache_folder(system, {name: "/caches"}) == Path("/caches")


def test_cores_and_load_without_system_support(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= platforms.usable_cores() <= (os.cpu_count() or 1)
    assert platforms.processor()
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # missing on Windows and macOS
    monkeypatch.delattr(os, "getloadavg", raising=False)  # missing on Windows
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert platforms.usable_cores() == 1
    assert platforms.load_average() is None
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


def test_ended_process_is_not_running() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert platforms.is_running(child.pid)
    assert platforms.is_running(os.getpid())
    child.communicate(b"\n", timeout=30)
    assert not platforms.is_running(child.pid)
    assert not platforms.is_running(0)
    assert not platforms.is_running(-1)
    assert not platforms.is_running(2**80)


@pytest.mark.parametrize("error, runs", [(None, True), (ProcessLookupError, False), (PermissionError, True)])
@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_foreign_process_counts_as_running(
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
    """Simulate a kernel32 with one process, 4321. Calling the fixture returns the list of closed handles."""

    def install(opens: bool = True, error: int = 0, has_code: bool = True, code: int = 259) -> list[Any]:
        closed: list[Any] = []
        handle = 0x7FF0_0000_0008  # wider than an int

        def OpenProcess(access: int, inherit: bool, process: int) -> int | None:
            assert (access, bool(inherit), process) == (0x1000, False, 4321)
            return handle if opens else None

        def GetExitCodeProcess(given: int, pointer: Any) -> int:
            assert given == handle
            pointer._obj.value = code
            return int(has_code)

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
        ({"code": 0}, False, 1),  # ended, but its parent holds a handle
        ({"code": 0xC0000005}, False, 1),  # crashed
        ({"has_code": False}, False, 1),
        ({"opens": False, "error": 87}, False, 0),  # ERROR_INVALID_PARAMETER: no such process
        ({"opens": False, "error": 5}, True, 0),  # ERROR_ACCESS_DENIED: another user's
    ],
)
def test_is_running_on_windows(
    windows: Callable[..., list[Any]], kernel: dict[str, Any], runs: bool, handles: int
) -> None:
    closed = windows(**kernel)
    assert platforms.is_running(4321, "win32") is runs
    assert len(closed) == handles


def test_only_platforms_module_checks_the_system() -> None:
    """Code that depends on the system is kept in one module."""
    root = Path(platforms.__file__).parents[1]
    system_checks = (
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
        for word in system_checks
        if word in file.read_text(encoding="utf-8")
    }
    assert not found
    assert len(files) > 100


def test_private_file_excludes_other_users(tmp_path: Path) -> None:
    (tmp_path / "a").touch(0o600)
    tmp_path.chmod(0o700)
    assert platforms.is_private(tmp_path / "a")
    assert platforms.is_private(tmp_path)
    (tmp_path / "a").chmod(0o640)
    assert platforms.is_private(tmp_path / "a", "win32")  # modes mean nothing there
    if os.name == "posix":
        assert not platforms.is_private(tmp_path / "a")
