"""Run the model on TensorRT 10.12 or later, on NVIDIA's GPUs, strongly typed and in float32.

Engines are built once from the ONNX files, compared with ONNX Runtime and stored, see plans.py. GPU memory is allocated
through cuda-bindings, a package of 8 MB, because torch would need gigabytes.
"""

import logging
from functools import partial
from typing import Any

import numpy as np
import tensorrt as trt
from cuda.bindings import nvml
from cuda.bindings import runtime as cuda

from ..messages import UserMessage
from ..model_folder import ModelCard, Parts
from . import Report, RuntimeUnusable, plans, silent
from .graphs import Arrays, GraphRuntime, state_of
from .onnx import open_part

TOLERANCE = 1e-3  # largest absolute difference from ONNX Runtime
_INSTALL = UserMessage("install NVIDIA's driver, or choose another runtime")
_CHOOSE = UserMessage("choose another runtime")
_WORKSPACE = 1 << 30  # bytes of GPU memory for building
_LOGGER = trt.Logger(trt.Logger.WARNING)

log = logging.getLogger(__name__)


def load(card: ModelCard, parts: Parts, threads: int = 0, report: Report = silent) -> GraphRuntime:
    """Load a model's engines, or build them, which takes minutes. Raises RuntimeUnusable."""
    machine = find_machine()
    log.info("TensorRT %s on %s, driver %s", machine.tensorrt, machine.gpu, machine.driver)
    engines = {part: _open(part, content, card, machine, report) for part, content in parts.items()}
    return GraphRuntime(
        "tensorrt",
        lambda part, inputs: engines[part].run(inputs),
        state_of({"state": engines["decoder"].shape("state")}),
    )


def find_machine() -> plans.Machine:
    """Return the versions and the GPU that CUDA uses by default. Raises RuntimeUnusable without a GPU."""
    _check(cuda.cudaGetDeviceCount(), _INSTALL)  # fails without a GPU
    gpu = _check(cuda.cudaGetDeviceProperties(_check(cuda.cudaGetDevice())))
    try:
        nvml.init_v2()
        driver = nvml.system_get_driver_version()
    except Exception as error:  # the driver has many exceptions without a common base class
        raise RuntimeUnusable(
            "Can't read the version of NVIDIA's driver ({reason}): {advice}", reason=error, advice=_INSTALL
        ) from error
    return plans.Machine(trt.__version__, gpu.name.decode(), f"{gpu.major}.{gpu.minor}", driver)


def _open(part: str, content: bytes, card: ModelCard, machine: plans.Machine, report: Report) -> "Engine":
    """Load a part's stored engine, or build and store a new one. Raises RuntimeUnusable."""
    path = plans.folder() / plans.plan_name(part, card, machine)
    try:
        if (plan := plans.read(path)) is not None:
            return Engine(plan)
    except (OSError, RuntimeUnusable) as error:
        log.warning("%s can't be used and is built again: %s", path, error)
    report(UserMessage("Building {part} for {gpu}, once", part=part, gpu=machine.gpu))
    profile = plans.profile_of(part, content, plans.axes(card))
    plan = _build(part, content, profile)
    engine = Engine(plan)
    _compare(engine, part, content, profile)
    try:
        plans.store(path, plan)
    except OSError as error:
        log.warning("The engine can't be stored and will be built at every start: %s", error)
    return engine


def _build(part: str, content: bytes, profile: plans.Profile) -> bytes:
    """Build the plan of an ONNX file. Raises RuntimeUnusable."""
    builder = trt.Builder(_LOGGER)
    # TensorRT 10 would choose precisions by itself without the flag; 11 is always strongly typed.
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, _LOGGER)
    if not parser.parse(content):
        errors = "; ".join(str(parser.get_error(i)) for i in range(parser.num_errors))
        raise RuntimeUnusable(
            "TensorRT can't read {part}.onnx ({reason}): choose another runtime", part=part, reason=errors
        )
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, _WORKSPACE)
    config.clear_flag(trt.BuilderFlag.TF32)  # TF32 keeps only three digits, but takes must agree on every runtime
    shapes = builder.create_optimization_profile()
    for name, (low, usual, high) in profile.items():
        shapes.set_shape(name, low, usual, high)
    config.add_optimization_profile(shapes)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise RuntimeUnusable(
            "TensorRT can't build an engine from {part}.onnx: see the log or choose another runtime", part=part
        )
    return bytes(plan)


