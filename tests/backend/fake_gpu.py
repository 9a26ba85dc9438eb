"""A simulation of TensorRT and CUDA for backend.runtimes.tensorrt: engines run ONNX files, GPU memory is NumPy arrays.

It is as strict as the documentation of the real ones. Shapes must lie within the profile, memory must be allocated and
large enough, and outputs go to their addresses.
"""

import ctypes
import json
import sys
from dataclasses import dataclass, field
from enum import IntEnum
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest

_MAGIC = b"PLAN"
_USER = "backend.runtimes.tensorrt"


class CudaError(IntEnum):
    cudaSuccess = 0
    cudaErrorMemoryAllocation = 2
    cudaErrorNoDevice = 100


class TensorMode(IntEnum):
    INPUT = 1
    OUTPUT = 2


@dataclass
class Gpu:
    """The simulated machine, and counts of what was done with it."""

    version: str = "11.4.0.106"
    count: int = 1
    name: str = "NVIDIA L4"
    driver: str = "580.95.05"
    room: int = 1 << 30  # bytes of memory
    error: float = 0.0  # added to all outputs of engines
    refused: bytes | None = None  # ONNX files with these bytes can't be parsed
    memory: dict[int, np.ndarray] = field(default_factory=dict)
    built: int = 0
    loaded: int = 0
    flags: set[str] = field(default_factory=lambda: {"TF32"})

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Replace tensorrt and cuda.bindings for the next import of the runtime."""
        for name, content in {
            "tensorrt": self._tensorrt(),
            "cuda": {},
            "cuda.bindings": {
                "runtime": (runtime := _module("cuda.bindings.runtime", self._runtime())),
                "nvml": (nvml := self._nvml()),
            },
            "cuda.bindings.runtime": vars(runtime),
            "cuda.bindings.nvml": vars(nvml),
        }.items():
            monkeypatch.setitem(sys.modules, name, _module(name, content))
        # Set it before deleting it, so that monkeypatch restores the previous state, even if it was absent.
        monkeypatch.setitem(sys.modules, _USER, ModuleType(_USER))
        del sys.modules[_USER]

    def _nvml(self) -> ModuleType:
        return _module(
            "cuda.bindings.nvml", {"init_v2": lambda: None, "system_get_driver_version": lambda: self.driver}
        )

    def _runtime(self) -> dict[str, Any]:
        success = CudaError.cudaSuccess

        def malloc(size: int) -> tuple[CudaError, int | None]:
            if size > self.room - sum(block.nbytes for block in self.memory.values()):
                return CudaError.cudaErrorMemoryAllocation, None
            block = np.zeros(size, np.uint8)
            self.memory[block.ctypes.data] = block
            return success, block.ctypes.data

        def free(address: int) -> tuple[CudaError]:
            del self.memory[address]
            return (success,)

        def copy(target: int, source: int, size: int, kind: str, stream: int) -> tuple[CudaError]:
            assert self.memory[target if kind == "to" else source].nbytes >= size
            ctypes.memmove(target, source, size)
            return (success,)

        def properties(device: int) -> tuple[CudaError, Any]:
            return success, SimpleNamespace(name=self.name.encode(), major=8, minor=9)

        return {
            "cudaError_t": CudaError,
            "cudaMemcpyKind": SimpleNamespace(cudaMemcpyHostToDevice="to", cudaMemcpyDeviceToHost="from"),
            "cudaGetDeviceCount": lambda: (success, self.count) if self.count else (CudaError.cudaErrorNoDevice, None),
            "cudaGetDevice": lambda: (success, 0),
            "cudaGetDeviceProperties": properties,
            "cudaGetErrorString": lambda error: (
                success,
                {2: b"out of memory", 100: b"no CUDA-capable device is detected"}[error],
            ),
            "cudaMalloc": malloc,
            "cudaFree": free,
            "cudaMemcpyAsync": copy,
            "cudaStreamCreate": lambda: (success, 7),
            "cudaStreamSynchronize": lambda stream: (success,),
        }

    def _tensorrt(self) -> dict[str, Any]:
        return {
            "__version__": self.version,
            "Logger": type("Logger", (), {"WARNING": 1, "__init__": lambda self, severity: None}),
            "Builder": lambda logger: _Builder(self),
            "OnnxParser": lambda network, logger: _Parser(self, network),
            "Runtime": lambda logger: SimpleNamespace(deserialize_cuda_engine=self._deserialize),
            "NetworkDefinitionCreationFlag": SimpleNamespace(STRONGLY_TYPED=0),
            "MemoryPoolType": SimpleNamespace(WORKSPACE="WORKSPACE"),
            "BuilderFlag": SimpleNamespace(TF32="TF32"),
            "TensorIOMode": TensorMode,
        }

    def _deserialize(self, plan: bytes) -> "_Engine | None":
        if not plan.startswith(_MAGIC):
            return None
        self.loaded += 1
        return _Engine(self, plan[len(_MAGIC) :])


def _module(name: str, content: dict[str, Any]) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(content)
    return module


class _Builder:
    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        self._profile: dict[str, Any] = {}

    def create_network(self, flags: int) -> SimpleNamespace:
        assert flags == 1
        return SimpleNamespace(file=b"")

    def create_builder_config(self) -> SimpleNamespace:
        return SimpleNamespace(
            set_memory_pool_limit=lambda pool, size: None,
            clear_flag=self._gpu.flags.discard,
            add_optimization_profile=lambda profile: None,
        )

    def create_optimization_profile(self) -> SimpleNamespace:
        return SimpleNamespace(set_shape=lambda name, low, usual, high: self._profile.update({name: (low, high)}))

    def build_serialized_network(self, network: SimpleNamespace, config: Any) -> bytearray | None:
        self._gpu.built += 1
        head = json.dumps(self._profile).encode()
        return bytearray(_MAGIC + len(head).to_bytes(4, "little") + head + network.file)


class _Parser:
    num_errors = 1

    def __init__(self, gpu: Gpu, network: SimpleNamespace) -> None:
        self._gpu, self._network = gpu, network

    def parse(self, file: bytes) -> bool:
        self._network.file = file
        return self._gpu.refused is None or self._gpu.refused not in file

    def get_error(self, index: int) -> str:
        return "no importer"


class _Engine:
    """An engine that is its own execution context."""

    def __init__(self, gpu: Gpu, plan: bytes) -> None:
        self._gpu = gpu
        size = int.from_bytes(plan[:4], "little")
        self._profile = json.loads(plan[4 : 4 + size])
        self._session = onnxruntime.InferenceSession(plan[4 + size :], providers=["CPUExecutionProvider"])
        self._inputs = [value.name for value in self._session.get_inputs()]
        self._names = self._inputs + [value.name for value in self._session.get_outputs()]
        self.num_io_tensors = len(self._names)
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._addresses: dict[str, int] = {}

    def create_execution_context(self) -> "_Engine":
        return self

    def get_tensor_name(self, index: int) -> str:
        return self._names[index]

    def get_tensor_mode(self, name: str) -> TensorMode:
        return TensorMode.INPUT if name in self._inputs else TensorMode.OUTPUT

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        low, high = self._profile[name]
        fits = len(shape) == len(low) and all(a <= n <= b for a, n, b in zip(low, shape, high, strict=True))
        self._shapes |= {name: shape} if fits else {}
        return fits

    def set_tensor_address(self, name: str, address: int) -> bool:
        self._addresses[name] = address
        return True

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        if name in self._shapes:
            return self._shapes[name]
        if name in self._inputs:
            low, high = self._profile[name]
            return tuple(a if a == b else -1 for a, b in zip(low, high, strict=True))
        zeros = {other: np.zeros(self._shapes[other], np.float32) for other in self._inputs}
        return self._session.run([name], zeros)[0].shape

    def execute_async_v3(self, stream: int) -> bool:
        assert stream == 7
        given = {name: self._view(name, self._shapes[name]).copy() for name in self._inputs}
        for name, value in zip(self._names[len(self._inputs) :], self._session.run(None, given), strict=True):
            self._view(name, value.shape)[...] = value + np.float32(self._gpu.error)
        return True

    def _view(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        block = self._gpu.memory[self._addresses[name]]
        return block.view(np.float32)[: int(np.prod(shape))].reshape(shape)
