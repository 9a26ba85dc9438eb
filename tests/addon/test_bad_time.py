"""Kills, pauses, cancels and clock jumps during a job: the scene stays as it was, one sentence says why, and the next job works."""

import contextlib
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import pytest
from file_snapshot import Contents, contents, differences
from helpers import part
from running_job import KINDS, MINE, begin, made, stage, take_back, temporary

from tests.soak import Soak

pytestmark = pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="needs a Blender with sound")

STAGES = ("Starting", "Reading sound", "Listening", "Performing", "Restarting")
KILLED, SILENT, CANCELLED = "killed by signal 9", "The backend was silent for", "Canceled"


@pytest.fixture
def backend(extension: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the backend process, with a short restart delay."""
    monkeypatch.setattr(part("addon.generation.backend_process"), "_RESTART_DELAY", 0.05)
    return part("addon.generation.backend_process").process


@pytest.fixture
def staged(backend: Any) -> Contents:
    stage()
    return contents()


@pytest.fixture(scope="module")
def expected(extension: Path) -> dict[str, list[Any]]:
    """Return kind of job -> the takes that it makes undisturbed."""
    stage()
    return {kind: _undisturbed(kind) for kind in KINDS}


def _undisturbed(kind: str) -> list[Any]:
    running = begin(kind)
    assert running.finish() == {"FINISHED"}, running.reports
    takes = made()
    take_back()
    assert takes
    return takes


def _current() -> Any:
    return part("addon.generation.current_job").current


def _process(backend: Any) -> "subprocess.Popen[bytes] | None":
    return backend._client._process if backend._client else None


def _check(running: Any, staged: Contents, expected: dict[str, list[Any]], why: str = "") -> None:
    """Check the outcome of a job: all of it or nothing with one sentence why, nothing left over, and the next job works."""
    changed = differences(staged, contents())
    assert ("actions", MINE) not in changed and len(running.reports) == 1, running.reports
    if running.state == {"FINISHED"} and not (why and why in running.reports[0]):
        assert made() == expected[running.kind]
    elif running.state == {"FINISHED"}:  # what a batch has done
        assert running.kind == "a batch" and 0 < len(made()) < 2 and made()[0] in expected[running.kind]
    else:
        assert running.state == {"CANCELLED"} and not changed and why and why in running.reports[0], (
            changed,
            running.reports,
        )
    assert part("addon.generation.current_job").current.job is None and not temporary()
    take_back()
    assert not differences(staged, contents())
    assert _undisturbed("a take") == expected["a take"]


@contextlib.contextmanager
def _after(delay: float, do: Callable[[], object]) -> Iterator[None]:
    """Run an action after some seconds, during the block. It has run when the block ends."""
    timer = threading.Timer(delay, do)
    timer.start()
    yield
    timer.join()


def _kind(n: int) -> str:
    return [*KINDS][n % len(KINDS)]


def _moment(n: int, backend: Any) -> float:
    """Return random seconds between the start and the end of a job. For every second job the backend must start first."""
    is_cold = n // len(KINDS) % 2
    if is_cold:
        backend.restart()
    return random.Random(n).uniform(0.0, 0.8 if is_cold else 0.4)


def _begun(n: int, backend: Any) -> Any:
    """Start a job and pump it up to a random moment."""
    moment = time.monotonic() + _moment(n, backend)
    running = begin(_kind(n))
    while running.runs and time.monotonic() < moment:
        running.pump()
    return running


def test_backend_killed_during_job(soak: Soak, backend: Any, staged: Contents, expected: dict[str, list[Any]]) -> None:
    def kill() -> None:
        if process := _process(backend):
            process.kill()
            process.wait()

    for n in soak.times(quick=6, long=100):
        with soak.trial("backend killed (SIGKILL) at a random moment of a job"):
            moment = _moment(n, backend)
            running = begin(_kind(n))
            with _after(moment, kill):
                running.finish()
            _check(running, staged, expected, KILLED)


def test_backend_paused_during_job(soak: Soak, backend: Any, staged: Contents, expected: dict[str, list[Any]]) -> None:
    def stop(seconds: float) -> None:
        if process := _process(backend):
            process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            process.send_signal(signal.SIGCONT)

    for n in soak.times(quick=5, long=100):
        with soak.trial("backend stopped (SIGSTOP, SIGCONT) at a random moment of a job"):
            moment = _moment(n, backend)
            running = begin(_kind(n))
            with _after(moment, partial(stop, random.Random(-n).uniform(0.02, 0.3))):
                running.finish()
            assert running.state == {"FINISHED"}, (n, running.reports)
            _check(running, staged, expected)


def test_backend_paused_for_good(
    soak: Soak, backend: Any, staged: Contents, expected: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part("backend.ipc.client"), "_SILENCE_TIMEOUT", 1.0)  # 20 s of an artist's
    monkeypatch.setattr(part("backend.ipc.client"), "_START_TIMEOUT", 3.0)  # and 60 s
    silences = 0
    for n in soak.times(quick=2, long=20):
        with soak.trial("backend stopped (SIGSTOP) at a random moment of a job, for good"):
            moment = _moment(n, backend)
            running = begin(_kind(n))
            stopped: list[Any] = []

            def stop_for_good(stopped: list[Any] = stopped) -> None:
                if process := _process(backend):
                    process.send_signal(signal.SIGSTOP)
                    stopped.append(process)

            with _after(moment, stop_for_good):
                running.finish()
            for process in stopped:  # where that was after the end
                process.send_signal(signal.SIGCONT)
            _check(running, staged, expected, SILENT)
            silences += SILENT in running.reports[0]
    assert silences


def test_cancel_while_backend_is_paused(
    soak: Soak, backend: Any, staged: Contents, expected: dict[str, list[Any]]
) -> None:
    for n in soak.times(quick=5, long=50):
        with soak.trial("canceled while the backend is stopped"):
            running = _begun(n, backend)
            process = _process(backend)
            if running.runs and process:
                process.send_signal(signal.SIGSTOP)
            try:
                if running.runs:
                    began = time.monotonic()
                    _current().job.cancel()
                    running.finish()
                    assert time.monotonic() - began < 0.5, n
            finally:
                if process:
                    process.send_signal(signal.SIGCONT)
            _check(running, staged, expected, CANCELLED)


def test_cancel_at_every_stage(
    soak: Soak, backend: Any, staged: Contents, expected: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        part("addon.generation.job"), "_PUMP_SECONDS", 0.0
    )  # one reply a pump, so that no stage is passed over
    for n in soak.times(quick=len(STAGES), long=len(STAGES) * len(KINDS)):
        kind, stage_name = _kind(n), STAGES[(n + n // len(KINDS)) % len(STAGES)]
        with soak.trial("canceled at every stage of a job of every kind"):
            if stage_name == "Restarting":
                backend.restart()
                backend._started = time.monotonic() + 3600.0
            running = begin(kind)
            while running.runs and (
                stage_name not in str(_current().job.stage) or (stage_name == "Starting" and not _process(backend))
            ):
                running.pump()
            assert running.runs, stage_name
            _current().job.cancel()
            backend._started = float("-inf")
            running.finish()
            assert running.state == {"CANCELLED"}
            _check(running, staged, expected, CANCELLED)


def test_cancel_at_random_moments(soak: Soak, backend: Any, staged: Contents, expected: dict[str, list[Any]]) -> None:
    for n in soak.times(quick=5, long=100):
        with soak.trial("canceled at a random moment of a job"):
            running = _begun(n, backend)
            if running.runs:
                _current().job.cancel()
                running.finish()
            _check(running, staged, expected, CANCELLED)


def test_cancel_after_last_take(backend: Any, staged: Contents, expected: dict[str, list[Any]]) -> None:
    generate = part("addon.operators.generate")
    for kind, make in KINDS.items():
        job = make(generate)
        while not job.pump(0.1):
            pass
        job.cancel()
        take_back()  # of the packed sound
        assert not differences(staged, contents()) and not temporary(), kind
    assert _undisturbed("a take") == expected["a take"]


def test_clock_jumps_during_job(
    soak: Soak, backend: Any, staged: Contents, expected: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop sleeps: the child pauses too, nobody pumps, and afterwards clocks show a later day or an earlier one."""
    clock = SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=time.sleep)
    for module in (
        "addon.generation.job",
        "addon.generation.batch_job",
        "addon.generation.backend_process",
        "backend.ipc.client",
    ):
        monkeypatch.setattr(part(module), "time", clock)
    slept = [0.0, 0.0]
    clock.time, clock.monotonic = lambda: time.time() + slept[0], lambda: time.monotonic() + slept[1]
    for n in soak.times(quick=5, long=50):
        with soak.trial("slept and woke, clocks jumped, at a random moment of a job"):
            chance, moment = random.Random(-n), time.monotonic() + _moment(n, backend)
            running = begin(_kind(n))
            while running.runs and time.monotonic() < moment:
                running.pump()
            process = _process(backend)
            if process:
                process.send_signal(signal.SIGSTOP)
            time.sleep(chance.uniform(0.0, 0.2))
            slept[0] += chance.choice([-3e6, 3600.0, 1e5, 3e6])
            slept[1] += chance.choice([0.0, 3600.0, 1e5])  # Windows counts what it slept through, the others don't
            if process:
                process.send_signal(signal.SIGCONT)
            running.finish()
            assert running.state == {"FINISHED"}, (n, running.reports)
            _check(running, staged, expected)
