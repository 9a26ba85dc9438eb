"""Read a model's weights out of its ONNX files with numpy alone, under their names in torch.

The ONNX files are the only place where a model's weights are stored. Most keep the names of their modules. The exporter
renames some, which are found by what the graph does with them: matrices that it transposes, and the biases of a GRU.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

import numpy as np

from ..model_folder import ModelError, Parts
from ..protobuf import fields, signed

# Where the names of each file's weights belong among those of the torch modules.
_PREFIXES = {
    "encoder": {
        "student_encoder.": "encoder.",
        "ear.": "encoder.",
        "talker.": "talker.",
    },  # up to 2.0.0 it was called ear
    "voice": {"": "talker."},
    "personalizer": {"": "talker."},
    "decoder": {"": "talker.decoder."},
}
_TYPES = {1: np.float32, 10: np.float16}  # TensorProto.data_type -> that of the weights
# Field numbers of ModelProto, GraphProto, NodeProto and TensorProto.
_GRAPH = 7
_NODE, _INITIALIZER = 1, 5
_INPUT, _OUTPUT, _OPERATION = 1, 2, 4
_DIMS, _TYPE, _NAME, _RAW = 1, 2, 8, 9


@dataclass(frozen=True)
class _Node:
    operation: str
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)


def read_weights(parts: Parts) -> dict[str, np.ndarray]:
    """Return all weights as float32, named as in training.model.network after `talker.` or `encoder.`.

    Of the library, only what the backend needs is in the graphs. Raises ModelError for a file that isn't ONNX.
    """
    found = {}
    for part, content in parts.items():
        try:
            named = _named(memoryview(content))
        except (ValueError, IndexError, TypeError) as error:
            raise ModelError(
                "{part}.onnx is no ONNX file ({reason}): export the model again", part=part, reason=error
            ) from error
        for name, value in named.items():
            for old, new in _PREFIXES[part].items():
                if name.startswith(old):
                    found[new + name.removeprefix(old)] = value.astype(np.float32)
    return found


def _named(model: memoryview) -> dict[str, np.ndarray]:
    """Return a graph's weights under their modules' names."""
    nodes, stored = _graph(model)
    named = {name: value for name, value in stored.items() if name.split(".")[-1].startswith(("weight", "bias", "in_"))}
    products = {node.outputs[0]: node.inputs[1] for node in nodes if node.operation == "MatMul"}
    for node in nodes:
        if node.operation == "Add" and node.inputs[1].endswith("bias") and products.get(node.inputs[0]) in stored:
            named[node.inputs[1].removesuffix("bias") + "weight"] = stored[products[node.inputs[0]]].T
    for layer, node in enumerate(node for node in nodes if node.operation == "GRU"):
        biases = np.split(stored[node.inputs[3]][0], 2)
        for kind, weight, bias in zip(("ih", "hh"), node.inputs[1:3], biases, strict=True):
            named[f"gru.bias_{kind}_l{layer}"] = _torch_order(bias)
            if weight in stored:  # the exporter reorders small ones in advance
                named[f"gru.weight_{kind}_l{layer}"] = _torch_order(stored[weight][0])
    return named


def _torch_order(gates: np.ndarray) -> np.ndarray:
    """Reorder a GRU's gates from ONNX's update, reset, new to torch's reset, update, new."""
    update, reset, new = np.split(gates, 3)
    return np.concatenate([reset, update, new])


def _graph(model: memoryview) -> tuple[list[_Node], dict[str, np.ndarray]]:
    """Return the nodes of an ONNX file, and its float tensors by name."""
    nodes, stored = [], {}
    for graph in _messages(model, _GRAPH):
        nodes += [_node(message) for message in _messages(graph, _NODE)]
        for message in _messages(graph, _INITIALIZER):
            name, values = _tensor(message)
            if values is not None:
                stored[name.removesuffix("_16")] = values
    return nodes, stored


def _messages(message: memoryview, number: int) -> Iterator[memoryview]:
    """Yield the messages in the fields of a number."""
    for field_number, value in fields(message):
        if field_number == number:
            if isinstance(value, int):
                raise ValueError("a field has another type")
            yield value


def _text(message: memoryview, number: int) -> list[str]:
    return [bytes(value).decode() for value in _messages(message, number)]


def _node(message: memoryview) -> _Node:
    return _Node("".join(_text(message, _OPERATION)), _text(message, _INPUT), _text(message, _OUTPUT))


def _tensor(message: memoryview) -> tuple[str, np.ndarray | None]:
    """Return a tensor's name and its values. None for integers, which are shapes."""
    numbers = [(number, value) for number, value in fields(message) if isinstance(value, int)]
    dtype = next((_TYPES.get(value) for number, value in numbers if number == _TYPE), None)
    shape = [signed(value) for number, value in numbers if number == _DIMS]
    raw = b"".join(_messages(message, _RAW))
    name = "".join(_text(message, _NAME))
    if dtype is None:
        return name, None
    if min(shape, default=0) < 0 or len(raw) != prod(shape) * np.dtype(dtype).itemsize:
        raise ValueError(f"{name[:60]} has another size than its shape says")
    return name, np.frombuffer(raw, np.dtype(dtype).newbyteorder("<")).reshape(shape)
