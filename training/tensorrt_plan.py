"""An exported model -> TensorRT plans for the GPU at hand, for TensorRT 10.12 and 11: strongly typed, for any length that the backend asks for.

A plan runs on the TensorRT, GPU and driver that it was built with, so its name carries them; a plan of that name is not built again.
"""

import hashlib
import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

import onnx
import onnxruntime
import torch

from backend.model_folder import PARTS, read_card

WINDOW = 30  # s: the most that the backend has encoded or denoised at a time
MOST_TAKES = 8
TOLERANCE = 2e-2  # against ONNX Runtime: TensorRT multiplies in TF32

Shape = tuple[int, ...]
Profile = dict[str, tuple[Shape, Shape, Shape]]  # input -> smallest, usual and largest shape


@dataclass(frozen=True)
class Machine:
    """What a plan is tied to."""

    tensorrt: str
    gpu: str
    capability: str
    driver: str


def find_machine() -> Machine:
    """What plans can be built for here. Raises ValueError without TensorRT or a CUDA device."""
    try:
        import tensorrt
    except ImportError as error:
        raise ValueError(
            f"TensorRT can't be imported ({error}): pip install tensorrt-cu13 on the machine that the plans are for"
        ) from error
    if not torch.cuda.is_available():
        raise ValueError("there is no CUDA device, and plans are built on the GPU that they are for: export with --tensorrt there")
    gpu = torch.cuda.get_device_properties(torch.cuda.current_device())
    ask = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    driver = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split()[0]
    return Machine(tensorrt.__version__, gpu.name, f"{gpu.major}.{gpu.minor}", driver)


def profile_of(path: Path, look: int, reach: int) -> Profile:
    """The shapes of an ONNX part's inputs, from the names of its open axes. look and reach: the model card's.

    Raises ValueError if an axis is unknown, or a GRU was exported without linear_before_reset, as onnxscript did before 0.7.1.
    """
    frames = (1, 10 * 30, WINDOW * 30)
    axes = {
        "takes": (1, 1, MOST_TAKES),
        "frames": frames,
        "noisy_frames": tuple(n + 2 * look for n in frames),
        "mel_frames": (2, 10 * 100, WINDOW * 100 + 2 * (reach + reach % 2)),
    }
    graph = onnx.load(path).graph
    for node in graph.node:
        if node.op_type == "GRU" and not any(a.name == "linear_before_reset" and a.i == 1 for a in node.attribute):
            raise ValueError(f"{path} has a GRU unlike torch's: export it again with onnxscript 0.7.1 or later")
    profile = {}
    for value in graph.input:
        dims = value.type.tensor_type.shape.dim
        if unknown := [d.dim_param for d in dims if d.dim_param and d.dim_param not in axes]:
            raise ValueError(f"{path}: the axis {unknown[0]} of {value.name} has no known range, only {', '.join(axes)}")
        low, usual, high = (tuple(axes[d.dim_param][k] if d.dim_param else d.dim_value for d in dims) for k in range(3))
        profile[value.name] = (low, usual, high)
    return profile


def plan_name(path: Path, machine: Machine, profile: Profile) -> str:
    """PART.KEY.plan; the key changes with the ONNX file, the shapes, and whatever a plan is tied to."""
    told = [hashlib.sha256(path.read_bytes()).hexdigest(), asdict(machine), profile]
    return f"{path.stem}.{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]}.plan"


def build_plans(folder: Path, machine: Machine) -> float:
    """Build the plans of an exported model beside its ONNX files. Returns their largest difference from ONNX Runtime, at two lengths.

    Raises ValueError if TensorRT can't parse or build a part, or if it differs by more than TOLERANCE: no such plan is written.
    """
    card, worst = read_card(folder), 0.0
    for part in PARTS:
        path = folder / f"{part}.onnx"
        profile = profile_of(path, card.look, card.reach)
        out = folder / plan_name(path, machine, profile)
        plan = out.read_bytes() if out.exists() else _build(path, profile)
        difference = max(_difference(plan, path, {name: shapes[k] for name, shapes in profile.items()}) for k in (1, 2))
        if not difference <= TOLERANCE:  # nor NaN
            raise ValueError(
                f"TensorRT's {part} differs from ONNX Runtime's by {difference:.2g}, more than {TOLERANCE:.2g}: use the ONNX files"
            )
        out.write_bytes(plan)
        worst = max(worst, difference)
    return worst


def _build(path: Path, profile: Profile) -> bytes:
    import tensorrt as trt

    logger = trt.Logger(trt.Logger.WARNING)
    builder = trt.Builder(logger)
    # TensorRT 11 knows no other networks and ignores the flag; 10 would choose precisions itself.
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(path.read_bytes()):
        raise ValueError(f"TensorRT can't read {path}: " + "; ".join(str(parser.get_error(i)) for i in range(parser.num_errors)))
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, 1 << 30)
    shapes = builder.create_optimization_profile()
    for name, (low, usual, high) in profile.items():
        shapes.set_shape(name, low, usual, high)
    config.add_optimization_profile(shapes)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise ValueError(f"TensorRT can't build a plan of {path}: its log above says why")
    return bytes(plan)


def _difference(plan: bytes, path: Path, shapes: dict[str, Shape]) -> float:
    """Largest absolute difference between a plan and ONNX Runtime on the same random inputs."""
    import tensorrt as trt

    engine = trt.Runtime(trt.Logger(trt.Logger.WARNING)).deserialize_cuda_engine(plan)
    context = engine.create_execution_context()
    tensors = {name: torch.randn(shape, device="cuda") for name, shape in shapes.items()}
    for name, tensor in tensors.items():
        context.set_input_shape(name, tuple(tensor.shape))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    expected = session.run(None, {name: tensor.cpu().numpy() for name, tensor in tensors.items()})
    outputs = {o.name: torch.empty(tuple(context.get_tensor_shape(o.name)), device="cuda") for o in session.get_outputs()}
    for name, tensor in (tensors | outputs).items():
        context.set_tensor_address(name, tensor.data_ptr())
    stream = torch.cuda.Stream()
    torch.cuda.synchronize()
    if not context.execute_async_v3(stream.cuda_stream):
        raise ValueError(f"TensorRT can't run its plan of {path}: its log above says why")
    stream.synchronize()
    return max(float((torch.from_numpy(a) - b.cpu()).abs().max()) for a, b in zip(expected, outputs.values(), strict=True))
