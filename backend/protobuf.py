"""Read protobuf messages field by field, as ONNX files consist of them. Runs in Blender and in the backend process."""

from collections.abc import Iterator


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield (field number, value or bytes) of a message's fields. The value of a fixed-size field is given as 0."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        if not 8 <= key < 1 << 32:
            raise ValueError("a field has no number")
        wire = key & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if wire == 2:
            size, at = _varint(message, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError("a field is of a kind that there is not")
        if at + size > len(message):
            raise ValueError("it is cut")
        yield key >> 3, message[at : at + size] if wire == 2 else 0
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return (value, offset after it)."""
    value = 0
    for place in range(10):
        if at + place >= len(message):
            raise ValueError("it is cut")
        byte = message[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise ValueError("a number is too long")


def signed(value: int) -> int:
    """Return a varint's value as an int64, of which protobuf stores the two's complement."""
    return value - (1 << 64) if value >> 63 else value
