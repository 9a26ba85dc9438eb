"""Data sets from strangers: a typed error in one sentence or a result, in bounded time and memory, and nothing in them is ever run."""

import ast
import io
import json
import os
import pickle
import pickletools
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from backend.arkit import CHANNELS
from tests.mutations import mutated
from tests.soak import Soak
from training.data.basis import BasisError, read_basis
from training.data.beat import BeatError, read_track
from training.data.livelink_takes import find_captures
from training.data.pickles import PickleError, load_pickle
from training.data.textgrid import TextGridError, read_text_grid, spoken_share
from training.data.vocaset import VocasetError, _meshes, _sound, open_vocaset

ROOT = Path(__file__).parents[2]
BOUND = 5.0  # s


def _beat(path: Path) -> None:
    frames = [{"weights": [0.25] * len(CHANNELS), "time": k / 60, "rotation": [0, 0, 0]} for k in range(20)]
    path.write_text(json.dumps({"names": list(CHANNELS), "frames": frames}))


def _text_grid(path: Path) -> None:
    intervals = "".join(f'{k / 10}\n{k / 10 + 0.1}\n"AA{k}"\n' for k in range(20))
    path.write_text(
        f'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n2\n<exists>\n1\n"IntervalTier"\n"phones"\n0\n2\n20\n{intervals}'
    )


def _takes(path: Path) -> None:
    (path.parent / "a.csv").write_text("Timecode,JawOpen\n")
    soundfile.write(path.with_name("a.wav"), np.zeros(100), 16000)
    path.write_text("file,emotion,identity\na.csv,anger,Ada\n")


def _basis(path: Path) -> None:
    deltas, neutral = np.ones((2, 5, 3)), np.arange(15.0).reshape(5, 3)
    np.savez(path, names=np.array(["jawOpen", "eyeBlinkLeft"]), deltas=deltas, neutral=neutral)


def _obj(path: Path) -> None:
    for name in ("neutral", "jawOpen"):
        path.with_name(f"{name}.obj").write_text(
            "".join(f"v {k} {k + 1} {len(name)}\n" for k in range(5)) + "f 1 2 3\n"
        )


def _read_obj(path: Path) -> None:
    read_basis(path.parent)


def _read_grid(path: Path) -> None:
    spoken_share(read_text_grid(path))


def _read_takes(path: Path) -> None:
    find_captures(path.parent)


Format = tuple[str, Callable[[Path], None], Callable[[Path], Any], type[ValueError]]
FORMATS: dict[str, Format] = {
    "BEAT json": ("a.json", _beat, read_track, BeatError),
    "TextGrid": ("a.TextGrid", _text_grid, _read_grid, TextGridError),
    "LiveLinkFace takes.csv": ("takes.csv", _takes, _read_takes, ValueError),
    "basis npz": ("basis.npz", _basis, read_basis, BasisError),
    "basis obj": ("jawOpen.obj", _obj, _read_obj, BasisError),
}


@pytest.mark.filterwarnings("ignore:overflow encountered in cast", "ignore:invalid value")
@pytest.mark.parametrize("form", FORMATS)
def test_mutated_recordings_raise_known_errors(form: str, soak: Soak, tmp_path: Path) -> None:
    name, make, read, refusal = FORMATS[form]
    path = tmp_path / name
    make(path)
    read(path)
    content = path.read_bytes()
    for n in soak.times(quick=60, long=1500):
        with soak.trial(f"mutated data: {form}"):
            path.write_bytes(mutated(content, np.random.default_rng(n)))
            began = time.monotonic()
            try:
                read(path)
            except refusal as error:
                assert type(error) is not UnicodeEncodeError and str(error), n
            except Exception as error:
                raise AssertionError(f"seed {n}") from error
            assert time.monotonic() - began < BOUND, n


# ---- VOCASET


@pytest.fixture
def vocaset(tmp_path: Path) -> Path:
    """Its four files, of one short sequence."""
    np.save(tmp_path / "data_verts.npy", np.random.default_rng(0).random((4, 5, 3), np.float32))
    sound = {"audio": np.arange(400, dtype=np.int16), "sample_rate": 22000}
    for name, content in (
        ("raw_audio_fixed.pkl", {"Ada": {"one": sound}}),
        ("templates.pkl", {"Ada": np.zeros((5, 3))}),
        ("subj_seq_to_idx.pkl", {"Ada": {"one": {0: 0, 1: 1, 2: 2}}}),
    ):
        (tmp_path / name).write_bytes(pickle.dumps(content, protocol=2))
    return tmp_path


