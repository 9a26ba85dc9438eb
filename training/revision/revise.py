"""Train a finished model on its own takes, revised: emotions, even sides, brows on accents, wider lips by effort, and the lips of real people.

The targets lie along the model's own sampling trajectory. So what follows from a seed (blinks, gaze, brows) still does, and two steps stay
enough, which diffusion on revised recordings would not give.
"""

import copy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from backend.arkit import CHANNELS, EMOTIONS
from backend.inference.sampler import ddim_step
from backend.inference.voice_match import NEUTRAL

from ..data.prepared import Batch, Prepared
from ..model import losses
from ..model.checkpoint import save_model
from ..model.config import TrainConfig
from ..model.network import StudentEncoder, Talker
from ..synthetic.performer.styles import EMOTION_STYLES, STYLES, Style
from ..train.augment import augment
from ..train.batch_rng import BatchRng
from ..train.loop import fit, make_accelerator
from ..train.student_encoder import load_student_encoder
from .effort import LARGEST_TILT, open_by_effort, with_effort
from .expression import add_pose, lean_left, make_even, raise_brows
from .head import speech_level
from .tracked_lips import (
    SoundToMouth,
    fit_sound_to_mouth,
    follow_mouth,
    follow_performer,
    is_performed,
    is_tracked,
    lips_touch,
    mixed_shape,
    press_lips,
    round_as_heard,
)
from .trajectory import FinishedModel, load_finished, trajectory

_CLEAN_SHARE = 1 / 2  # of the clips that the encoder gets without augmentation
_TILTED_SHARE = 1 / 2  # of the clips that are spoken with more or less effort
_NEUTRAL_SHARE = 1 / 3  # of the clips that nobody was filmed for
_BROW = CHANNELS.index("browInnerUp")


@dataclass(frozen=True)
class _Row:
    """What the revision of one clip depends on.

    face: as recorded, (N, 52). mel: (2 T, bands). noise: (N, 52), from which it was sampled. tilt: of its spectrum, dB an octave.
    """

    emotion: str
    tilt: float
    style: Style
    face: np.ndarray
    features: np.ndarray
    mel: Tensor
    noise: np.ndarray


def revise_face(face: np.ndarray, row: _Row, mouth: SoundToMouth | None) -> np.ndarray:
    """Return a take (N, 52) in 0..1 as it should have been.

    The mouth follows the people of a film, or the performer where it made the recording.
    """
    style = row.style
    face = lean_left(face) if EMOTION_STYLES[row.emotion].one_sided else make_even(face)
    if mouth is not None and is_tracked(row.face):
        face = follow_mouth(face, mixed_shape(mouth, row.face, row.features), lips_touch(row.face))
    else:
        if is_performed(row.face):
            face = follow_performer(face, row.face)
        if mouth is not None:
            face = round_as_heard(face, mouth, row.features)
    face = press_lips(add_pose(open_by_effort(face, row.tilt), row.emotion, style.expressive))
    return raise_brows(face, speech_level(row.mel, len(face)), row.noise[:, _BROW], style)


