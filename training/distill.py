"""Progressive distillation (Salimans & Ho 2022) with v2's personalizer enhancer: each round halves the steps, or replaces the large encoder."""

import copy
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from backend.sampler import ddim_step

from . import losses
from .augment import augment, rerecord
from .checkpoint import load_model, save_model
from .config import TrainConfig
from .data.prepared import Batch, Prepared, batches
from .diffusion import Normal, add_noise, make_grid
from .ear import load_ear
from .fit import fit
from .model import SmallEncoder, Talker
from .teacher import truth_losses, voice_loss

# Share of the clips that the small encoder hears as they are.
PLAIN = 1 / 3
# Share of the clips at the noisiest level besides those drawn there: lips can come from nothing but the sound then, so it is there that
# the small encoder learns to hear; and it is the step on which few-step students depend most.
NOISIEST = 1 / 2


def _upper_sample(person: Tensor, predicted: Tensor) -> Tensor:
    """What the enhancer compares: the personalized embedding and what the upper face does with it, (B, P + 2 U)."""
    upper = predicted[..., losses.UPPER_INDEX]
    return torch.cat([person, upper.mean(1), upper.std(1)], -1)


def distill_round(data: Prepared, teacher_folder: Path, out: Path, config: TrainConfig, ear_folder: Path | None = None, halve: bool = True) -> None:
    """One round: a student that starts from its teacher's weights and takes half as many steps, or as many (halve=False).

    It listens as its teacher does. With ear_folder, a teacher that listens with a large encoder hands over to that small one (train_ear's).
    """
    torch.manual_seed(config.seed)
    teacher, teacher_ear, meta = load_model(teacher_folder)
    teacher.requires_grad_(False)
    model = teacher.config
    data.expect_width(model.features, teacher_folder)
    student = copy.deepcopy(teacher).requires_grad_(True)
    ear = copy.deepcopy(teacher_ear) if ear_folder is None else load_ear(ear_folder)
    if ear is not None:
        student.config = replace(model, encoder_width=ear.config.encoder_width, encoder_blocks=ear.config.encoder_blocks)
        ear.requires_grad_(True).train()
    normal = Normal(torch.tensor(meta["mean"]), torch.tensor(meta["deviation"]))
    grid = make_grid(model.steps, model.schedule)
    stride = meta["stride"]  # levels of the grid in a step of the teacher
    wide = 2 * stride if halve else stride  # in one of the student
    w = config.weights

    def loss(batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        clean = normal.apply(batch.faces)
        frames = clean.shape[1]
        index = wide * torch.randint(1, model.steps // wide + 1, (len(clean),), generator=rng)
        index[torch.rand(len(clean), generator=rng) < NOISIEST] = model.steps
        now = grid.at(index)
        noisy = add_noise(clean, now, torch.randn(clean.shape, generator=rng))
        with torch.no_grad(), torch.autocast(clean.device.type, enabled=False):  # the target divides by small differences: in full precision
            condition = teacher.hear(batch.features if teacher_ear is None else teacher_ear(batch.mel), frames)
            person_t = teacher.person(batch.identity, batch.emotion)
            target = teacher.denoise(noisy, condition, person_t, grid.log_snr[index])
            if halve:
                middle, then = grid.at(index - stride), grid.at(index - wide)
                between = ddim_step(noisy, target, now, middle)
                second = teacher.denoise(between, condition, person_t, grid.log_snr[index - stride])
                target = losses.distil_target(noisy, ddim_step(between, second, middle, then), now, then)
            weight = losses.distil_weight(now, w.distil_cap)
        if ear is None:
            features = batch.features
        else:
            plain = torch.rand(len(clean), generator=rng) < PLAIN
            features = ear(torch.where(plain[:, None, None], batch.mel, augment(batch.mel, rng)))
        condition = student.hear(features, frames)
        person = student.person(batch.identity, batch.emotion)
        predicted = student.denoise(noisy, condition, person, grid.log_snr[index])
        return {
            **truth_losses(predicted, clean, config),
            "contrast": voice_loss(student, rerecord(batch.mel, rng), batch, config),
            "distil": w.distil * (weight * (predicted - target).square()).mean(),
            **({} if ear is None else {"ae": w.ae * losses.features(features, batch.features)}),
            "pc": w.pc * losses.enhancer(_upper_sample(person, predicted), _upper_sample(person_t, target)),
        }

    def stream(first: int) -> Iterator[Batch]:
        return batches(data, "train", config.batch, config.seconds, config.seed, first)

    modules = nn.ModuleDict({"talker": student} if ear is None else {"talker": student, "ear": ear})
    average = fit(modules, loss, stream, config, out)
    keep = {key: meta[key] for key in ("identities", "descriptions", "emotions", "mean", "deviation")} | {"split": data.scheme}
    history = [*meta["history"], {"stage": "distill", "seed": config.seed, "weights": asdict(w)}]
    save_model(out, cast(Talker, average["talker"]), None if ear is None else cast(SmallEncoder, average["ear"]), wide, {**keep, "history": history})
