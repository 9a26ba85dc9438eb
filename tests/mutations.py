"""Mutated files, as damage, other programs and malice produce them."""

import re

import numpy as np

JUNK = (
    *(
        b"",
        b"\0",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b'"',
        b"'",
        b",",
        b"\n",
        b";",
        b"[",
        b"]",
        b"{",
        b"}",
        b"\\",
        b"\\ud800",
        b"\xf0\x9f\x92\xa9",
    ),
    *(
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1e400",
        b"-1e300",
        b"1e-320",
        b"-1",
        b"0",
        b"1" * 60,
        b"1" * 400,
        b"9" * 5000,
        b"0x10",
        b"true",
        b"null",
        b"[]",
    ),
    *(b"{}", b'"x"', b"jawOpen", b"[" * 2000, b'{"a":' * 2000, b"x" * 140_000, b"../../x", b"/etc/passwd", b"\0" * 100),
)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def mutated(content: bytes, random: np.random.Generator) -> bytes:
    """Return a file with one to four mutations."""
    data = bytearray(content)
    for _ in range(random.integers(1, 5)):
        first, last = sorted(random.integers(len(data) + 1, size=2).tolist())
        junk = JUNK[random.integers(len(JUNK))]
        match random.integers(7):
            case 0 if data:
                data[min(first, len(data) - 1)] ^= 1 << int(random.integers(8))
            case 1:
                del data[first : first + int(random.integers(1, 50))]
            case 2:
                del data[last:]
            case 3:
                data[first:first] = data[first : min(last, first + 500)]
            case 4:
                data[first:first] = junk
            case 5 if numbers := list(_NUMBER.finditer(data)):
                place = numbers[random.integers(len(numbers))]
                data[place.start() : place.end()] = junk
            case _:
                data[first : first + len(junk)] = junk
    return bytes(data)
