"""Progressive distillation (Salimans & Ho 2022) with v2's personalizer enhancer: each round halves the steps, or replaces the large encoder."""

import copy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from backend.inference.sampler import ddim_step

from ..data.prepared import Batch, Prepared
from ..model import losses
from ..model.checkpoint import load_model, save_model
from ..model.config import TrainConfig
from ..model.diffusion import (
    NoiseSchedule,
    Standardizer,
    add_noise,
    begin_alike,
    make_schedule,
    standardizer_of,
    start_of,
)
from ..model.network import SmallEncoder, Talker
from .augment import augment, rerecord
from .batch_rng import BatchRng
from .loop import fit, start
from .student_encoder import load_student_encoder
from .teacher import train_all_used, truth_losses, voice_loss

# Share of the clips that the small encoder hears as they are.
PLAIN = 1 / 3
# Share of the clips at the noisiest level besides those drawn there: lips can come from nothing but the sound then, so it is there that
# the small encoder learns to hear; and it is the step on which few-step students depend most.
NOISIEST = 1 / 2


def _upper_sample(person: Tensor, predicted: Tensor) -> Tensor:
    """What the enhancer compares: the personalized embedding and what the upper face does with it, (B, P + 2 U)."""
    upper = predicted[..., losses.UPPER_INDEX]
    return torch.cat([person, upper.mean(1), upper.std(1)], -1)


@dataclass(frozen=True)
class Teacher:
    """A frozen model and where its student's steps lie. No module, so that nothing trains, moves, averages or saves it with the student."""

    talker: Talker
    ear: SmallEncoder | None
    grid: NoiseSchedule
    stride: int  # levels of the grid in a step of the teacher
    wide: int  # in one of the student: twice as many, or as many

    @torch.no_grad()
    def answer(self, batch: Batch, noisy: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
        """What the student must predict from `noisy` (B, N, C), at levels index (B,), to land where the teacher does; the teacher's persons."""
        talker, grid = self.talker, self.grid
        now, middle, then = grid.at(index), grid.at(index - self.stride), grid.at(index - self.wide)
        with torch.autocast(
            noisy.device.type, enabled=False
        ):  # the target divides by small differences: in full precision
            condition = talker.hear(batch.features if self.ear is None else self.ear(batch.mel), noisy.shape[1])
            person = talker.person(batch.identity, batch.emotion)
            target = talker.denoise(noisy, condition, person, grid.log_snr[index])
            if self.wide > self.stride:
                between = ddim_step(noisy, target, now, middle)
                second = talker.denoise(between, condition, person, grid.log_snr[index - self.stride])
                target = losses.distil_target(noisy, ddim_step(between, second, middle, then), now, then)
        return target, person


class DistilObjective(nn.Module):
    """L_student: land where the teacher does, with as much of the truth as the config asks for."""

    ear: SmallEncoder | None

    def __init__(
        self, teacher: Teacher, student: Talker, ear: SmallEncoder | None, normal: Standardizer, config: TrainConfig
    ) -> None:
        super().__init__()
        train_all_used(student)
        self.talker, self.ear = student, ear
        self.teacher, self.normal, self.config = teacher, normal, config
        self.start = torch.from_numpy(start_of(student.config)).to(normal.mean.device)

    def forward(self, batch: Batch, draws: BatchRng) -> dict[str, Tensor]:
        w, grid, wide = self.config.weights, self.teacher.grid, self.teacher.wide
        top = self.talker.config.steps
        clean = self.normal.apply(batch.faces)
        index = wide * draws.integers(1, top // wide + 1)
        index = torch.where(draws.uniform() < NOISIEST, top, index)
        noisy = add_noise(clean, grid.at(index), draws.normal(*clean.shape[1:]))
        noisy = begin_alike(noisy, index == top, self.start)
        target, person_t = self.teacher.answer(batch, noisy, index)
        features = batch.features
        if self.ear is not None:
            plain = draws.uniform() < PLAIN
            features = self.ear(torch.where(plain[:, None, None], batch.mel, augment(batch.mel, draws)))
        condition = self.talker.hear(features, clean.shape[1])
        person = self.talker.person(batch.identity, batch.emotion)
        predicted = self.talker.denoise(noisy, condition, person, grid.log_snr[index])
        weight = losses.distil_weight(grid.at(index), w.distil_cap)
        return {
            **truth_losses(predicted, clean, batch.faces, self.config),
            "contrast": voice_loss(self.talker, rerecord(batch.mel, draws), batch, self.config),
            "distil": w.distil * (weight * (predicted - target).square()).mean(),
            **({} if self.ear is None else {"ae": w.ae * losses.features(features, batch.features)}),
            "pc": w.pc * losses.enhancer(_upper_sample(person, predicted), _upper_sample(person_t, target)),
        }


def distill_round(
    data: Prepared,
    teacher_folder: Path,
    out: Path,
    config: TrainConfig,
    ear_folder: Path | None = None,
    halve: bool = True,
) -> None:
    """One round: a student that starts from its teacher's weights and takes half as many steps, or as many (halve=False).

    It listens as its teacher does. With ear_folder, a teacher that listens with a large encoder hands over to that small one (train_ear's).
    """
    run = start(config, out)
    talker, teacher_ear, meta = load_model(teacher_folder)
    data.expect_width(talker.config.features, teacher_folder)
    student = copy.deepcopy(talker)
    ear = copy.deepcopy(teacher_ear) if ear_folder is None else load_student_encoder(ear_folder)
    if ear is not None:
        student.config = replace(
            talker.config, encoder_width=ear.config.encoder_width, encoder_blocks=ear.config.encoder_blocks
        )
    normal = standardizer_of(meta).to(run.device)
    grid = make_schedule(talker.config.steps, talker.config.schedule).to(run.device)
    wide = 2 * meta["stride"] if halve else meta["stride"]
    teacher = Teacher(
        talker.to(run.device), None if teacher_ear is None else teacher_ear.to(run.device), grid, meta["stride"], wide
    )
    average = fit(run, DistilObjective(teacher, student, ear, normal, config), data, config, out)
    keep = {key: meta[key] for key in ("identities", "descriptions", "emotions", "mean", "deviation", "start")} | {
        "split": data.scheme
    }
    keep["history"] = [*meta["history"], {"stage": "distill", "seed": config.seed, "weights": asdict(config.weights)}]
    if run.is_main_process:
        save_model(
            out,
            cast(Talker, average["talker"]),
            None if ear is None else cast(SmallEncoder, average["ear"]),
            wide,
            keep,
        )
