"""NumPy's .npz: for scripts."""

import zipfile
from pathlib import Path

import numpy as np

from ..curves import Curves, CurvesError
from .channels import check_fps, pick_channels
from .whole import replace_bytes


def write_npz(path: str | Path, curves: Curves) -> None:
    """Write the arrays names (channels,) of text, values (frames, channels) float32 in 0..1, fps and start. Raises CurvesError."""
    replace_bytes(
        path, lambda file: np.savez_compressed(file, names=np.array(curves.names), values=curves.values, fps=curves.fps, start=curves.start)
    )


def read_npz(path: str | Path) -> Curves:
    """Read what write_npz wrote, or another .npz with arrays of these names; start may be missing. Raises CurvesError."""
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("names", "values", "fps", "start") if name in file}
        names = [str(name) for name in arrays["names"]]
        values = np.asarray(arrays["values"], np.float32)
        fps, start = float(arrays["fps"]), float(arrays.get("start", 0.0))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise CurvesError(
            f'"{path.name}" holds no curves that can be read ({error!r}): it needs the arrays names, values and fps.'
        ) from error
    return Curves(*pick_channels(path, names, values), check_fps(path, fps), start)
