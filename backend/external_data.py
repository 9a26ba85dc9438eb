"""Whether an ONNX file keeps weights in other files. Ours don't, and a stranger's that does could have any file of this computer read.

What a runtime makes of such a file depends on its version, so none is asked: this reads just enough of protobuf (onnx.proto3) to tell.
"""

from collections.abc import Iterator

_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # of a TensorProto
_DEEPEST = 100  # messages in one another, as in protobuf's own readers

# message -> field -> the message in it, of all that a tensor can be in
_INSIDE = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}


def keeps_data_elsewhere(model: bytes) -> bool:
    """Whether any tensor of an ONNX file says that it lies in another one. Raises ValueError for what is no such file."""
    messages = [("model", memoryview(model), 0)]
    while messages:
        kind, message, depth = messages.pop()
        if depth > _DEEPEST:
            raise ValueError("its parts lie too deep in one another")
        for field, value in _fields(message):
            if kind == "tensor" and (field == _EXTERNAL_DATA or field == _DATA_LOCATION and value != 0):
                return True
            if inside := _INSIDE.get(kind, {}).get(field):
                if isinstance(value, int):
                    raise ValueError("a field has another type")
                messages.append((inside, value, depth + 1))
    return False


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(number, value or bytes) of a message's fields; the value of a float is not looked at."""
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
    """(value, where it ends)."""
    value = 0
    for place in range(10):
        if at + place >= len(message):
            raise ValueError("it is cut")
        byte = message[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise ValueError("a number is too long")
