"""Run the model's ONNX graphs on PyTorch, with one torch call per node. Uses a CUDA GPU if there is one.

The graphs are the model's only definition. Any exported model runs here if _OPERATIONS has all of its operations.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from ..model_folder import ModelCard, Parts
from . import Report, RuntimeUnusable, silent
from .graphs import Arrays, GraphRuntime, first_line, state_of

log = logging.getLogger(__name__)


def load(card: ModelCard, parts: Parts, threads: int = 0, report: Report = silent) -> GraphRuntime:
    """Open a model's ONNX files. Raises ModelError, or RuntimeUnusable for an unsupported operation."""
    if threads:
        torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    log.info(
        "torch %s on %s", torch.__version__, torch.cuda.get_device_name(device) if device.type == "cuda" else "the CPU"
    )
    graphs = {part: _read(part, content, device) for part, content in parts.items()}

    def run(part: str, inputs: Arrays) -> Arrays:
        # cuDNN's default TF32 keeps only three digits, and its fastest kernels sum in any order.
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            outputs = graphs[part].run({name: torch.tensor(value, device=device) for name, value in inputs.items()})
            return {name: value.cpu().numpy() for name, value in outputs.items()}

    return GraphRuntime("torch", run, state_of(graphs["decoder"].shapes))


@dataclass(frozen=True)
class _Step:
    """A node of a graph.

    inputs, outputs: names of values; "" for an omitted input. unused: names of values that no later node needs.
    """

    operation: Callable[..., Any]
    inputs: Sequence[str]
    outputs: Sequence[str]
    unused: frozenset[str]


