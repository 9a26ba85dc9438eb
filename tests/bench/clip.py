"""One clip through the backend, stage by stage, in a process of its own: python -m tests.bench.clip '{"file": ..., "runs": 3, ...}'."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from backend import audio
from backend.__main__ import DEFAULT_MODEL
from backend.inference import audio_encoding, generator
from backend.inference.generator import Model, load_model
from backend.noise_schedule import NoiseLevel
from backend.performance import Performance
from backend.runtimes import AUTO, layers

from .machine import child_options, peak_memory

STAGES = ("decode", "features", "encoder", "sampling", "curves")
_LATE = "decode while listening"


class Watch:
    """Measures the seconds spent in each stage."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys([*STAGES, _LATE], 0.0)

    def over(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return work(*arguments, **named)
            finally:
                self.spent[stage] += time.perf_counter() - began

        return timed


class Watched:
    """Blocks of sound that can be iterated repeatedly. Reading them is timed."""

    def __init__(self, watch: Watch, blocks: Iterable[np.ndarray]) -> None:
        self._watch, self._blocks = watch, blocks

    def __iter__(self) -> Iterator[np.ndarray]:
        source = iter(self._blocks)
        while (block := self._watch.over(_LATE, next)(source, None)) is not None:
            yield block


def with_steps(model: Model, steps: int) -> Model:
    """Return the model with another number of steps, to time them: levels are left out, or the first one is repeated."""
    levels = model.card.levels
    inner: tuple[NoiseLevel, ...] = levels[: min(steps, len(levels) - 1)]
    return replace(model, card=replace(model.card, levels=(levels[0],) * (steps - len(inner)) + inner + (levels[-1],)))


def perform(model: Model, file: Path) -> tuple[dict[str, float], float, np.ndarray]:
    """Return (seconds by stage, in total; curves at 30 fps)."""
    watch = Watch()
    names = (
        (generator, "encode_clip", "encoder"),
        (audio_encoding, "log_mel_of", "features"),
        (generator, "sample_in_windows", "sampling"),
        (generator, "resample", "curves"),
    )
    originals = [getattr(module, name) for module, name, _ in names]
    for (module, name, stage), original in zip(names, originals, strict=True):
        setattr(module, name, watch.over(stage, original))
    try:
        began = time.perf_counter()
        clip = watch.over("decode", audio.read_clip)(file)
        (take,) = generator.generate(
            model,
            Watched(watch, clip.blocks),
            Performance(),
            lambda stage, fraction: None,
        )
        total = time.perf_counter() - began
    finally:
        for (module, name, _), original in zip(names, originals, strict=True):
            setattr(module, name, original)
    # Of a long clip, decoding is part of listening, as features always are.
    late = watch.spent.pop(_LATE)
    watch.spent["encoder"] -= watch.spent["features"] + late
    watch.spent["decode"] += late
    return watch.spent, total, take.curves.values


def main() -> None:
    options = child_options()
    if options.get("without_blas"):
        layers._has_fast_products = lambda: False  # type: ignore[assignment]
    model = load_model(Path(options.get("model", DEFAULT_MODEL)), options.get("runtime", AUTO))
    if "steps" in options:
        model = with_steps(model, options["steps"])
    stages, totals = [], []
    for _ in range(options["runs"]):
        spent, total, curves = perform(model, Path(options["file"]))
        stages.append(spent)
        totals.append(total)
        frames = len(curves)
        if "curves" in options:
            np.save(options["curves"], curves)
        del curves  # or the next run would find it in memory
    print(json.dumps({"frames": frames, "stages": stages, "totals": totals, "peak": peak_memory()}))


if __name__ == "__main__":
    main()
