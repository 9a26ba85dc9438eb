"""Detect ONNX files that keep weights in other files. Runs in Blender and in the backend process.

A file from an untrusted source could make a runtime read any file of this computer that way. Runtimes treat such files
differently from version to version, so this module looks into the file by itself (onnx.proto3).
"""

from .protobuf import fields

_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # field numbers of a TensorProto
_MAX_DEPTH = 100  # of nested messages, as in protobuf's own parsers

# kind of message -> field number -> kind of the message in it, for all that can contain a tensor
_NESTED = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}


def keeps_data_elsewhere(model: bytes) -> bool:
    """Return True if any tensor of an ONNX file refers to another file. Raises ValueError if it isn't an ONNX file."""
    messages = [("model", memoryview(model), 0)]
    while messages:
        kind, message, depth = messages.pop()
        if depth > _MAX_DEPTH:
            raise ValueError("its parts lie too deep in one another")
        for field, value in fields(message):
            if kind == "tensor" and (field == _EXTERNAL_DATA or field == _DATA_LOCATION and value != 0):
                return True
            if nested := _NESTED.get(kind, {}).get(field):
                if isinstance(value, int):
                    raise ValueError("a field has another type")
                messages.append((nested, value, depth + 1))
    return False
