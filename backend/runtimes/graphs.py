"""A Runtime over the model's four graphs, whoever runs them: their inputs' names and shapes, and which of their outputs is what."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class GraphRuntime:
    """backend.runtimes.Runtime.

    run: (part, inputs by name, float32 and contiguous) -> outputs by name; state: GRU layers and their width.
    """

    name: str
    run: Callable[[str, Arrays], Arrays]
    state: tuple[int, int]

    def encode(self, mel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        heard = self._run("encoder", mel=mel[None])
        return heard["condition"][0], heard["voice"][0]

    def queries(self, voice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        asked = self._run("voice", pooled=voice[None])
        return asked["identity"][0], asked["emotion"][0]

    def personalize(self, identity: np.ndarray, emotion: np.ndarray) -> np.ndarray:
        return self._run("personalizer", identity=identity[None], emotion=emotion[None])["person"][0]

    def denoise(
        self, noisy: np.ndarray, condition: np.ndarray, person: np.ndarray, log_snr: float, state: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        takes = len(noisy)
        layers, width = self.state
        done = self._run(
            "decoder",
            noisy=noisy,
            condition=np.broadcast_to(condition, (takes, *condition.shape)),
            person=np.broadcast_to(person, (takes, *person.shape)),
            log_snr=np.full(takes, log_snr),
            state=np.zeros((layers, takes, width)) if state is None else state,
        )
        return done["clean"], done["state_out"]

    def _run(self, part: str, **inputs: np.ndarray) -> Arrays:
        return self.run(part, {name: np.ascontiguousarray(value, np.float32) for name, value in inputs.items()})