def _compare(engine: "Engine", part: str, content: bytes, profile: plans.Profile) -> None:
    """Compare an engine with ONNX Runtime at usual and largest shapes. Raises RuntimeUnusable if they differ."""
    session, random = open_part(part, content), np.random.default_rng(0)
    for size in (1, 2):
        inputs = {name: random.standard_normal(shapes[size], np.float32) for name, shapes in profile.items()}
        actual = engine.run(inputs)
        expected = dict(zip((output.name for output in session.get_outputs()), session.run(None, inputs), strict=True))
        difference = max(float(np.abs(actual[name] - value).max()) for name, value in expected.items())
        log.info("%s: within %.1g of ONNX Runtime", part, difference)
        if not difference <= TOLERANCE:  # also False for NaN
            raise RuntimeUnusable(
                "TensorRT's {part} differs from ONNX Runtime's by {difference:.2g}, and {limit:g} is the limit: choose another runtime",
                part=part,
                difference=difference,
                limit=TOLERANCE,
            )


class Engine:
    """A plan on the GPU, with buffers that grow as needed. Not thread-safe. All methods raise RuntimeUnusable."""

    def __init__(self, plan: bytes) -> None:
        self._engine = trt.Runtime(_LOGGER).deserialize_cuda_engine(plan)
        self._context = self._engine and self._engine.create_execution_context()
        if self._context is None:
            raise RuntimeUnusable("TensorRT can't load an engine: see the log or choose another runtime")
        names = [self._engine.get_tensor_name(i) for i in range(self._engine.num_io_tensors)]
        self._outputs = [name for name in names if self._engine.get_tensor_mode(name) == trt.TensorIOMode.OUTPUT]
        self._stream = _check(cuda.cudaStreamCreate())
        self._memory: dict[str, tuple[int, int]] = {}  # tensor -> address on the GPU, bytes

    def shape(self, name: str) -> plans.Shape:
        """Return the shape of an input, with -1 for dynamic axes."""
        return tuple(self._engine.get_tensor_shape(name))

    def run(self, inputs: Arrays) -> Arrays:
        """Run the engine on contiguous float32 arrays, with shapes within the profile it was built for."""
        copy = partial(cuda.cudaMemcpyAsync, stream=self._stream)
        for name, value in inputs.items():
            if not self._context.set_input_shape(name, value.shape):
                raise RuntimeUnusable(
                    "TensorRT's engine isn't built for {name} of shape {shape}: choose another runtime",
                    name=name,
                    shape=str(value.shape),
                )
            _check(
                copy(
                    self._allocate(name, value.nbytes),
                    value.ctypes.data,
                    value.nbytes,
                    cuda.cudaMemcpyKind.cudaMemcpyHostToDevice,
                )
            )
        outputs = {name: np.empty(tuple(self._context.get_tensor_shape(name)), np.float32) for name in self._outputs}
        places = {name: self._allocate(name, value.nbytes) for name, value in outputs.items()}
        if not self._context.execute_async_v3(int(self._stream)):
            raise RuntimeUnusable("TensorRT can't run its engine: see the log or choose another runtime")
        for name, value in outputs.items():
            _check(copy(value.ctypes.data, places[name], value.nbytes, cuda.cudaMemcpyKind.cudaMemcpyDeviceToHost))
        _check(cuda.cudaStreamSynchronize(self._stream))
        return outputs

    def _allocate(self, name: str, size: int) -> int:
        """Return the GPU address of a tensor's buffer of at least size bytes. Reallocate it if it is too small."""
        address, capacity = self._memory.get(name, (0, 0))
        if capacity < size:
            if capacity:
                _check(cuda.cudaFree(address))
            address = _check(cuda.cudaMalloc(size))
            self._memory[name] = address, size
            self._context.set_tensor_address(name, address)
        return address


def _check(result: tuple[Any, ...], advice: UserMessage = _CHOOSE) -> Any:
    """Return the result of a CUDA call without its status. Raises RuntimeUnusable if it failed."""
    error, *values = result
    if error != cuda.cudaError_t.cudaSuccess:
        _, text = cuda.cudaGetErrorString(error)
        raise RuntimeUnusable("CUDA failed ({code}): {advice}", code=text.decode(), advice=advice)
    return values[0] if values else None