class ReviseObjective(nn.Module):
    """L_exp and L_lip between each step's prediction and the old model's, revised. L_ae keeps the encoder near the old one."""

    def __init__(
        self,
        old: FinishedModel,
        talker: Talker,
        student_encoder: StudentEncoder,
        mouth: SoundToMouth | None,
        styles: tuple[Style, ...],
        config: TrainConfig,
    ) -> None:
        super().__init__()
        talker.requires_grad_(True)
        talker.voice.requires_grad_(False)
        talker.personalizer.requires_grad_(False)
        self.talker, self.student_encoder = talker, student_encoder.requires_grad_(True)
        self.old, self.mouth, self.styles, self.config = old, mouth, styles, config

    def forward(self, batch: Batch, rng: BatchRng) -> dict[str, Tensor]:
        w, talker, old = self.config.weights, self.talker, self.old
        recorded = batch.faces[..., : len(CHANNELS)]
        frames = recorded.shape[1]
        noise = rng.normal(frames, len(CHANNELS))
        identity, emotion = self._roles(recorded, rng)
        with torch.no_grad():
            person = talker.personalize(identity, emotion)
            condition = old.talker.encode_audio(batch.features, frames)
            steps, _ = trajectory(old, noise, condition, person)
        tilt = torch.where(rng.uniform() < _TILTED_SHARE, LARGEST_TILT * (2 * rng.uniform() - 1), 0.0)
        rows = [
            _Row(EMOTIONS[int(e)], float(t), self.styles[int(i)], face, features, mel, each)
            for e, t, i, face, features, mel, each in zip(
                emotion,
                tilt,
                identity,
                recorded.double().cpu().numpy(),
                batch.features.cpu().numpy(),
                batch.mel.cpu(),
                noise.cpu().numpy(),
                strict=True,
            )
        ]
        clean = rng.uniform(1, 1) < _CLEAN_SHARE
        mel = with_effort(batch.mel, tilt)
        features = self.student_encoder(torch.where(clean, mel, augment(mel, rng)))
        heard = talker.encode_audio(features, frames)
        noisy = noise * old.initial_std
        parts = {"exp": noise.new_zeros(()), "lip": noise.new_zeros(())}
        for step in steps:
            faces = self._revise(step.clean, rows)
            target = old.standardizer.apply(faces)
            predicted = talker.denoise(noisy, heard, person, old.schedule.log_snr[step.index])
            parts["exp"] = parts["exp"] + w.exp * losses.expression(predicted, target)
            frame_weight = 1 + w.contact * losses.contact(faces)
            parts["lip"] = parts["lip"] + w.lip * losses.lip(predicted, target, frame_weight)
            noisy = ddim_step(noisy, target, step.now, step.then)
        plain = tilt == 0  # the old encoder hears no effort, so there is nothing to match where the spectrum is tilted
        parts["ae"] = noise.new_zeros(())
        if plain.any():
            parts["ae"] = w.ae * losses.feature_matching(features[plain], batch.features[plain])
        return parts

    def _roles(self, recorded: Tensor, rng: BatchRng) -> tuple[Tensor, Tensor]:
        """Draw who performs each clip and how, indices (B,), (B,). The people of films read without emotion."""
        identity = rng.integers(0, len(self.styles))
        filmed = torch.tensor([is_tracked(face) for face in recorded.cpu().numpy()], device=recorded.device)
        neutral = filmed | (rng.uniform() < _NEUTRAL_SHARE)
        emotion = torch.where(neutral, EMOTIONS.index(NEUTRAL), rng.integers(0, len(EMOTIONS)))
        return identity, emotion

    @torch.no_grad()
    def _revise(self, clean: Tensor, rows: list[_Row]) -> Tensor:
        """Revise what a step predicted, standardized (B, N, 52). Returns faces in 0..1."""
        faces = self.old.standardizer.undo(clean).double().cpu().numpy()
        revised = [revise_face(face, row, self.mouth) for face, row in zip(faces, rows, strict=True)]
        return torch.from_numpy(np.stack(revised)).to(clean)


def revise(data: Prepared, folder: Path, out: Path, config: TrainConfig, ear: Path | None = None) -> None:
    """Write the model in `folder`, revised, to `out`.

    `data` needs features that were cached with the model's own encoder. Its sound is spoken by all identities in all emotions. Where faces
    were tracked from film, it is spoken with their lips. Encoder and decoder are trained; library and voices stay. `ear`: a folder with an
    encoder to use in place of the model's own. Raises ValueError for a model that can't be revised.
    """
    accelerator = make_accelerator(config, out)
    old = load_finished(folder, accelerator.device)
    if old.encoder is None:
        raise ValueError(f"{folder} has no encoder of its own: revise a student")
    if old.talker.config.channels != len(CHANNELS):
        raise ValueError(f"{folder} has a head already: revise it before the stage `head`")
    data.expect_width(old.talker.config.features, folder)
    known = {style.name: style for style in STYLES}
    styles = tuple(known.get(name, replace(STYLES[0], name=name)) for name in old.meta["identities"])
    talker = copy.deepcopy(old.talker)
    encoder = (copy.deepcopy(old.encoder) if ear is None else load_student_encoder(ear)).to(accelerator.device)
    talker.config = replace(
        talker.config, encoder_width=encoder.config.encoder_width, encoder_blocks=encoder.config.encoder_blocks
    )
    objective = ReviseObjective(old, talker, encoder, fit_sound_to_mouth(data), styles, config)
    average = fit(accelerator, objective, data, config, out)
    if accelerator.is_main_process:
        meta = {key: value for key, value in old.meta.items() if key not in ("config", "stride")}
        stage = {"stage": "revise", "seed": config.seed, "weights": asdict(config.weights)}
        save_model(
            out,
            cast(Talker, average["talker"]),
            cast(StudentEncoder, average["student_encoder"]),
            old.meta["stride"],
            {**meta, "history": [*old.meta["history"], stage]},
        )
