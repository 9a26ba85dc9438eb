"""The Python API: load a model and generate takes of sound files, without a process or a command line in between."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import DEFAULT_MODEL
from .curves.adjust import Controls, adjust, known_mask
from .inference import generator
from .inference.generate_takes import generate_takes
from .performance import Performance, Take
from .runtimes import AUTO


@dataclass(frozen=True)
class Talker:
    """A loaded model. Several threads may use one."""

    model: generator.Model

    @property
    def identities(self) -> tuple[str, ...]:
        """Names for the `identity` of a request."""
        return tuple(identity.name for identity in self.model.card.identities)

    @property
    def emotions(self) -> tuple[str, ...]:
        """Names for the `emotion` of a request and of its emotion keys."""
        return self.model.card.emotions

    def generate(
        self,
        file: str | Path,
        *,
        start: float = 0.0,
        end: float | None = None,
        full_blinks: bool = True,
        eye_darts: bool = True,
        **request: Any,
    ) -> Take:
        """Generate one take of the seconds [start, end) of a sound file; end None is the file's end.

        full_blinks: close the lids in every blink, 10 to 28 times a minute. eye_darts: let the eyes rest and jump.
        request: fields of a Performance, such as identity="Ada" or seed=3; others have their defaults.
        Raises AudioError when the file or the range can't be used, RequestError when the model can't do what is asked, and ModelError when the model is faulty.
        """
        performance = Performance(**request, count=1)
        takes = self.generate_takes(
            file, performance, start=start, end=end, full_blinks=full_blinks, eye_darts=eye_darts
        )
        return next(takes)

    def generate_takes(
        self,
        file: str | Path,
        performance: Performance,
        *,
        start: float = 0.0,
        end: float | None = None,
        full_blinks: bool = True,
        eye_darts: bool = True,
    ) -> Iterator[Take]:
        """Yield performance.count takes as they are made. Raises what generate() raises, when the first take is asked for."""
        controls = Controls(full_blinks=full_blinks, eye_darts=eye_darts)
        for take in generate_takes(self.model, file, performance, start, end):
            if controls == Controls():
                yield take
            else:
                locked = known_mask(performance.locked, len(take.curves.values))
                yield replace(take, curves=adjust(take.curves, controls, take.seed, locked))


def load_model(folder: str | Path = DEFAULT_MODEL, *, runtime: str = AUTO, threads: int = 0) -> Talker:
    """Load a model folder; the default is the bundled model. Raises ModelError when it can't be used.

    runtime: "onnx", "numpy", "torch", "tensorrt", or "auto" for ONNX Runtime where it is installed and numpy otherwise.
    Where it can't be used, "auto" takes its place and a RuntimeWarning says why.
    threads: of the processor; 0 uses every core.
    """
    model = generator.load_model(Path(folder), runtime, threads)
    for notice in model.notices:
        warnings.warn(str(notice), RuntimeWarning, stacklevel=2)
    return Talker(model)
