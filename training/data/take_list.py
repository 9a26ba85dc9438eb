"""Read takes.csv, in which users say whose the takes of a folder are and what is felt. Its columns are file, emotion and identity."""

import csv
from collections.abc import Callable, Container, Sequence
from pathlib import Path

from backend.arkit import EMOTIONS

TAKE_LIST = "takes.csv"


def read_take_list(
    path: Path, names: Container[str], names_of: Callable[[str], Sequence[str]]
) -> dict[str, tuple[str, str]]:
    """Read the list as {take: (emotion, identity)}, empty where it says nothing or there is no list.

    names: the takes that are there. names_of: what the take of a file may be called. Raises ValueError if the list is wrong.
    """
    if not path.is_file():
        return {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            if "file" not in (table.fieldnames or ()):
                raise ValueError(f"{path} has no column `file`: give it the columns file, emotion, identity.")
            rows = [
                {key: (value or "").strip() for key, value in row.items() if isinstance(value, str)} for row in table
            ]
    except csv.Error as error:
        raise ValueError(f"{path} can't be read as a table ({error}): save it as CSV again.") from error
    told = {}
    for row in rows:
        written, emotion = row.get("file", ""), row.get("emotion", "")
        name = next((name for name in names_of(written) if name in names), None)
        if name is None:
            raise ValueError(
                f"{path} names {written!r}, which isn't there: give the file's path from that folder on, or remove the line."
            )
        if emotion and emotion not in EMOTIONS:
            raise ValueError(f"{path} says that {written} is {emotion!r}: use one of {', '.join(EMOTIONS)}.")
        told[name] = (emotion, row.get("identity", ""))
    return told