def _read_vocaset(folder: Path) -> None:
    data = open_vocaset(folder)
    for subject, sequences in data.index.items():
        for sequence, rows in sequences.items():
            _meshes(data.vertices, rows)
            _sound(data.sounds, subject, sequence)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["data_verts.npy", "raw_audio_fixed.pkl", "templates.pkl", "subj_seq_to_idx.pkl"])
def test_mutated_vocaset_raises_known_errors(name: str, soak: Soak, vocaset: Path) -> None:
    _read_vocaset(vocaset)
    content = (vocaset / name).read_bytes()
    for n in soak.times(quick=60, long=1500):
        with soak.trial(f"mutated VOCASET: {name}"):
            (vocaset / name).write_bytes(mutated(content, np.random.default_rng(n)))
            began = time.monotonic()
            try:
                _read_vocaset(vocaset)
            except (VocasetError, PickleError):
                pass
            except Exception as error:
                raise AssertionError(f"seed {n}") from error
            assert time.monotonic() - began < BOUND, n


class _Calls:
    """Pickles itself as a call."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._call = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self._call


def _malice(mark: Path) -> dict[str, bytes]:
    touch = f"touch {mark}"
    run = f"__import__('os').system({touch!r})"
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
    kind = b"cnumpy\ndtype\n(S'f8'\nI0\nI1\ntR"
    laughs = b"(lp0\n" + b"".join(b"(lp%d\ng%d\nag%d\nag%d\nag%d\na" % (k + 1, k, k, k, k) for k in range(60)) + b"."
    known = b"cnumpy.core.multiarray\n_reconstruct\n"
    return {
        "os.system": pickle.dumps(_Calls(os.system, touch)),
        "eval": pickle.dumps(_Calls(eval, run)),
        "exec": pickle.dumps(_Calls(exec, run)),
        "open": pickle.dumps(_Calls(open, str(mark), "w")),
        "getattr": pickle.dumps(_Calls(getattr, (), "count")),
        "in an array": pickle.dumps(np.array([_Calls(os.system, touch)], object)),
        "instance": b"(S'" + touch.encode() + b"'\nios\nsystem\n.",
        "object": b"(cos\nsystem\nS'" + touch.encode() + b"'\no.",
        "stack global": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c" + bytes([len(touch)]) + touch.encode() + b"\x85R.",
        "dotted": b"\x80\x04\x8c\x05numpy\x8c\x0bdtype.names\x93.",
        "extension": b"\x80\x02\x82\x01.",
        "persistent": b"P1\n.",
        "attributes of a function": known + b"(N(dS'__defaults__'\nN" + b"stb.",
        "huge claimed array": array + b"(I1\n(I1000000000000\nt" + kind + b"I00\nS'x'\ntb.",
        "negative shape": array + b"(I1\n(I-1\nI-1\nt" + kind + b"I00\nS'12345678'\ntb.",
        "huge claimed bytes": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 50) + b"x.",
        "huge claimed bytearray": b"\x80\x05\x96" + struct.pack("<Q", 1 << 50) + b"x.",
        "huge claimed number": b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"x.",
        "far memo": b"\x80\x02]r" + struct.pack("<I", 2**32 - 1) + b".",
        "a billion laughs": laughs,
        "a list in itself": b"]q\x00h\x00a.",
        "a million lists in one another": b"]" * 10**6 + b"a" * (10**6 - 1) + b".",
    }


@pytest.mark.parametrize("case", _malice(Path("x")))
def test_malicious_files_run_nothing(case: str, tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(_malice(tmp_path / "ran")[case])
    began = time.monotonic()
    if case in ("a billion laughs", "far memo"):  # odd, and yet only lists
        load_pickle(path)
    else:
        with pytest.raises(PickleError, match=r"x\.pkl was not read, since .*: get the file again"):
            load_pickle(path)
    assert not (tmp_path / "ran").exists() and time.monotonic() - began < 3 * BOUND
    good = tmp_path / "good.pkl"  # and the next file is read as ever
    good.write_bytes(pickle.dumps(np.arange(3.0)))
    assert load_pickle(good).tolist() == [0.0, 1.0, 2.0]


def test_only_known_calls_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickle of arrays needs no more than what the reader knows; and every other global of the standard library is refused."""
    wanted = {
        (code.name, arg)
        for code, arg, _ in pickletools.genops(pickle.dumps(np.zeros(3), protocol=2))
        if code.name == "GLOBAL"
    }
    assert {arg.split(" ")[0].split(".")[0] for _, arg in wanted if isinstance(arg, str)} <= {"numpy", "_codecs"}
    for module in (
        "os",
        "subprocess",
        "builtins",
        "importlib",
        "shutil",
        "numpy",
        "numpy.testing",
        "codecs",
        "operator",
        "functools",
    ):
        for name in (
            "system",
            "Popen",
            "eval",
            "import_module",
            "rmtree",
            "load",
            "rundocs",
            "open",
            "attrgetter",
            "partial",
        ):
            (tmp_path / "x.pkl").write_bytes(f"c{module}\n{name}\n.".encode())
            with pytest.raises(PickleError, match="it wants .* to be called"):
                load_pickle(tmp_path / "x.pkl")


