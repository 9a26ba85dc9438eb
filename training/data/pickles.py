"""Pickles from strangers: dicts, lists, tuples, strings, numbers and numpy arrays of numbers come out, and nothing in the file is ever run.

A pickle can name any function and have it called. Here every global that a file names is looked up in a short table of classes of our
own, which hold what numpy's pickled arrays are made of (numpy, `ndarray.__reduce__`; Python 2's come with text in place of bytes).
Anything else ends the reading. The reader is the one written in Python: the other makes room for as many values as a file claims to have.
"""

import math
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np


class PickleError(ValueError):
    """The file isn't such a pickle. The message says what it holds."""


class _Type:
    """A pickled numpy.dtype: a code such as i2, then a state whose second part is the byte order."""

    def __init__(self, code: str | bytes, *_: object) -> None:
        self.code = code.decode("ascii") if isinstance(code, bytes) else str(code)
        if re.fullmatch(r"[iufb][1248]", self.code) is None:
            raise PickleError(f"it holds an array of {self.code[:20]!r}, which is not of numbers")
        self.dtype = np.dtype(f"<{self.code}")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.dtype = np.dtype(f"{'>' if state[1] in ('>', b'>') else '<'}{self.code}")


class _Array:
    """A pickled numpy.ndarray: created empty, then given its shape, type and bytes."""

    def __init__(self, value: np.ndarray | None = None) -> None:
        self.value = value

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, fortran, raw = state
        self.value = _array(raw, kind, shape, "F" if fortran else "C")


def _array(raw: object, kind: object, shape: object, order: object) -> np.ndarray:
    if isinstance(raw, str):
        raw = raw.encode("latin1")
    if not isinstance(raw, bytes | bytearray) or not isinstance(kind, _Type) or not isinstance(shape, tuple):
        raise PickleError("it holds an array that is not of numbers")
    if not all(isinstance(size, int) and size >= 0 for size in shape) or math.prod(shape) * kind.dtype.itemsize != len(
        raw
    ):
        raise PickleError(f"it holds an array of shape {shape} whose data is of another size")
    array = np.frombuffer(raw, kind.dtype).reshape(shape, order="F" if order == "F" else "C")
    return array.astype(kind.dtype.newbyteorder("="))


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _scalar(kind: object, raw: object) -> object:
    return _array(raw, kind, (1,), "C")[0].item()


def _from_buffer(raw: object, kind: object, shape: object, order: object) -> _Array:
    return _Array(_array(raw, kind, shape, order))


def _encode(text: str, _: str = "latin1") -> bytes:
    """Return the bytes that Python 3 pickles as text in protocols that Python 2 can read."""
    return text.encode("latin1")


_KNOWN: dict[tuple[str, str], Callable[..., object]] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _encode,
    **{
        (f"numpy.{core}.{module}", name): function
        for core in ("core", "_core")
        for module, name, function in (
            ("multiarray", "_reconstruct", _reconstruct),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _from_buffer),
        )
    },
}


class _Unpickler(pickle._Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise PickleError(f"it wants {module}.{name} to be called, which data has no need of")
        return _KNOWN[module, name]

    def _set_state(self: Any) -> None:  # of what types don't tell
        if not isinstance(self.stack[-2], _Type | _Array):
            raise PickleError("it sets what is not an array's")
        self.load_build()

    dispatch: ClassVar = {**pickle._Unpickler.dispatch, pickle.BUILD[0]: _set_state}


def load_pickle(path: Path) -> Any:
    """Read the dicts, lists, numbers, strings and arrays in a pickle of Python 2 or 3. Raises PickleError or FileNotFoundError."""
    try:
        with path.open("rb") as file:
            return _plain(_Unpickler(file, encoding="latin1").load(), {})
    except FileNotFoundError:
        raise
    except Exception as error:  # a broken pickle can raise nearly anything
        raise PickleError(
            f"{path.name} was not read, since {_reason(error)}: get the file again from where it is published."
        ) from error


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, PickleError) else f"it is no whole pickle ({type(error).__name__}: {error})"


def _plain(value: Any, done: dict[int, Any]) -> Any:
    """The same with our own arrays replaced; done: id -> what was already, for a file of a few bytes can hold one list a billion times."""
    if isinstance(value, _Array):
        return value.value
    if not isinstance(value, dict | list | tuple):
        return value
    if id(value) not in done:
        if isinstance(value, dict):
            done[id(value)] = {_plain(key, done): _plain(item, done) for key, item in value.items()}
        else:
            done[id(value)] = type(value)(_plain(item, done) for item in value)
    return done[id(value)]
