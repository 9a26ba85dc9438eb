"""No way in, no way out: what the real process opens, writes, runs, imports and logs, whatever is around it."""

import io
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import real_backend
import soundfile

from backend.__main__ import DEFAULT_MODEL
from backend.ipc import protocol
from backend.ipc.client import Client, Gone
from backend.ipc.protocol import Cancel, Cancelled, Done, Error, Generate, Hello, Reply, Shutdown
from backend.performance import Performance
from tests.soak import Soak

# Notes every audit event of a way out. What Python itself opens to read isn't one.
_WATCH = """
import os, sys
def _watch(event, arguments):
    if event == "open" and (isinstance(arguments[0], int) or not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)):
        return
    if event.startswith(_WAYS) and event not in ("os.listdir", "os.scandir", "os.putenv", "os.unsetenv"):
        os.write(_notes, ascii((event, *arguments)).encode() + b"\\n")
_WAYS = "open", "os.", "socket.", "subprocess.", "shutil.", "tempfile.", "pty.", "fcntl.", "syslog.", "urllib.", "webbrowser.", "winreg.", "_winapi."
_notes = os.open({notes!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
sys.addaudithook(_watch)
"""

pytestmark = pytest.mark.skipif(not (DEFAULT_MODEL / "model.json").exists(), reason="backend/model holds no model")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="what a process has open is only told by Linux")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the process takes for the user's home and temporary folders."""
    home = tmp_path / "home"
    home.mkdir()
    for name in (
        "HOME",
        "USERPROFILE",
        "TMPDIR",
        "TEMP",
        "TMP",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_RUNTIME_DIR",
    ):
        monkeypatch.setenv(name, str(home))
    return home


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def start(root: Path = real_backend.REPOSITORY, python: str = sys.executable) -> Client:
        clients.append(real_backend.start(tmp_path / "log", root, python))
        return clients[-1]

    yield start
    for client in clients:
        client.stop()


def _replies(client: Client, end: type[Reply]) -> list[Reply]:
    """All up to one of this kind."""
    got: list[Reply] = []
    while not got or not isinstance(got[-1], end):
        reply = client.poll(60)
        assert reply is not None and not isinstance(reply, Gone), reply
        got.append(reply)
    return got


def _all_kinds_of_jobs(client: Client) -> list[Reply]:
    """A job that is done, one that fails and one that is cancelled, and all that was answered."""
    client.send(Hello(1))
    client.send(Generate(2, str(real_backend.SPEECH), performance=Performance(count=3)))
    client.send(Generate(3, "none.wav"))
    got = _replies(client, Error)
    client.send(Generate(4, str(real_backend.SPEECH), performance=Performance(count=100)))
    time.sleep(0.2)
    client.send(Cancel(5, 4))
    return got + _replies(client, Cancelled)


