"""One training loop for every stage: Adam, warm-up and cosine decay, averaged weights, checkpoints that resume exactly.

Precision, many GPUs and many nodes are accelerate's work (docs/training.md). Nothing random depends on how many processes there are: the
global batch of an iteration is drawn row by row (draws.py, data/prepared.py), and each process takes its own rows.
"""

import copy
import json
import math
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import GradientAccumulationPlugin
from torch import Tensor, nn
from tqdm import tqdm

from ..data.prepared import Prepared, batches
from ..model.checkpoint import load_run, save_run
from ..model.config import TrainConfig
from .batch_rng import draw_rows

LOG_EVERY = 50


def learning_rate(iteration: int, config: TrainConfig) -> float:
    """Linear warm-up, then a cosine down to a tenth."""
    if iteration < config.warmup:
        return config.learning_rate * (iteration + 1) / config.warmup
    progress = (iteration - config.warmup) / max(1, config.iterations - config.warmup)
    return config.learning_rate * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * progress)))


def start(config: TrainConfig, folder: Path) -> Accelerator:
    """Join the other processes of a run, if `accelerate launch` started any. Raises ValueError where the device lacks the precision."""
    # As a plugin: a plain number gives way to an environment variable. The batches do not come from accelerate's own loader.
    accumulation = GradientAccumulationPlugin(num_steps=config.accumulate, sync_with_dataloader=False)
    accelerator = Accelerator(
        mixed_precision=config.precision,
        gradient_accumulation_plugin=accumulation,
        log_with="tensorboard",
        project_dir=folder,
    )
    if config.precision == "fp16" and accelerator.device.type == "cpu":
        raise ValueError("fp16 needs a GPU: on the CPU, set precision to bf16 or no")
    torch.manual_seed(config.seed)  # the weights begin alike in all processes
    return accelerator


def fit(
    accelerator: Accelerator, objective: nn.Module, data: Prepared, config: TrainConfig, folder: Path
) -> nn.ModuleDict:
    """Minimise the sum of objective(batch, draws), a dict of weighted parts, each a mean over the batch's rows, on the train split.

    The objective's child modules, by their names, are what is trained, saved and averaged; what is frozen it holds in other ways. Returns
    the averaged copy (EMA). Writes folder/run.pt (resumed from when there), folder/log.jsonl and, for TensorBoard, folder/logs. Raises
    ValueError if the processes find different run.pt.
    """
    folder.mkdir(parents=True, exist_ok=True)
    modules = nn.ModuleDict(dict(objective.named_children()))
    parameters = [p for p in modules.parameters() if p.requires_grad]
    # accelerate wraps both: what it returns steps over all processes, the modules themselves stay the same objects
    wrapped, optimizer = accelerator.prepare(
        objective, torch.optim.Adam(parameters, lr=config.learning_rate, betas=(0.9, 0.999))
    )
    average = copy.deepcopy(modules).requires_grad_(False).eval()
    first = _resume(accelerator, modules, average, optimizer, folder)
    accelerator.init_trackers("logs", init_kwargs={"tensorboard": {"purge_step": first + 1}})
    wrapped.train()
    mine = own_rows(config, accelerator.process_index)
    stream = batches(
        data,
        "train",
        config.batch * config.accumulate * accelerator.num_processes,
        config.seconds,
        config.seed,
        first,
        mine,
    )
    sums: dict[str, Tensor] = {}
    since = first
    progress = tqdm(
        total=config.iterations,
        initial=first,
        desc=folder.name,
        mininterval=10,
        disable=not accelerator.is_main_process,
    )
    for iteration in range(first, config.iterations):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(iteration, config)
        for rows in mine:
            with accelerator.accumulate(wrapped):
                parts = wrapped(
                    next(stream).to(accelerator.device), draw_rows(config.seed, iteration, rows, accelerator.device)
                )
                accelerator.backward(torch.stack(list(parts.values())).sum())
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
                optimizer.zero_grad()
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + value.detach() / config.accumulate
        decay = min(config.ema, (1 + iteration) / (10 + iteration))
        for kept, new in zip(average.parameters(), modules.parameters(), strict=True):
            kept.lerp_(new.detach(), 1 - decay)
        progress.update()
        done, last = iteration + 1, iteration + 1 == config.iterations
        if done % LOG_EVERY == 0 or last:
            _log(accelerator, sums, done, done - since, folder)
            sums, since = {}, done
        if (done % config.save_every == 0 or last) and accelerator.is_main_process:
            save_run(folder / "run.pt", _state(accelerator, modules, average, optimizer, done))
    progress.close()
    accelerator.wait_for_everyone()  # or one takes the process group down while another still writes
    accelerator.end_training()
    return average


def own_rows(config: TrainConfig, process: int) -> list[range]:
    """Which rows of each global batch a process handles: `batch` at a time, `accumulate` times."""
    first = process * config.accumulate * config.batch
    return [
        range(begin, begin + config.batch)
        for begin in range(first, first + config.accumulate * config.batch, config.batch)
    ]


def _resume(
    accelerator: Accelerator, modules: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, folder: Path
) -> int:
    """Go back to where folder/run.pt stopped, if it is there; returns the iteration."""
    first = 0
    if (saved := load_run(folder / "run.pt")) is not None:
        modules.load_state_dict(saved["modules"])
        average.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        if accelerator.scaler is not None and saved["scaler"] is not None:
            accelerator.scaler.load_state_dict(saved["scaler"])
        first = saved["iteration"]
    if len(set(accelerator.gather(torch.tensor([first], device=accelerator.device)).tolist())) > 1:
        raise ValueError(
            f"the processes find different {folder / 'run.pt'}: put {folder} on a disk that all nodes share"
        )
    return first


def _state(
    accelerator: Accelerator, modules: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, iteration: int
) -> dict[str, Any]:
    return {
        "modules": modules.state_dict(),
        "average": average.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scaler": None if accelerator.scaler is None else accelerator.scaler.state_dict(),
        "iteration": iteration,
    }


def _log(accelerator: Accelerator, sums: dict[str, Tensor], iteration: int, count: int, folder: Path) -> None:
    """Each loss part's mean over the last `count` iterations and all processes."""
    means = accelerator.reduce(torch.stack(list(sums.values())) / count, "mean").tolist()
    values = {name: round(mean, 5) for name, mean in zip(sums, means, strict=True)}
    accelerator.log(values, step=iteration)
    if accelerator.is_main_process:
        with open(folder / "log.jsonl", "a") as log:
            log.write(json.dumps({"iteration": iteration} | values) + "\n")
