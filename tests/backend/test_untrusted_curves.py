"""Files of curves, scripts and manifests from strangers: a typed error in one sentence or a result, in bounded time and memory."""

import io
import json
import os
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.arkit import CHANNELS
from backend.batch.lines import BadLine, Line, LinesError, read_lines
from backend.batch.manifest import NAME, add, open_manifest, read_manifest
from backend.batch.work import Result
from backend.curve_files import read, write
from backend.curves.base import Curves, CurvesError
from tests.mutations import mutated
from tests.soak import Soak

BOUND = 5.0  # s
ROOT = Path(__file__).parents[2]
TAKE = Curves(CHANNELS, np.linspace(0, 1, 40 * 52, dtype=np.float32).reshape(40, 52), 30.0, 1.5)


def _beat(path: Path) -> None:
    write(path, TAKE)


def _bare(path: Path) -> None:
    path.write_text(json.dumps({"names": CHANNELS, "fps": 25, "start": 1.5, "frames": TAKE.values.round(3).tolist()}))


def _audio2face(path: Path) -> None:
    path.write_text(json.dumps({"exportFps": 60.0, "facsNames": CHANNELS, "weightMat": TAKE.values.round(3).tolist()}))


def _stored(path: Path) -> None:
    np.savez(
        path, names=np.array(TAKE.names), values=TAKE.values, fps=30.0, start=0.0
    )  # not packed, so that what is inside is hit too


GOOD: dict[str, tuple[str, Callable[[Path], None]]] = {
    "LiveLinkFace csv": (".csv", _beat),
    "BEAT json": (".json", _beat),
    "json of bare frames": (".json", _bare),
    "Audio2Face json": (".json", _audio2face),
    "npz": (".npz", _beat),
    "npz, not packed": (".npz", _stored),
}


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@pytest.mark.parametrize("form", GOOD)
def test_mutated_curves_are_read_or_rejected(form: str, soak: Soak, tmp_path: Path) -> None:
    suffix, make = GOOD[form]
    path = tmp_path / f"take{suffix}"
    make(path)
    content = path.read_bytes()
    assert len(read(path).values) == 40
    for n in soak.times(quick=60, long=1500):
        with soak.trial(f"mutated files of curves: {form}"):
            path.write_bytes(mutated(content, np.random.default_rng(n)))
            began = time.monotonic()
            try:
                take = read(path)
                assert (
                    np.isfinite(take.values).all()
                    and take.values.shape[1] == len(take.names)
                    and take.values.nbytes < 1 << 28
                ), n
                assert (
                    0 <= take.values.min()
                    and take.values.max() <= 1
                    and 0 < take.fps <= 1000
                    and abs(take.start) < 1e10
                ), n
            except CurvesError as error:
                assert not str(error).endswith("."), n
            except Exception as error:
                raise AssertionError(f"seed {n}") from error
            assert time.monotonic() - began < BOUND, n


SCRIPT = {
    ".csv": "file,start,end,identity,intensity,seed,count,fps,character,frame\na.wav,0.5,3,Ada,1.5,7,2,24,Hero,10\nb.wav,,,,,,,,,\n",
    ".jsonl": '{"file": "a.wav", "start": 0.5, "count": 2, "frame": 10}\n{"file": "b.wav", "identity": "Ada", "character": "Hero"}\n',
}


@pytest.mark.parametrize("suffix", SCRIPT)
def test_mutated_scripts_are_read_or_rejected(suffix: str, soak: Soak, tmp_path: Path) -> None:
    path = tmp_path / f"script{suffix}"
    for n in soak.times(quick=60, long=1500):
        with soak.trial(f"mutated scripts of a batch: {suffix}"):
            path.write_bytes(mutated(SCRIPT[suffix].encode(), np.random.default_rng(n)))
            try:
                lines = read_lines(path)
                assert all(isinstance(line, Line | BadLine) and ".." not in Path(line.name).parts for line in lines), n
            except LinesError as error:
                assert not str(error).endswith("."), n
            except Exception as error:
                raise AssertionError(f"seed {n}") from error


