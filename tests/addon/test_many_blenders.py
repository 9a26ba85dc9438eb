"""Several Blenders, some killed during a job: no process and no file is left, and takes aren't mixed up."""

import os
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import another_blender
import bpy
import pytest
from helpers import part
from running_job import KINDS, begin, made, stage, take_back

from tests.soak import Soak

pytestmark = [
    pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="needs a Blender with sound"),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc, to find a process's children"),
]


@pytest.fixture
def temporary(extension: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Set a temporary folder for this Blender and others."""
    backend = part("addon.generation.backend_process").process
    backend.close()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    yield tmp_path
    backend.close()


def _folders(temporary: Path) -> list[str]:
    return sorted(path.name for path in temporary.glob("diffusion_talker_*"))


def _children(parent: int) -> list[int]:
    """List the running children of a process."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, its_parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # ended meanwhile
            continue
        if int(its_parent) == parent and state != "Z":
            found.append(int(stat.parent.name))
    return found


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_for_end(processes: list[int], seconds: float) -> list[int]:
    """Return the processes that still run after some seconds."""
    deadline = time.monotonic() + seconds
    while (left := [process for process in processes if _runs(process)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def test_blender_killed_during_job(soak: Soak, temporary: Path) -> None:
    stage()
    for n in soak.times(quick=1, long=30):
        with soak.trial("Blender killed (SIGKILL) at a random moment of its jobs"):
            blender = another_blender.start("generate")
            another_blender.read_line(blender)
            time.sleep(random.Random(n).uniform(0.0, 2.0))
            children = _children(blender.pid)
            blender.kill()
            blender.wait()
            blender.stdout.close()
            assert children and not _wait_for_end(children, 5.0), n
            left = [name for name in _folders(temporary) if name.startswith(f"diffusion_talker_{blender.pid}_")]
            assert len(left) == 1, left
            part("addon.generation.backend_process").process.close()
            assert bpy.ops.lipsync.generate() == {"FINISHED"}
            (ours,) = _folders(temporary)
            assert ours.startswith(f"diffusion_talker_{os.getpid()}_")
            take_back()


def test_two_blenders_at_once(soak: Soak, temporary: Path) -> None:
    expected = {}
    stage()
    for kind in KINDS:
        running = begin(kind)
        assert running.finish() == {"FINISHED"}
        expected[kind] = made()
        take_back()
    times = len(soak.times(quick=1, long=20))
    both = [another_blender.start("generate", times) for _ in range(2)]
    for _ in range(times):
        with soak.trial("jobs of every kind in three Blenders at once", tries=2 * len(KINDS)):
            for _ in KINDS:
                replies = [another_blender.read_line(blender) for blender in both]
                for blender, each in zip(both, replies, strict=True):
                    assert _same(each["made"], expected[each["kind"]])
                    assert each["folder"].startswith(f"diffusion_talker_{blender.pid}_") and each["there"]
                assert part("addon.generation.backend_process").process.folder().name in _folders(temporary)
    for blender in both:
        assert another_blender.read_line(blender) == {"ended": True}
        blender.wait()
    assert _folders(temporary) == [part("addon.generation.backend_process").process.folder().name]


def _same(reply: object, expected: object) -> bool:
    """Return a value as it is after JSON, which has no tuples."""
    if isinstance(reply, list) and isinstance(expected, (list, tuple)):
        return len(reply) == len(expected) and all(map(_same, reply, expected))
    return reply == expected


def test_other_users_folders_stay(temporary: Path, tmp_path: Path) -> None:
    """Folders of running Blenders, other users' folders, links, and folders that only look like the add-on's."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    dead, alive = ended.pid, os.getppid()
    names = [
        f"diffusion_talker_{alive}_x",
        "diffusion_talker_x",
        "diffusion_talker_12x_y",
        f"diffusion_{dead}_x",
        f"diffusion_talker_{dead}_theirs",
    ]
    for name in [*names, f"diffusion_talker_{dead}_x"]:
        (temporary / name).mkdir(0o700)
    (temporary / f"diffusion_talker_{dead}_file").touch()
    target = temporary / "target"
    target.mkdir()
    (target / "file").touch()
    (temporary / f"diffusion_talker_{dead}_link").symlink_to(target)
    if os.getuid() == 0:
        os.chown(temporary / f"diffusion_talker_{dead}_theirs", 12345, 12345)
    else:
        names.remove(f"diffusion_talker_{dead}_theirs")
        (temporary / f"diffusion_talker_{dead}_theirs").rmdir()
    own = part("addon.generation.backend_process").process.folder()
    assert {*names, "target", f"diffusion_talker_{dead}_link", f"diffusion_talker_{dead}_file"} == {
        path.name for path in temporary.iterdir() if path != own
    }
    assert (target / "file").exists() and own.stat().st_mode & 0o777 == 0o700
