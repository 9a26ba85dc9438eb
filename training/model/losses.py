"""The papers' losses, one function each. Curves are (B, N, C), normalised to unit deviation a channel; each returns a scalar."""

import torch
import torch.nn.functional as F
from torch import Tensor

from backend.arkit import CHANNELS, LOWER
from backend.noise_schedule import NoiseLevel

TEMPERATURE = 0.1  # of the match between voice and library, in training as at inference

LOWER_INDEX = [CHANNELS.index(name) for name in LOWER]
UPPER_INDEX = [i for i in range(len(CHANNELS)) if i not in LOWER_INDEX]


def expression(predicted: Tensor, truth: Tensor) -> Tensor:
    """L_exp: mean squared error over all channels (v1, eq. 3)."""
    return F.mse_loss(predicted, truth)


def lip(predicted: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """L_lip: the same over jaw and lips (v1), each frame weighted (B, N)."""
    error = (predicted[..., LOWER_INDEX] - truth[..., LOWER_INDEX]).square()
    return (error * weight[..., None]).mean()


def contact(faces: Tensor) -> Tensor:
    """(B, N) 1 where lips meet under an open jaw (p, b, m) or the lower lip is tucked in (f, v), else 0. faces (B, N, C) in 0..1.

    The mean of an uncertain closure is a half-open mouth, which is wrong either way; to viewers a missed closure is the worse mistake.
    """
    jaw, close, roll = (faces[..., CHANNELS.index(name)] for name in ("jawOpen", "mouthClose", "mouthRollLower"))
    return (((close > 0.5 * jaw) & (jaw > 0.02)) | (roll > 0.12)).to(faces.dtype)


def velocity(predicted: Tensor, truth: Tensor) -> Tensor:
    """L_vel: mean squared error of the change from frame to frame (v1)."""
    return F.mse_loss(predicted.diff(dim=1), truth.diff(dim=1))


def contrast(query: Tensor, keys: Tensor, target: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """L_con: cross-entropy of each voice's similarity to the whole library (v1's InfoNCE; clips of one speaker share a positive).

    query (B, E) and keys (L, E) are unit vectors, target (B,) indices.
    """
    return F.cross_entropy(query @ keys.T / temperature, target)


def distil_target(noisy: Tensor, arrived: Tensor, now: NoiseLevel, then: NoiseLevel) -> Tensor:
    """What one student step must predict to land where two teacher steps did (Salimans & Ho 2022, appendix G).

    noisy: z at `now`; arrived: z at `then`, after the teacher's two DDIM steps. Where then.sigma = 0, the last step, this is the teacher's x.
    """
    ratio = then.sigma / now.sigma
    return (arrived - ratio * noisy) / (then.alpha - ratio * now.alpha)


def distil_weight(level: NoiseLevel, cap: float) -> Tensor:
    """Truncated SNR weight max(alpha^2 / sigma^2, 1) (Salimans & Ho 2022, eq. 9), capped: it runs into the hundreds near clean."""
    return (level.alpha**2 / level.sigma**2).clamp(1.0, cap)


def features(small: Tensor, large: Tensor) -> Tensor:
    """L_ae: the small encoder's features against the large one's, (B, T, F) (v2). Both normalised over F, as the decoder reads them."""
    width = small.shape[-1:]
    return F.mse_loss(F.layer_norm(small, width), F.layer_norm(large, width))


def enhancer(student: Tensor, teacher: Tensor, temperature: float = 0.1) -> Tensor:
    """L_pc, v2's personalizer enhancer: InfoNCE between students' and teachers' samples, the diagonal is positive.

    Each row (B, D) is a sample: its personalized embedding and what that model does with the upper face.
    """
    logits = F.normalize(student, dim=-1) @ F.normalize(teacher, dim=-1).T / temperature
    return F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))
