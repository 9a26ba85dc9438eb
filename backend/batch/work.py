"""One line of a script, from its sound to the written takes. Every worker runs this, on this machine or elsewhere."""

import hashlib
import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

from .. import __version__
from ..curve_files import write
from ..curves.adjust import NEW_TAKES, adjust
from ..inference.errors import explain
from ..inference.generate_takes import generate_takes
from ..inference.generator import Model
from ..messages import UserMessage
from ..sounds.script import correct
from .lines import TABLE, Line, output_names


@dataclass(frozen=True)
class Result:
    """The outcome of a line: a row of the manifest.

    key: see key_of(). outputs: files, relative to the output folder. identity, emotion, audio_sha256, model_sha256: as in Take.
    seeds: one a take. seconds: of sound; took: seconds of work. character, frame: as in Line. error: a sentence, "" on success.
    notices: sentences on how the sound was read.
    """

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
    notices: tuple[str, ...] = ()


def key_of(line: Line, audio: str, model: str, form: str) -> str:
    """Hash all that a line's takes depend on; audio, model: SHA-256. A later run skips a line whose key it finds in the manifest."""
    row = TABLE.flatten(line)
    if not row["text"]:
        del row["text"]  # as before lines had one, so that finished work stays finished
    inputs = {**row, "file": audio, "model": model, "format": form, "version": __version__}
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:24]


def sha256_of(file: str) -> str:
    """Hash a file's bytes; "" when it can't be read, and then do_line() will report why."""
    try:
        with open(file, "rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""


def do_line(line: Line, key: str, model: Model, out: Path, form: str) -> Result:
    """Generate and write a line's takes: out/NAME.csv, or NAME_1.csv, ... Errors go into the result; no file is left half-written."""
    began = time.monotonic()
    notices: list[UserMessage] = []
    try:
        takes = list(generate_takes(model, line.file, line.performance, line.start, line.end, notify=notices.append))
        outputs = [f"{name}.{form}" for name in output_names(line.name, line.performance.count)]
        for take, name in zip(takes, outputs, strict=True):
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            curves = correct(take.curves, take.sounds, line.text, model.sounds, take.identity)
            write(path, replace(adjust(curves, NEW_TAKES, take.seed), start=line.start))
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
        frames=len(first.curves.values),
        seconds=round(len(first.curves.values) / first.curves.fps, 4),
        took=round(time.monotonic() - began, 4),
        character=line.character,
        frame=line.frame,
        notices=tuple(map(str, notices)),
    )


def is_done(result: Result | None, key: str, out: Path) -> bool:
    """Return True if an earlier run finished the line and its files still exist."""
    return (
        result is not None
        and result.key == key
        and not result.error
        and all(os.path.isfile(out / name) for name in result.outputs)
    )
