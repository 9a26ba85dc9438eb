"""One training loop for every stage: Adam, warm-up and cosine decay, averaged weights, checkpoints that resume exactly."""

import copy
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from .checkpoint import load_run, save_run
from .config import TrainConfig
from .data.prepared import Batch

Loss = Callable[[Batch, torch.Generator], dict[str, Tensor]]  # named, weighted parts


def learning_rate(iteration: int, config: TrainConfig) -> float:
    """Linear warm-up, then a cosine down to a tenth."""
    if iteration < config.warmup:
        return config.learning_rate * (iteration + 1) / config.warmup
    progress = (iteration - config.warmup) / max(1, config.iterations - config.warmup)
    return config.learning_rate * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * progress)))


def fit(modules: nn.ModuleDict, loss: Loss, stream: Callable[[int], Iterator[Batch]], config: TrainConfig, folder: Path) -> nn.ModuleDict:
    """Train `modules` with `loss` on batches from stream(first). Returns their averaged copy (EMA).

    Writes folder/run.pt (resumed from when there) and folder/log.jsonl.
    """
    folder.mkdir(parents=True, exist_ok=True)
    average = copy.deepcopy(modules).requires_grad_(False).eval()
    parameters = [p for p in modules.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=config.learning_rate, betas=(0.9, 0.999))
    rng = torch.Generator().manual_seed(config.seed)
    first = 0
    if (saved := load_run(folder / "run.pt")) is not None:
        modules.load_state_dict(saved["modules"])
        average.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        rng.set_state(saved["rng"])
        first = saved["iteration"]
    modules.train()
    batches = stream(first)
    sums: dict[str, float] = {}
    with open(folder / "log.jsonl", "a") as log:
        for iteration in tqdm(range(first, config.iterations), initial=first, total=config.iterations, desc=folder.name, mininterval=10):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(iteration, config)
            with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bf16"):
                parts = loss(next(batches), rng)
            total = torch.stack(list(parts.values())).sum()
            optimizer.zero_grad(set_to_none=True)
            total.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            decay = min(config.ema, (1 + iteration) / (10 + iteration))
            for kept, new in zip(average.parameters(), modules.parameters(), strict=True):
                kept.lerp_(new.detach(), 1 - decay)
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + float(value.detach())
            if (iteration + 1) % 50 == 0:
                log.write(json.dumps({"iteration": iteration + 1} | {k: round(v / 50, 5) for k, v in sums.items()}) + "\n")
                log.flush()
                sums = {}
            if (iteration + 1) % config.save_every == 0 or iteration + 1 == config.iterations:
                save_run(folder / "run.pt", _state(modules, average, optimizer, rng, iteration + 1))
    return average


def _state(modules: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, rng: torch.Generator, iteration: int) -> dict[str, Any]:
    return {
        "modules": modules.state_dict(),
        "average": average.state_dict(),
        "optimizer": optimizer.state_dict(),
        "rng": rng.get_state(),
        "iteration": iteration,
    }
