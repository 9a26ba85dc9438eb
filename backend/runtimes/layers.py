"""The layers of the network on numpy alone, with or without a fast matrix product. Arrays are (frames, channels) float32.

Blender's build of numpy names no library for matrix products (BLAS). Without one, `@` is far slower than einsum, which
uses the processor's vector instructions by itself.
"""

import time
from collections.abc import Callable
from functools import cache

import numpy as np

Weights = dict[str, np.ndarray]

_ROWS = 64  # of a product at a time, so that its result stays in the processor's cache
_FEW = 8  # rows: for fewer, a BLAS is no faster, and it may start threads
_VALUES = 1 << 14  # of an activation at a time, for the same reason
# erf(x) = 1 - polynomial(1 / (1 + _P x)) exp(-x^2) for x >= 0, within 1.5e-7 (Abramowitz & Stegun 1964, 7.1.26)
_P = 0.3275911
_POLYNOMIAL = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)


@cache
def _has_fast_products() -> bool:
    """Time whether `@` is faster than einsum here. With a BLAS it is several times as fast, without one far slower."""
    square = np.ones((128, 128), np.float32)

    def seconds(multiply: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> float:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            multiply(square, square)
            times.append(time.perf_counter() - began)
        return min(times)

    return seconds(np.matmul) < seconds(_einsum)


def _einsum(x: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    out = np.empty((len(x), matrix.shape[1]), np.float32)
    for first in range(0, len(x), _ROWS):
        np.einsum("tk,kn->tn", x[first : first + _ROWS], matrix, out=out[first : first + _ROWS])
    return out


def product(x: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return x @ matrix, (n, k) and (k, m) -> (n, m)."""
    return x @ matrix if len(x) >= _FEW and _has_fast_products() else _einsum(x, matrix)


def transposed(matrix: np.ndarray) -> np.ndarray:
    """Return a weight as product() needs it: (out, in) -> (in, out), contiguous."""
    return np.ascontiguousarray(matrix.T)


def gelu(x: np.ndarray) -> np.ndarray:
    """Apply x Phi(x) in place (Hendrycks & Gimpel 2016), and return x."""
    flat = x.reshape(-1)
    for first in range(0, len(flat), _VALUES):
        part = flat[first : first + _VALUES]
        size = np.abs(part) * np.float32(np.sqrt(0.5))
        inverse = 1 / (1 + np.float32(_P) * size)
        tail = np.full_like(part, _POLYNOMIAL[-1])
        for coefficient in _POLYNOMIAL[-2::-1]:
            tail *= inverse
            tail += np.float32(coefficient)
        tail *= inverse
        size *= -size
        tail *= np.exp(size, out=size)  # 1 - erf(|x| / sqrt(2)) = 2 Phi(-|x|)
        tail *= np.abs(part) * np.float32(0.5)
        np.maximum(part, 0, out=part)
        part -= tail
    return x


def sigmoid(x: np.ndarray) -> np.ndarray:
    return np.tanh(x * np.float32(0.5)) * np.float32(0.5) + np.float32(0.5)


def layer_norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Normalize over channels (Ba et al. 2016)."""
    centered = x - x.mean(-1, keepdims=True)
    variance = np.einsum("...c,...c->...", centered, centered)[..., None] / np.float32(x.shape[-1])
    centered /= np.sqrt(variance + np.float32(1e-5))
    centered *= weight
    centered += bias
    return centered


def convolution(x: np.ndarray, matrix: np.ndarray, bias: np.ndarray, padding: int, stride: int = 1) -> np.ndarray:
    """Convolve over time. matrix: (kernel * in, out), from kernel_matrix()."""
    kernel = matrix.shape[0] // x.shape[1]
    padded = np.pad(x, ((padding, padding), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=0)[::stride]  # (frames, in, kernel)
    columns = windows.transpose(0, 2, 1).reshape(len(windows), -1)
    return product(columns, matrix) + bias


def kernel_matrix(weight: np.ndarray) -> np.ndarray:
    """Return a convolution's weight (out, in, kernel) as a matrix (kernel * in, out)."""
    return np.ascontiguousarray(weight.transpose(2, 1, 0).reshape(-1, len(weight)))


def depthwise(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, dilation: int) -> np.ndarray:
    """Convolve each channel over time by itself. weight: (channels, 1, kernel). Keeps the length."""
    kernel, frames = weight.shape[2], len(x)
    padding = dilation * (kernel // 2)
    padded = np.pad(x, ((padding, padding), (0, 0)))
    total = np.broadcast_to(bias, x.shape).copy()
    for tap in range(kernel):
        total += padded[tap * dilation :][:frames] * weight[:, 0, tap]
    return total
