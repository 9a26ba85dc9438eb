"""One training loop for every stage: Adam, warm-up and cosine decay, averaged weights, checkpoints that resume exactly.

accelerate handles mixed precision, GPUs and nodes (docs/training.md). Nothing random depends on the number of processes: the global batch
of an iteration is drawn row by row (batch_rng.py, data/prepared.py), and each process handles its own rows.
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
from .batch_rng import make_batch_rng

LOG_EVERY = 50


def learning_rate(iteration: int, config: TrainConfig) -> float:
    """Return the learning rate of an iteration: linear warm-up, then cosine decay to a tenth of the peak."""
    if iteration < config.warmup:
        return config.learning_rate * (iteration + 1) / config.warmup
    progress = (iteration - config.warmup) / max(1, config.iterations - config.warmup)
    return config.learning_rate * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * progress)))


def make_accelerator(config: TrainConfig, folder: Path) -> Accelerator:
    """Seed the run and join its other processes, if `accelerate launch` started any.

    Raises ValueError if the device does not support the precision.
    """
    # A plugin, because an environment variable overrides a plain number. The batches do not come from accelerate's own loader.
    accumulation = GradientAccumulationPlugin(num_steps=config.accumulate, sync_with_dataloader=False)
    accelerator = Accelerator(
        mixed_precision=config.precision,
        gradient_accumulation_plugin=accumulation,
        log_with="tensorboard",
        project_dir=folder,
    )
    if config.precision == "fp16" and accelerator.device.type == "cpu":
        raise ValueError("fp16 needs a GPU: on the CPU, set precision to bf16 or no")
    torch.manual_seed(config.seed)  # the same initial weights in all processes
    return accelerator


def fit(
    accelerator: Accelerator, objective: nn.Module, data: Prepared, config: TrainConfig, folder: Path
) -> nn.ModuleDict:
    """Train on the train split and return the averaged copy (EMA) of the objective's child modules.

    objective(batch, rng) returns a dict of weighted losses, each a mean over the batch's rows; their sum is minimized. Its child modules are
    trained, averaged and saved under their names; it holds frozen modules as plain attributes. Writes folder/run.pt, from which a run
    resumes, folder/log.jsonl and, for TensorBoard, folder/logs. Raises ValueError if the processes find different run.pt.
    """
    folder.mkdir(parents=True, exist_ok=True)
    modules = nn.ModuleDict(dict(objective.named_children()))
    parameters = [p for p in modules.parameters() if p.requires_grad]
    # accelerate wraps both; the modules themselves stay the same objects.
    wrapped, optimizer = accelerator.prepare(
        objective, torch.optim.Adam(parameters, lr=config.learning_rate, betas=(0.9, 0.999))
    )
    average = copy.deepcopy(modules).requires_grad_(False).eval()
    first = _resume(accelerator, modules, average, optimizer, folder)
    accelerator.init_trackers("logs", init_kwargs={"tensorboard": {"purge_step": first + 1}})
    wrapped.train()
    own_rows = rows_of_process(config, accelerator.process_index)
    stream = batches(
        data,
        "train",
        config.batch * config.accumulate * accelerator.num_processes,
        config.seconds,
        config.seed,
        first,
        own_rows,
    )
    sums: dict[str, Tensor] = {}
    last_logged = first
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
        for rows in own_rows:
            with accelerator.accumulate(wrapped):
                parts = wrapped(
                    next(stream).to(accelerator.device),
                    make_batch_rng(config.seed, iteration, rows, accelerator.device),
                )
                accelerator.backward(torch.stack(list(parts.values())).sum())
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
                optimizer.zero_grad()
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + value.detach() / config.accumulate
        decay = min(config.ema, (1 + iteration) / (10 + iteration))
        for averaged, current in zip(average.parameters(), modules.parameters(), strict=True):
            averaged.lerp_(current.detach(), 1 - decay)
        progress.update()
        done, last = iteration + 1, iteration + 1 == config.iterations
        if done % LOG_EVERY == 0 or last:
            _log(accelerator, sums, done, done - last_logged, folder)
            sums, last_logged = {}, done
        if (done % config.save_every == 0 or last) and accelerator.is_main_process:
            save_run(folder / "run.pt", _state(accelerator, modules, average, optimizer, done))
    progress.close()
    accelerator.wait_for_everyone()  # else one process takes the group down while another still writes
    accelerator.end_training()
    return average


def rows_of_process(config: TrainConfig, process: int) -> list[range]:
    """Return the rows of each global batch that a process handles: `accumulate` micro-batches of `batch` rows."""
    first = process * config.accumulate * config.batch
    return [
        range(begin, begin + config.batch)
        for begin in range(first, first + config.accumulate * config.batch, config.batch)
    ]


def _resume(
    accelerator: Accelerator, modules: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, folder: Path
) -> int:
    """Restore the state in folder/run.pt, if there is one, and return its iteration."""
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
    """Log the mean of each loss over the last `count` iterations and all processes."""
    means = accelerator.reduce(torch.stack(list(sums.values())) / count, "mean").tolist()
    values = {name: round(mean, 5) for name, mean in zip(sums, means, strict=True)}
    accelerator.log(values, step=iteration)
    if accelerator.is_main_process:
        with open(folder / "log.jsonl", "a") as log:
            log.write(json.dumps({"iteration": iteration} | values) + "\n")