@dataclass(frozen=True)
class _Graph:
    shapes: dict[str, list[int]]  # of the inputs; 0 for dynamic axes
    outputs: list[str]
    constants: dict[str, Tensor]
    steps: list[_Step]

    def run(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        values = self.constants | inputs
        for step in self.steps:
            values.update(_call(step.operation, values, step.inputs, step.outputs))
            for name in step.unused:
                del values[name]
        return {name: values[name] for name in self.outputs}


def _call(
    operation: Callable[..., Any], values: dict[str, Tensor], inputs: Sequence[str], outputs: Sequence[str]
) -> dict[str, Tensor]:
    results = operation(*(values[name] if name else None for name in inputs))
    return dict(zip(outputs, results if isinstance(results, tuple) else (results,), strict=True))


def _read(part: str, content: bytes, device: torch.device) -> _Graph:
    """Read an ONNX file and evaluate its constant nodes. Integers, which are shapes, stay on the CPU."""
    try:
        graph = onnx.load_model_from_string(content).graph
    except Exception as error:  # protobuf's exceptions
        raise RuntimeUnusable(
            "The torch runtime can't read {part}.onnx ({reason}): use the onnx runtime",
            part=part,
            reason=first_line(error),
        ) from error
    constants = {
        tensor.name: _put(torch.from_numpy(numpy_helper.to_array(tensor).copy()), device)
        for tensor in graph.initializer
    }
    outputs = [output.name for output in graph.output]
    needed, steps = set(outputs), []
    for node in graph.node:
        operation, inputs = _operation(node, constants, part)
        if all(name in constants for name in inputs if name):
            constants |= _call(operation, constants, inputs, node.output)
        else:
            steps.append((operation, inputs, node.output))
    backwards: list[_Step] = []
    for operation, inputs, results in reversed(steps):
        last = {name for name in (*inputs, *results) if name and name not in needed and name not in constants}
        needed |= last
        backwards.append(_Step(operation, inputs, results, frozenset(last)))
    used = {name for step in backwards for name in step.inputs} | set(outputs)
    shapes = {value.name: [d.dim_value for d in value.type.tensor_type.shape.dim] for value in graph.input}
    return _Graph(shapes, outputs, {name: value for name, value in constants.items() if name in used}, backwards[::-1])


def _put(tensor: Tensor, device: torch.device) -> Tensor:
    return tensor.to(device) if tensor.is_floating_point() else tensor


def _operation(
    node: onnx.NodeProto, constants: dict[str, Tensor], part: str
) -> tuple[Callable[..., Any], Sequence[str]]:
    """Return a node's operation and the names of its inputs."""
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    attributes = {name: value.decode() if isinstance(value, bytes) else value for name, value in attributes.items()}
    try:
        if node.op_type == "GRU":
            inputs, weights = [node.input[0], node.input[5]], [constants[name] for name in node.input[1:4]]
            return _gru(*weights, **attributes), inputs
        operation = _OPERATIONS[node.op_type]
    except (KeyError, TypeError) as error:
        raise RuntimeUnusable(
            "The torch runtime doesn't support {operation} in {part}.onnx ({reason}): use the onnx runtime for this model",
            operation=node.op_type,
            part=part,
            reason=error,
        ) from error
    return lambda *inputs: operation(*inputs, **attributes), list(node.input)


def _gru(
    weights: Tensor,
    recurrent: Tensor,
    bias: Tensor,
    *,
    hidden_size: int,
    linear_before_reset: int = 0,
    direction: str = "forward",
    layout: int = 0,
) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Build a layer of ONNX's GRU. Raises TypeError for a variant that torch lacks."""
    if (linear_before_reset, direction, layout) != (1, "forward", 0):
        raise TypeError(f"linear_before_reset {linear_before_reset}, direction {direction}, layout {layout}")

    def reorder(gates: Tensor) -> Tensor:
        update, reset, new = gates.chunk(3)
        return torch.cat([reset, update, new])

    gru = nn.GRU(weights.shape[-1], hidden_size, device=weights.device)
    input_bias, hidden_bias = bias[0].chunk(2)
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    gru.load_state_dict(
        dict(zip(names, map(reorder, (weights[0], recurrent[0], input_bias, hidden_bias)), strict=True))
    )

    def run(
        x: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:  # (N, B, in), (1, B, hidden) -> (N, 1, B, hidden), (1, B, hidden)
        y, state = gru(x, state)
        return y[:, None], state

    return run


# Each operation takes ONNX's inputs, and its attributes as keywords. Unknown attributes raise an error.


def _conv(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    *,
    kernel_shape: list[int],
    strides: list[int],
    pads: list[int],
    dilations: list[int],
    group: int,
    auto_pad: str,
) -> Tensor:
    (stride,), (dilation,) = strides, dilations  # along time only
    if auto_pad != "NOTSET":
        raise ValueError(f"auto_pad {auto_pad}")
    return functional.conv1d(functional.pad(x, pads), weight, bias, stride, 0, dilation, group)


def _expand(x: Tensor, shape: Tensor) -> Tensor:
    return x.expand(torch.broadcast_shapes(x.shape, tuple(shape.tolist())))


def _gather(x: Tensor, index: Tensor, *, axis: int = 0) -> Tensor:
    return x.select(axis, int(index))


def _gemm(
    a: Tensor, b: Tensor, c: Tensor, *, alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0
) -> Tensor:
    return alpha * (a.T if transA else a) @ (b.T if transB else b) + beta * c


def _layer_norm(x: Tensor, weight: Tensor, bias: Tensor, *, axis: int, epsilon: float, stash_type: int) -> Tensor:
    return functional.layer_norm(x, x.shape[axis:], weight, bias, epsilon)


def _reduce_l2(x: Tensor, axes: Tensor, *, keepdims: int, noop_with_empty_axes: int) -> Tensor:
    return torch.linalg.vector_norm(x, dim=axes.tolist(), keepdim=bool(keepdims))


def _reshape(x: Tensor, shape: Tensor, *, allowzero: int = 0) -> Tensor:
    return x.reshape(
        [x.shape[axis] if size == 0 and not allowzero else size for axis, size in enumerate(shape.tolist())]
    )


def _slice(x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor | None = None) -> Tensor:
    along = range(len(starts)) if axes is None else axes.tolist()
    where = [slice(None)] * x.ndim
    for axis, start, end in zip(along, starts.tolist(), ends.tolist(), strict=True):
        where[axis] = slice(start, end)
    return x[tuple(where)]


def _squeeze(x: Tensor, axes: Tensor) -> Tensor:
    return x.squeeze(axes.tolist())


def _unsqueeze(x: Tensor, axes: Tensor) -> Tensor:
    for axis in sorted(axes.tolist()):
        x = x.unsqueeze(axis)
    return x


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "Add": torch.add,
    "Cast": lambda x, *, to: x.to({onnx.TensorProto.FLOAT: torch.float32}[to]),
    "Clip": torch.clamp,
    "Concat": lambda *tensors, axis: torch.cat(tensors, axis),
    "Conv": _conv,
    "Cos": torch.cos,
    "Div": torch.div,
    "Expand": _expand,
    "Gather": _gather,
    "Gelu": lambda x, *, approximate="none": functional.gelu(x, approximate=approximate),
    "Gemm": _gemm,
    "LayerNormalization": _layer_norm,
    "MatMul": torch.matmul,
    "Mul": torch.mul,
    "ReduceL2": _reduce_l2,
    "Reshape": _reshape,
    "Shape": lambda x, *, start=0, end=None: torch.tensor(x.shape[start:end]),
    "Sigmoid": torch.sigmoid,
    "Sin": torch.sin,
    "Slice": _slice,
    "Softmax": lambda x, *, axis=-1: torch.softmax(x, axis),
    "Squeeze": _squeeze,
    "Transpose": lambda x, *, perm: x.permute(perm),
    "Unsqueeze": _unsqueeze,
}