@pytest.mark.parametrize("rate", [0, -1, 2**31 - 1, 10**18, True])
def test_absurd_sample_rate_is_refused(rate: int) -> None:
    """The filter between two rates is as long as the larger of them, where they have no common factor."""
    with pytest.raises(VocasetError, match="sample rate"):
        _sound({"Ada": {"one": {"audio": np.zeros(100, np.int16), "sample_rate": rate}}}, "Ada", "one")


def test_deeply_nested_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"[" * 10**7)
    with pytest.raises(BeatError, match="is not a BEAT face file"):
        read_track(tmp_path / "a.json")


# ---- the code itself

_MODULES = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml", "pandas"}
_CALLS = {"eval", "exec", "compile", "__import__"}


def _dangers(tree: ast.AST) -> list[str]:
    """What code does that could run what is in a file."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names if name.name.split(".")[0] in _MODULES]
        elif isinstance(node, ast.ImportFrom):
            module = (node.module or "").split(".")[0] if not node.level else ""
            found += [
                f"{module}.{name.name}"
                for name in node.names
                if module in _MODULES or (module in ("torch", "numpy") and name.name == "load")
            ]
        elif isinstance(node, ast.Call):
            found += _danger_of(node)
    return found


def _danger_of(call: ast.Call) -> list[str]:
    keywords = {
        keyword.arg: keyword.value.value for keyword in call.keywords if isinstance(keyword.value, ast.Constant)
    }
    if isinstance(call.func, ast.Name):
        return [call.func.id] if call.func.id in _CALLS else []
    if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
        return []
    name = f"{call.func.value.id}.{call.func.attr}"
    opened = any(keyword.arg is None for keyword in call.keywords)  # **options could be anything
    if name in ("torch.load", "torch.jit.load") and (keywords.get("weights_only") is not True or opened):
        return [name]
    if name in ("np.load", "numpy.load") and (
        keywords.get("allow_pickle", False) is not False or opened or len(call.args) > 2
    ):
        return [name]
    return [name] if name.startswith("builtins.") else []


@pytest.mark.parametrize(
    "code",
    [
        "torch.load(p)",
        "torch.load(p, weights_only=False)",
        "np.load(p, allow_pickle=True)",
        "np.load(p, None, True)",
        "eval('1')",
    ]
    + [
        "import pickle",
        "from pickle import loads",
        "import yaml",
        "import joblib",
        "from torch import load",
        "import marshal, os",
    ]
    + ["builtins.exec(x)", "torch.load(p, **options)", "__import__('os')", "import shelve as s"],
)
def test_guard_detects_dangerous_code(code: str) -> None:
    assert _dangers(ast.parse(code))


def test_readers_cannot_run_code() -> None:
    files = [file for folder in ("training", "backend", "addon") for file in sorted((ROOT / folder).rglob("*.py"))]
    assert len(files) > 100
    found = {
        str(file.relative_to(ROOT)): dangers for file in files if (dangers := _dangers(ast.parse(file.read_text())))
    }
    assert found == {os.path.join("training", "data", "pickles.py"): ["pickle"]}


def test_array_size_is_checked_before_allocation(tmp_path: Path) -> None:
    """Where NumPy reads by itself, it reads our own files or maps the file, which must be as large as it claims."""
    file = io.BytesIO()
    np.save(file, np.zeros((4, 5, 3), np.float32))
    (tmp_path / "data_verts.npy").write_bytes(
        file.getvalue().replace(b"(4, 5, 3), }" + b" " * 9, b"(4000000000, 5, 3), }", 1)
    )
    for name in ("raw_audio_fixed.pkl", "templates.pkl", "subj_seq_to_idx.pkl"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(VocasetError, match="data_verts.npy can't be read"):
        open_vocaset(tmp_path)
