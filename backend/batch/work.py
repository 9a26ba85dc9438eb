"""One line done: its takes made and written, with all that is known of it afterwards. What every worker runs, here or elsewhere."""

import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from .. import __version__
from ..curve_files import write
from ..curves.base import Curves
from ..inference.generator import Model
from ..ipc.protocol import Generate
from ..ipc.server import explain, perform
from .lines import Line, output_names


@dataclass(frozen=True)
class Result:
    """What became of a line. key: of its settings, sound and model, by which a later run knows it; outputs: files, relative to the folder;
    seconds: of sound, and that it took; character, frame: as in Line; error: "" or a sentence."""

    name: str
    key: str
    file: str
    outputs: tuple[str, ...] = ()
    identity: str = ""
    emotion: str = ""
    seeds: tuple[int, ...] = ()
    audio_sha256: str = ""
    model_sha256: str = ""
    frames: int = 0
    seconds: float = 0.0
    took: float = 0.0
    character: str = ""
    frame: int = 1
    error: str = ""


def key_of(line: Line, audio: str, model: str, form: str) -> str:
    """What tells whether a line must be done again: a hash of all that its takes depend on."""
    told = {**asdict(line), "file": audio, "model": model, "format": form, "version": __version__}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]


def sha256_of(file: str) -> str:
    """Of a file's bytes; "" when it can't be read: doing the line will say why."""
    try:
        with open(file, "rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""


def do_line(line: Line, key: str, model: Model, out: Path, form: str) -> Result:
    """Make and write a line's takes: out/NAME.csv, or NAME_1.csv, ... Whatever goes wrong is in the result; half a take is never left."""
    began = time.monotonic()
    request = Generate(
        id=0,
        file=line.file,
        start=line.start,
        end=line.end,
        identity=line.identity,
        emotion=line.emotion,
        intensity=line.intensity,
        seed=line.seed,
        count=line.count,
        fps=line.fps,
    )
    try:
        takes = list(perform(request, model, lambda stage, fraction: None))
        outputs = [f"{name}.{form}" for name in output_names(line.name, line.count)]
        for take, name in zip(takes, outputs, strict=True):
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, Curves(take.names, take.values, take.fps, line.start))
    except Exception as error:  # noqa: BLE001 - one line's trouble must not be the next one's
        return Result(line.name, key, line.file, took=round(time.monotonic() - began, 4), error=str(explain(error)[1]))
    first = takes[0]
    return Result(
        name=line.name,
        key=key,
        file=line.file,
        outputs=tuple(outputs),
        identity=first.identity,
        emotion=first.emotion,
        seeds=tuple(take.seed for take in takes),
        audio_sha256=first.audio_sha256,
        model_sha256=first.model_sha256,
        frames=first.frames,
        seconds=round(first.frames / first.fps, 4),
        took=round(time.monotonic() - began, 4),
        character=line.character,
        frame=line.frame,
    )


def is_done(result: Result | None, key: str, out: Path) -> bool:
    """Whether a line that an earlier run did needs no doing again."""
    return (
        result is not None
        and result.key == key
        and not result.error
        and all(os.path.isfile(out / name) for name in result.outputs)
    )
