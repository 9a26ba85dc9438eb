"""A few seconds of speech-like sound with faces, in BEAT's exact layout, made on the spot."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.arkit import BEAT


def _syllables(seconds: float, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """(start, end, size) of syllables of uneven length and stress, a breath here and there: no two seconds alike."""
    found, clock = [], 0.3
    while clock < seconds - 0.5:
        length = rng.uniform(0.1, 0.3)
        found.append((clock, clock + length, rng.uniform(0.4, 1.0)))
        clock += length + (rng.uniform(0.3, 0.8) if rng.random() < 0.2 else rng.uniform(0.02, 0.15))
    return found


def _opening(syllables: list[tuple[float, float, float]], times: np.ndarray) -> np.ndarray:
    opening = np.zeros(len(times))
    for start, end, size in syllables:
        phase = np.clip((times - start) / (end - start), 0, 1)
        opening = np.maximum(opening, size * np.sin(np.pi * phase) ** 2)
    return opening


def _text_grid(syllables: list[tuple[float, float, float]], seconds: float) -> str:
    edges = [0.0, *(edge for start, end, _ in syllables for edge in (start, end)), seconds]
    rows = list(zip(edges, edges[1:], ["sil", *(label for _ in syllables for label in ("AA1", "sil"))], strict=False))
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {seconds}",
        "tiers? <exists>",
        "size = 1",
        "item []:",
    ]
    lines += [
        "    item [1]:",
        '        class = "IntervalTier"',
        '        name = "phones"',
        "        xmin = 0",
        f"        xmax = {seconds}",
    ]
    lines += [f"        intervals: size = {len(rows)}"]
    for index, (start, end, label) in enumerate(rows, start=1):
        lines += [
            f"        intervals [{index}]:",
            f"            xmin = {start}",
            f"            xmax = {end}",
            f'            text = "{label}"',
        ]
    return "\n".join(lines) + "\n"


def write_take(
    folder: Path, name: str, seconds: float = 5.0, seed: int = 0, late: float = 0.0, silent: bool = False
) -> None:
    """One recording. late: s that its face comes after its sound; silent: nobody speaks."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    syllables = [] if silent else _syllables(seconds, rng)
    time = np.arange(int(seconds * 16000)) / 16000
    voice = sum(np.sin(2 * np.pi * (110 + 20 * (seed % 4)) * k * time) / k for k in range(1, 9))
    sound = 0.1 * _opening(syllables, time) * voice + 3e-4 * rng.standard_normal(len(time))
    soundfile.write(folder / f"{name}.wav", sound.astype(np.float32), 16000)
    stamps = np.arange(1, int(seconds * 60) + 1) / 60  # as in BEAT the first frame is at 1/60 s
    weights = np.zeros((len(stamps), 51))
    weights[:, BEAT.index("jawOpen")] = 0.6 * _opening(syllables, stamps - late)
    weights[:, BEAT.index("browInnerUp")] = 0.3 + 0.2 * np.sin(stamps + rng.uniform(0, 6))
    frames = [
        {"weights": row.round(4).tolist(), "time": float(t), "rotation": [0, 0, 0, 0]}
        for row, t in zip(weights, stamps, strict=True)
    ]
    (folder / f"{name}.json").write_text(json.dumps({"names": list(BEAT), "frames": frames}))
    (folder / f"{name}.TextGrid").write_text(_text_grid(syllables, seconds))


@pytest.fixture(scope="session")
def make_take() -> Callable[..., None]:
    return write_take


@pytest.fixture(scope="session")
def beat_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two speakers, three neutral takes and a happy one of 5 s each."""
    root = tmp_path_factory.mktemp("beat")
    for speaker, name in ((1, "wayne"), (2, "scott")):
        for take, number in enumerate((1, 2, 3, 65)):
            write_take(root / str(speaker), f"{speaker}_{name}_0_{number}_{number}", seed=10 * speaker + take)
    return root


@pytest.fixture(scope="session")
def hubert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HuBERT of two layers that knows nothing yet, as transformers keeps it in a folder."""
    torch = pytest.importorskip("torch")
    from transformers import HubertConfig, HubertModel

    folder = tmp_path_factory.mktemp("hubert")
    torch.manual_seed(1)
    config = HubertConfig(
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        conv_dim=(16,) * 7,
        feat_extract_norm="layer",
        conv_bias=True,
        num_conv_pos_embeddings=128,
        num_conv_pos_embedding_groups=4,
    )
    HubertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True)
def _any_precision() -> Iterator[None]:
    """accelerate keeps one precision a process; here every test may have its own."""
    yield
    if "accelerate.state" in sys.modules:
        sys.modules["accelerate.state"].AcceleratorState._reset_state()


@pytest.fixture(autouse=True, scope="session")
def _untraced_export() -> Iterator[None]:
    """Pause coverage's tracing in torch's exporter: it is none of the project's lines, and would take minutes."""
    if sys.gettrace() is None:
        yield
        return
    torch = pytest.importorskip("torch")
    export = torch.onnx.export

    def untraced(*arguments: object, **options: object) -> object:
        trace = sys.gettrace()
        sys.settrace(None)
        try:
            return export(*arguments, **options)
        finally:
            sys.settrace(trace)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.onnx, "export", untraced)
        yield
