"""Few-step DDIM sampling of a model that predicts the clean signal. Works on NumPy arrays and torch tensors.

Runs in the backend process and in training.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

from ..noise_schedule import Array, NoiseLevel


def ddim_step(noisy: Array, clean: Array, now: NoiseLevel, then: NoiseLevel) -> Array:
    """Take a deterministic step from level `now` to the less noisy `then` (Song et al. 2021, eq. 12 with eta = 0).

    clean: the prediction of the clean signal. All arrays have one shape.
    """
    return then.alpha * clean + (then.sigma / now.sigma) * (noisy - now.alpha * clean)


def sample_ddim(
    denoise: Callable[[Array, NoiseLevel], Array],
    noise: Array,
    levels: Sequence[NoiseLevel],
    callback: Callable[[int, int], None] | None = None,
) -> Array:
    """Sample a clean signal from noise, all frames at once. For long clips, see windowed_sampler.

    denoise(z, level): predict the clean signal. levels: from the noisiest to the clean one.
    callback(step, steps): called before each step; may raise to cancel.
    """
    z = noise
    steps = len(levels) - 1
    for step, (now, then) in enumerate(pairwise(levels)):
        if callback is not None:
            callback(step, steps)
        z = ddim_step(z, denoise(z, now), now, then)
    return z