def test_mutated_manifests_are_read_or_skipped(soak: Soak, tmp_path: Path) -> None:
    with open_manifest(tmp_path) as manifest:
        for name in ("a", "b", "c"):
            add(
                manifest,
                Result(
                    name,
                    "key",
                    f"{name}.wav",
                    (f"{name}.csv",),
                    "Ada",
                    "anger",
                    (1,),
                    "aa",
                    "bb",
                    40,
                    1.5,
                    0.1,
                    "Hero",
                    10,
                ),
            )
    content = (tmp_path / NAME).read_bytes()
    assert read_manifest(tmp_path).keys() == {"a", "b", "c"}
    for n in soak.times(quick=60, long=1500):
        with soak.trial("mutated manifests of a batch"):
            (tmp_path / NAME).write_bytes(mutated(content, np.random.default_rng(n)))
            try:
                results = read_manifest(tmp_path)
                for name, result in results.items():
                    assert (
                        name == result.name
                        and all(isinstance(file, str) for file in result.outputs)
                        and isinstance(result.seconds, int | float)
                    ), n
            except Exception as error:
                raise AssertionError(f"seed {n}") from error


def _limited(code: str, path: Path) -> str:
    """What a Python of two GB, and no more, says of a file."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\nfrom pathlib import Path\npath = Path(sys.argv[1])\n{code}", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30)),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


READ = """
from backend.curve_files import read
from backend.curves.base import CurvesError
try:
    read(path)
except CurvesError as error:
    print(error)
"""


def _npz(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)


def _npy(array: np.ndarray, claims: str = "") -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=True)
    told = file.getvalue()
    return told.replace(str(array.shape).encode().ljust(len(claims)), claims.encode(), 1) if claims else told


def _unpacks(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("values.npy", "w", force_zip64=True) as member,
    ):
        np.lib.format.write_array_header_1_0(member, {"descr": "<f4", "fortran_order": False, "shape": (17 << 24, 1)})
        for _ in range(17):
            member.write(bytes(1 << 26))


def _claims(path: Path) -> None:
    values = _npy(np.zeros((4, 1), np.float32)).replace(b"(4, 1), }" + b" " * 12, b"(4000000000000, 1), }", 1)
    assert b"4000000000000" in values
    _npz(path, names=_npy(np.array(["jawOpen"])), values=values, fps=_npy(np.array(30.0)))


class Payload:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("RAN",)


def _objects(path: Path) -> None:
    objects = np.empty((2, 1), object)
    objects[:] = Payload()
    _npz(path, names=_npy(np.array(["jawOpen"])), values=_npy(objects), fps=_npy(np.array(30.0)))


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 10 << 30)


BOMBS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "ten million brackets": (".json", lambda path: path.write_bytes(b"[" * 10**7)),
    "ten million lists": (".json", lambda path: path.write_bytes(b'{"names": [' + b"[]," * 10**7 + b"[]]}")),
    "a line of 100 MB": (".csv", lambda path: path.write_bytes(b"Timecode,JawOpen\n" + b"0," * (50 << 20))),
    "a first line of 100 MB": (".csv", lambda path: path.write_bytes(b"," * (100 << 20))),
    "two frames a century apart": (".json", lambda path: path.write_text(json.dumps({
        "names": ["jawOpen"], "fps": 60, "frames": [{"weights": [0], "time": 0}, {"weights": [1], "time": 3e9}, {"weights": [1], "time": 1}]}))),
    "two frames half a day apart": (".csv", lambda path: path.write_text("Timecode,JawOpen\n00:00:00:00,0\n12:00:00:00,1\n")),
    "a billion frames a second": (".json", lambda path: path.write_text('{"names": ["jawOpen"], "fps": 1e9, "start": 0, "frames": [[0], [1]]}')),
    "more than a gigabyte unpacked": (".npz", _unpacks),
    "an array that claims sixteen terabytes": (".npz", _claims),
    "an array of objects": (".npz", _objects),
    "a file of ten gigabytes": (".json", _sparse),
}  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
@pytest.mark.parametrize("bomb", BOMBS)
def test_decompression_bombs_are_rejected_at_once(bomb: str, tmp_path: Path) -> None:
    suffix, make = BOMBS[bomb]
    path = tmp_path / f"bomb{suffix}"
    make(path)
    began = time.monotonic()
    told = _limited(READ, path)
    assert told.count("\n") == 1 and "RAN" not in told and "MemoryError" not in told, told
    assert time.monotonic() - began < 2 * BOUND


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_endless_script_line_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "script.csv"
    path.write_bytes(b"file\n" + b"a," * (50 << 20))
    code = "from backend.batch.lines import read_lines, LinesError\ntry:\n    read_lines(path)\nexcept LinesError as error:\n    print(error)"
    assert "a line has more than 1048576 letters" in _limited(code, path)
