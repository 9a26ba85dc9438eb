"""The papers' losses, one function each. Curves are (B, N, C), standardized per channel. Each loss is a scalar.

A recording may know only some of the channels. The truth is NaN in the others, which add nothing to a loss.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from backend.arkit import CHANNELS, LOWER
from backend.noise_schedule import NoiseLevel

TEMPERATURE = 0.1  # of the voice match, in training and at inference

LOWER_INDEX = [CHANNELS.index(name) for name in LOWER]
UPPER_INDEX = [i for i in range(len(CHANNELS)) if i not in LOWER_INDEX]


def squared_error(predicted: Tensor, truth: Tensor) -> Tensor:
    """Return (predicted - truth)^2, and 0 without a gradient where the truth is NaN."""
    return torch.where(truth.isnan(), 0.0, predicted - truth.nan_to_num()).square()


def expression(predicted: Tensor, truth: Tensor) -> Tensor:
    """Return L_exp, the mean squared error over all channels (v1, eq. 3)."""
    return squared_error(predicted, truth).mean()


def lip(predicted: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Return L_lip, the mean squared error over jaw and lips (v1). weight (B, N) is that of each frame."""
    error = squared_error(predicted[..., LOWER_INDEX], truth[..., LOWER_INDEX])
    return (error * weight[..., None]).mean()


def contact(faces: Tensor) -> Tensor:
    """Return 1 in the frames where lips meet under an open jaw (p, b, m) or the lower lip is tucked in (f, v), else 0.

    faces (B, N, C) in 0..1 -> (B, N). These frames get more weight because the mean of an uncertain closure is a half-open mouth, which is
    wrong either way, and viewers mind a missed closure more than a false one.
    """
    jaw, close, roll = (faces[..., CHANNELS.index(name)] for name in ("jawOpen", "mouthClose", "mouthRollLower"))
    return (((close > 0.5 * jaw) & (jaw > 0.02)) | (roll > 0.12)).to(faces.dtype)


def velocity(predicted: Tensor, truth: Tensor) -> Tensor:
    """Return L_vel, the mean squared error of the change from frame to frame (v1)."""
    return squared_error(predicted.diff(dim=1), truth.diff(dim=1)).mean()


def contrast(query: Tensor, keys: Tensor, target: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Return L_con, the cross-entropy of each voice's similarity to the whole library.

    This is v1's InfoNCE, where clips of one speaker share a positive. query (B, E) and keys (L, E) are unit vectors, target (B,) indices
    into the library.
    """
    return F.cross_entropy(query @ keys.T / temperature, target)


def distill_target(noisy: Tensor, arrived: Tensor, now: NoiseLevel, then: NoiseLevel) -> Tensor:
    """Return the clean signal that takes the student in one DDIM step to where two teacher steps ended (Salimans & Ho 2022, appendix G).

    noisy: z at `now`. arrived: z at `then`, after the teacher's two DDIM steps. In the last step then.sigma is 0 and the result is the
    teacher's x.
    """
    ratio = then.sigma / now.sigma
    return (arrived - ratio * noisy) / (then.alpha - ratio * now.alpha)


def distill_weight(level: NoiseLevel, cap: float) -> Tensor:
    """Return the truncated SNR weight max(alpha^2 / sigma^2, 1) (Salimans & Ho 2022, eq. 9).

    It is capped because it reaches several hundreds near the clean end.
    """
    return (level.alpha**2 / level.sigma**2).clamp(1.0, cap)


def feature_matching(small: Tensor, large: Tensor) -> Tensor:
    """Return L_ae, the mean squared error between student and large encoder features, (B, T, F) (v2).

    Both are normalized over F first, as the decoder does.
    """
    width = small.shape[-1:]
    return F.mse_loss(F.layer_norm(small, width), F.layer_norm(large, width))


def enhancer(student: Tensor, teacher: Tensor, temperature: float = 0.1) -> Tensor:
    """Return L_pc, v2's personalizer enhancer: InfoNCE between student and teacher samples, positive on the diagonal.

    Each row (B, D) holds a sample's personalized embedding and statistics of its upper face.
    """
    logits = F.normalize(student, dim=-1) @ F.normalize(teacher, dim=-1).T / temperature
    return F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))
