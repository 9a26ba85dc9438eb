"""Progressive distillation (Salimans & Ho 2022) with a small encoder and v2's personalizer enhancer: each round halves the steps."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from backend.sampler import ddim_step

from . import losses
from .augment import augment
from .checkpoint import load_model, save_model
from .config import TrainConfig
from .data.prepared import Batch, Prepared, batches
from .diffusion import Normal, add_noise, make_grid
from .ear import load_ear
from .fit import fit
from .model import SmallEncoder, Talker
from .teacher import truth_losses, voice_loss

# Share of the clips heard as they are. Only these teach the voice head: augmentation makes other voices of them.
PLAIN = 1 / 3
# Share of the clips at the noisiest level besides those drawn there: lips can come from nothing but the sound then, so it is there that
# the small encoder learns to hear; and it is the step on which few-step students depend most.
NOISIEST = 1 / 2


def _upper_sample(person: Tensor, predicted: Tensor) -> Tensor:
    """What the enhancer compares: the personalized embedding and what the upper face does with it, (B, P + 2 U)."""
    upper = predicted[..., losses.UPPER_INDEX]
    return torch.cat([person, upper.mean(1), upper.std(1)], -1)


def distill_round(data: Prepared, teacher_folder: Path, out: Path, config: TrainConfig, ear_folder: Path | None = None) -> None:
    """Halve a model's steps. The student starts from its teacher's weights.

    A teacher with a large encoder hands over to a small one: that of train_ear in ear_folder, or a new one.
    """
    torch.manual_seed(config.seed)
    teacher, teacher_ear, meta = load_model(teacher_folder)
    teacher.requires_grad_(False)
    model = teacher.config
    student = copy.deepcopy(teacher).requires_grad_(True)
    if teacher_ear is not None:
        ear = copy.deepcopy(teacher_ear).requires_grad_(True)
    else:
        ear = SmallEncoder(model) if ear_folder is None else load_ear(ear_folder, model)
    normal = Normal(torch.tensor(meta["mean"]), torch.tensor(meta["deviation"]))
    grid = make_grid(model.steps)
    half, stride = meta["stride"], 2 * meta["stride"]
    w = config.weights

    def loss(batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        clean = normal.apply(batch.faces)
        frames = clean.shape[1]
        index = stride * torch.randint(1, model.steps // stride + 1, (len(clean),), generator=rng)
        index[torch.rand(len(clean), generator=rng) < NOISIEST] = model.steps
        now, middle, then = grid.at(index), grid.at(index - half), grid.at(index - stride)
        noisy = add_noise(clean, now, torch.randn(clean.shape, generator=rng))
        with torch.no_grad():
            heard = teacher.hear(batch.features if teacher_ear is None else teacher_ear(batch.mel), frames)
            person_t = teacher.personalizer(batch.identity, batch.emotion)
            first = teacher.denoise(noisy, heard.condition, person_t, grid.log_snr[index])
            between = ddim_step(noisy, first, now, middle)
            second = teacher.denoise(between, heard.condition, person_t, grid.log_snr[index - half])
            arrived = ddim_step(between, second, middle, then)
            target = losses.distil_target(noisy, arrived, now, then)
            weight = losses.distil_weight(now, w.distil_cap)
        plain = torch.rand(len(clean), generator=rng) < PLAIN
        features = ear(torch.where(plain[:, None, None], batch.mel, augment(batch.mel, rng)))
        heard = student.hear(features, frames)
        person = student.personalizer(batch.identity, batch.emotion)
        predicted = student.denoise(noisy, heard.condition, person, grid.log_snr[index])
        return {
            **truth_losses(predicted, clean, config),
            "contrast": voice_loss(student, heard, batch, config, plain),
            "distil": w.distil * (weight * (predicted - target).square()).mean(),
            "ae": w.ae * losses.features(features, batch.features),
            "pc": w.pc * losses.enhancer(_upper_sample(person, predicted), _upper_sample(person_t, target)),
        }

    def stream(first: int) -> Iterator[Batch]:
        return batches(data, "train", config.batch, config.seconds, config.seed, first)

    average = fit(nn.ModuleDict({"talker": student, "ear": ear}), loss, stream, config, out)
    keep = {key: meta[key] for key in ("identities", "descriptions", "emotions", "mean", "deviation")}
    save_model(out, cast(Talker, average["talker"]), cast(SmallEncoder, average["ear"]), stride, keep)
