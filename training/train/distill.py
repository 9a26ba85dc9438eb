"""Progressive distillation (Salimans & Ho 2022) with v2's personalizer enhancer.

Each round halves the number of steps, replaces the large encoder by a student encoder, or does both.
"""

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
    initial_noise_std,
    make_schedule,
    read_standardizer,
    scale_initial_noise,
)
from ..model.network import StudentEncoder, Talker
from .augment import augment, change_microphone
from .batch_rng import BatchRng
from .loop import fit, make_accelerator
from .student_encoder import load_student_encoder
from .teacher import reconstruction_losses, require_gradients, voice_loss

CLEAN_SHARE = 1 / 3  # of the clips that the student encoder gets without augmentation
# Share of the clips that are moved to the noisiest level. Lips must come from the sound alone there, so that is where the student encoder
# learns most, and few-step students depend on that step most.
NOISIEST_SHARE = 1 / 2


def _upper_sample(person: Tensor, predicted: Tensor) -> Tensor:
    """Return what the enhancer compares, (B, P + 2 U): personalized embeddings, and mean and standard deviation of the upper face."""
    upper = predicted[..., losses.UPPER_INDEX]
    return torch.cat([person, upper.mean(1), upper.std(1)], -1)


@dataclass(frozen=True)
class Teacher:
    """A frozen model. It is no nn.Module, so that it is not trained, averaged or saved with the student."""

    talker: Talker
    student_encoder: StudentEncoder | None
    schedule: NoiseSchedule
    levels_per_step: int  # of the teacher
    levels_per_student_step: int  # the same, or twice as many

    @torch.no_grad()
    def encode(self, batch: Batch) -> Tensor:
        """Return the audio features (B, T, F) of the sound without augmentation."""
        with torch.autocast(batch.mel.device.type, enabled=False):
            return batch.features if self.student_encoder is None else self.student_encoder(batch.mel)

    @torch.no_grad()
    def fill(self, batch: Batch, features: Tensor, clean: Tensor) -> Tensor:
        """Return curves (B, N, C) in which the teacher's guess from no noise takes the place of NaN, of what a recording doesn't know."""
        unknown = clean.isnan()
        if not unknown.any():
            return clean
        noisiest = torch.full_like(batch.identity, self.talker.config.steps)
        with torch.autocast(clean.device.type, enabled=False):
            condition = self.talker.encode_audio(features, clean.shape[1])
            person = self.talker.personalize(batch.identity, batch.emotion)
            guess = self.talker.denoise(torch.zeros_like(clean), condition, person, self.schedule.log_snr[noisiest])
        return torch.where(unknown, guess, clean)

    @torch.no_grad()
    def predict(self, batch: Batch, features: Tensor, noisy: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
        """Return the student's target (B, N, C) and the teacher's personalized embeddings (B, P).

        From noisy curves (B, N, C) at levels index (B,), a student that predicts the target ends its step where the teacher does.
        """
        talker, schedule = self.talker, self.schedule
        middle_index = index - self.levels_per_step
        now, middle = schedule.at(index), schedule.at(middle_index)
        then = schedule.at(index - self.levels_per_student_step)
        # Full precision, because the target divides by small differences.
        with torch.autocast(noisy.device.type, enabled=False):
            condition = talker.encode_audio(features, noisy.shape[1])
            person = talker.personalize(batch.identity, batch.emotion)
            target = talker.denoise(noisy, condition, person, schedule.log_snr[index])
            if self.levels_per_student_step > self.levels_per_step:
                between = ddim_step(noisy, target, now, middle)
                second = talker.denoise(between, condition, person, schedule.log_snr[middle_index])
                target = losses.distill_target(noisy, ddim_step(between, second, middle, then), now, then)
        return target, person


class DistillObjective(nn.Module):
    """L_student: end each step where the teacher does. The loss weights decide how much the recorded faces count.

    With decoder_only, the library and the matching of voices are not trained.
    """

    student_encoder: StudentEncoder | None

    def __init__(
        self,
        teacher: Teacher,
        student: Talker,
        student_encoder: StudentEncoder | None,
        standardizer: Standardizer,
        config: TrainConfig,
        decoder_only: bool = False,
    ) -> None:
        super().__init__()
        require_gradients(student)
        if decoder_only:
            student.voice.requires_grad_(False)
            student.personalizer.requires_grad_(False)
        self.decoder_only = decoder_only
        self.talker, self.student_encoder = student, student_encoder
        self.teacher, self.standardizer, self.config = teacher, standardizer, config
        self.initial_std = torch.from_numpy(initial_noise_std(student.config)).to(standardizer.mean.device)

    def forward(self, batch: Batch, rng: BatchRng) -> dict[str, Tensor]:
        w, schedule, levels_per_step = self.config.weights, self.teacher.schedule, self.teacher.levels_per_student_step
        noisiest = self.talker.config.steps
        clean = self.standardizer.apply(batch.faces)
        index = levels_per_step * rng.integers(1, noisiest // levels_per_step + 1)
        index = torch.where(rng.uniform() < NOISIEST_SHARE, noisiest, index)
        teacher_features = self.teacher.encode(batch)
        filled = self.teacher.fill(batch, teacher_features, clean)
        noisy = add_noise(filled, schedule.at(index), rng.normal(*clean.shape[1:]))
        noisy = scale_initial_noise(noisy, index == noisiest, self.initial_std)
        target, teacher_person = self.teacher.predict(batch, teacher_features, noisy, index)
        features = batch.features
        if self.student_encoder is not None:
            is_clean = rng.uniform() < CLEAN_SHARE
            features = self.student_encoder(torch.where(is_clean[:, None, None], batch.mel, augment(batch.mel, rng)))
        condition = self.talker.encode_audio(features, clean.shape[1])
        person = self.talker.personalize(batch.identity, batch.emotion)
        predicted = self.talker.denoise(noisy, condition, person, schedule.log_snr[index])
        weight = losses.distill_weight(schedule.at(index), w.distil_cap)
        parts = {
            **reconstruction_losses(predicted, clean, batch.faces, self.config),
            "distil": w.distil * (weight * (predicted - target).square()).mean(),
            "pc": w.pc * losses.enhancer(_upper_sample(person, predicted), _upper_sample(teacher_person, target)),
        }
        if not self.decoder_only:
            parts["contrast"] = voice_loss(self.talker, change_microphone(batch.mel, rng), batch, self.config)
        if self.student_encoder is not None:
            parts["ae"] = w.ae * losses.feature_matching(features, batch.features)
        return parts


def distill_round(
    data: Prepared,
    teacher_folder: Path,
    out: Path,
    config: TrainConfig,
    encoder_folder: Path | None = None,
    halve: bool = True,
    decoder_only: bool = False,
) -> None:
    """Train a student for one round and write it to `out`.

    It starts from its teacher's weights and takes half as many steps, or as many with halve=False. It keeps its teacher's audio encoder,
    unless encoder_folder names the folder of a student encoder to use instead.

    With decoder_only, only what comes after the encoder is trained: library, voices and encoder stay, and `data` holds features that were
    cached with the teacher's own encoder. That is how a finished model learns from new recordings.
    """
    accelerator = make_accelerator(config, out)
    talker, teacher_encoder, meta = load_model(teacher_folder)
    data.expect_width(talker.config.features, teacher_folder)
    student = copy.deepcopy(talker)
    student_encoder = copy.deepcopy(teacher_encoder) if encoder_folder is None else load_student_encoder(encoder_folder)
    if student_encoder is not None:
        shape = student_encoder.config
        student.config = replace(talker.config, encoder_width=shape.encoder_width, encoder_blocks=shape.encoder_blocks)
    device = accelerator.device
    standardizer = read_standardizer(meta).to(device)
    teacher = Teacher(
        talker.to(device),
        None if teacher_encoder is None or decoder_only else teacher_encoder.to(device),
        make_schedule(talker.config.steps, talker.config.schedule).to(device),
        meta["stride"],
        2 * meta["stride"] if halve else meta["stride"],
    )
    trained_encoder = None if decoder_only else student_encoder
    objective = DistillObjective(teacher, student, trained_encoder, standardizer, config, decoder_only)
    average = fit(accelerator, objective, data, config, out)
    student_meta = {
        **{key: meta[key] for key in ("identities", "descriptions", "emotions", "mean", "deviation", "start")},
        "split": data.scheme,
        "history": [*meta["history"], {"stage": "distill", "seed": config.seed, "weights": asdict(config.weights)}],
    }
    if accelerator.is_main_process:
        save_model(
            out,
            cast(Talker, average["talker"]),
            student_encoder if trained_encoder is None else cast(StudentEncoder, average["student_encoder"]),
            teacher.levels_per_student_step,
            student_meta,
        )
