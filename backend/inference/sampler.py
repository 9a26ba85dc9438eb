"""Few-step sampling of a diffusion model that predicts the clean signal. Works on numpy arrays and torch tensors alike."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from ..noise_schedule import Array, NoiseLevel


def ddim_step(noisy: Array, clean: Array, now: NoiseLevel, then: NoiseLevel) -> Array:
    """One deterministic step from level `now` to the less noisy `then` (Song et al. 2021, eq. 12 with eta = 0), given the predicted clean signal."""
    return then.alpha * clean + (then.sigma / now.sigma) * (noisy - now.alpha * clean)


def sample_ddim(
    denoise: Callable[[Array, NoiseLevel], Array],
    noise: Array,
    levels: Sequence[NoiseLevel],
    callback: Callable[[int, int], None] | None = None,
) -> Array:
    """Walk from noise to a clean signal, all of it at once; the backend goes in windows, see windowed_sampler.py.

    denoise(z, level) predicts the clean signal; levels run from noisiest to clean; callback(step, steps) is called before each step
    and may raise to cancel.
    """
    z = noise
    steps = len(levels) - 1
    for step, (now, then) in enumerate(pairwise(levels)):
        if callback is not None:
            callback(step, steps)
        z = ddim_step(z, denoise(z, now), now, then)
    return z