def _written(client: Client) -> int:
    """Bytes that the process and its libraries have written, wherever to."""
    lines = Path(f"/proc/{client._process.pid}/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))


def _size(reply: Reply) -> int:
    pipe = io.BytesIO()
    protocol.write(pipe, reply)
    return len(pipe.getvalue())


def test_backend_opens_no_other_files(tmp_path: Path, home: Path, start: Callable[..., Client]) -> None:
    root, notes = tmp_path / 'it\'s "{0}" é', tmp_path / "notes"  # the root's name is no code
    shutil.copytree(
        real_backend.REPOSITORY / "backend", root / "backend", ignore=shutil.ignore_patterns("model", "__pycache__")
    )
    package = root / "backend" / "__init__.py"
    package.write_text(_WATCH.format(notes=str(notes)) + package.read_text())
    before = sorted(tmp_path.rglob("*"))
    client = start(root)
    replies = _all_kinds_of_jobs(client)
    log = tmp_path / "log" / "backend.log"
    if sys.platform == "linux":
        told, deadline = sum(map(_size, replies)) + notes.stat().st_size, time.monotonic() + 10
        # The log is written by this process, a moment later. No more than was told: Linux was seen to count a few bytes less.
        while _written(client) > told + log.stat().st_size:
            assert time.monotonic() < deadline, (_written(client), told, log.stat().st_size)
            time.sleep(0.01)
    client.send(Shutdown(6))
    assert isinstance(_replies_to_the_end(client), Gone)
    events = notes.read_text().splitlines()
    assert events == [], events
    assert sorted(set(tmp_path.rglob("*")) - set(before)) == [log.parent, log, notes]


def _replies_to_the_end(client: Client) -> Reply | Gone | None:
    while not isinstance(reply := client.poll(20), Gone):
        assert reply is not None
    return reply


@on_linux
def test_backend_can_write_only_its_pipes(soak: Soak, start: Callable[..., Client]) -> None:
    client = start()
    process = Path(f"/proc/{client._process.pid}")
    for n in soak.times(quick=5, long=200):
        with soak.trial("jobs during which all open files were looked at"):
            client.send(Generate(n, str(real_backend.SPEECH)))
            looks, reply = 0, None
            while not isinstance(reply, Done):
                reply = client.poll(0.005)
                assert not isinstance(reply, Error | Gone), reply
                _look(process)
                looks += 1
            assert looks > 5, n


def _look(process: Path) -> None:
    assert not any(children.read_text() for children in process.glob("task/*/children")), "it started a process"
    for handle in (process / "fd").iterdir():
        try:
            target = os.readlink(handle)
            flags = next(
                line for line in (process / "fdinfo" / handle.name).read_text().splitlines() if line.startswith("flags")
            )
        except FileNotFoundError:  # closed by now
            continue
        to_read = int(flags.split()[1], 8) & os.O_ACCMODE == os.O_RDONLY
        assert to_read or target.startswith("pipe:"), target


def _no_network() -> str:
    """Why a process can't be kept from the network here; "" where it can."""
    if not (unshare := shutil.which("unshare")):
        return "there is no unshare(1)"
    done = subprocess.run([unshare, "-rn", "true"], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


@pytest.mark.skipif(bool(_no_network()), reason=f"the network can't be taken away: {_no_network()}")
def test_backend_runs_without_network(tmp_path: Path, start: Callable[..., Client]) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {shutil.which("unshare")} -rn {sys.executable} "$@"\n')
    python.chmod(0o700)
    client = start(python=str(python))
    assert len(real_backend.take(client, Generate(1, str(real_backend.SPEECH))).curves.values)
    tables = [
        Path(f"/proc/{client._process.pid}/net/{name}")
        for name in ("dev", "tcp", "tcp6", "udp", "udp6", "raw", "unix", "packet")
    ]
    lines = {table.name: table.read_text().splitlines() for table in tables if table.exists()}
    assert [line.split()[0] for line in lines.pop("dev")[2:]] == ["lo:"]
    assert lines and all(len(table) == 1 for table in lines.values()), (
        lines
    )  # only a heading: nobody in there has a socket


def test_imports_ignore_the_surroundings(
    tmp_path: Path, home: Path, start: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    sprung = tmp_path / "sprung"
    trap = f"open({str(sprung)!r}, 'a').write(__file__)\nraise SystemExit('trapped')\n"
    user = home / ".local/lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    sounds, traps, log = tmp_path / "sounds", tmp_path / "traps", tmp_path / "log"
    modules = (
        "numpy",
        "soundfile",
        "soxr",
        "onnxruntime",
        "json",
        "argparse",
        "sitecustomize",
        "usercustomize",
        "backend",
        "trap",
    )
    for folder in (user, sounds, traps, log):
        folder.mkdir(parents=True)
        for module in modules:
            (folder / f"{module}.py").write_text(trap)
        (folder / "trap.pth").write_text("import trap\n")
    variables: dict[str, str | Path] = {
        "PYTHONPATH": traps,
        "PYTHONSTARTUP": traps / "trap.py",
        "PYTHONHOME": traps,
        "PYTHONUSERBASE": home / ".local",
    }
    variables |= {
        "PYTHONINSPECT": "1",
        "PYTHONBREAKPOINT": "trap.trap",
        "PYTHONWARNINGS": "error::trap.Trap",
        "PYTHONPLATLIBDIR": traps,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(sounds)
    sound = shutil.copy(real_backend.SPEECH, sounds)
    client = start()
    assert len(real_backend.take(client, Generate(1, str(sound))).curves.values)
    client.stop()
    assert not sprung.exists(), sprung.read_text()


# The last three are what libmpg123 and libsndfile say of broken files: bytes of headers at most.
_KNOWN = re.compile(
    r"""\d{4}-\d\d-\d\d\ \d\d:\d\d:\d\d,\d{3}\ INFO\ (
        Backend\ [\d.]+,\ Python\ [\d.]+,\ process\ \d+
        | Job\ \d+:\ \d+\ takes\ in\ [\d.]+\ s
        | Job\ \d+\ cancelled
        | Job\ \d+\ failed\ \((audio|request)\):\ [^\n]{1,500}
    )
    | (Note|Warning):\ [\w ,/%.!-]{1,200}
    | \[src/libmpg123/\w+\.c:\w+\(\):\d+\]\ error:\ .{1,200}
    | alac_pakt_read_decode.{1,100}
    """,
    re.VERBOSE,
)


def test_log_contains_no_audio(tmp_path: Path, start: Callable[..., Client]) -> None:
    client = start()
    _all_kinds_of_jobs(client)
    speech, _ = soundfile.read(real_backend.SPEECH)
    for number, (name, subtype) in enumerate(
        [("SDS", "PCM_16"), ("MP3", "MPEG_LAYER_III"), ("CAF", "ALAC_16"), ("FLAC", "PCM_16")]
    ):
        for cut in (0, 500, 5000):
            sound = tmp_path / f"{number}_{cut}"
            soundfile.write(sound, speech, 16000, format=name, subtype=subtype)
            data = bytearray(sound.read_bytes())
            del data[cut : cut + 10 * bool(cut)]
            sound.write_bytes(data)
            real_backend.answer(client, Generate(100 + 10 * number + cut, str(sound)))
    client.stop()
    log = (tmp_path / "log" / "backend.log").read_text().splitlines()
    strange = [line for line in log if not _KNOWN.fullmatch(line)]
    assert not strange, strange[:10]
    assert len(log) < 100
    assert len("".join(log)) < 20_000
