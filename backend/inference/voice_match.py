"""Identity and emotion from the voice: similarity to the library's keys (v1; v2 adds emotion)."""

from dataclasses import dataclass

import numpy as np

from ..model_folder import ModelCard

NEUTRAL = "neutral"
SURE = 0.5  # probability that an emotion must pass to be taken from the voice: a wrong one is worse than none


@dataclass(frozen=True)
class Ranking:
    """Names with probabilities, best first."""

    identities: tuple[tuple[str, float], ...]
    emotions: tuple[tuple[str, float], ...]

    @property
    def identity(self) -> str:
        return self.identities[0][0]

    @property
    def emotion(self) -> str:
        """The likeliest; neutral if it is no more likely than all the others together and the model knows neutral."""
        name, probability = self.emotions[0]
        return name if probability > SURE or NEUTRAL not in dict(self.emotions) else NEUTRAL


def voice_sums(voice: np.ndarray) -> np.ndarray:
    """What there is to know of some of a voice's frames, (T, 1 + V) -> (1 + 2 V,); that of all of them is the sum."""
    weight, content = voice[:, :1].astype(np.float64), voice[:, 1:].astype(np.float64)
    return np.concatenate([weight.sum(0), (weight * content).sum(0), (weight * content**2).sum(0)])


def pool_voice(sums: np.ndarray) -> np.ndarray:
    """Weighted mean and deviation over time, out of the sums: (1 + 2 V,) -> (2 V,). Must equal training's VoiceHead.pool."""
    total = sums[0] + 1e-4
    mean, square = np.split(sums[1:] / total, 2)
    return np.concatenate([mean, np.sqrt(np.maximum(square - mean**2, 0) + 1e-4)]).astype(np.float32)


def _match(
    query: np.ndarray, keys: np.ndarray, names: tuple[str, ...], temperature: float
) -> tuple[tuple[str, float], ...]:
    score = keys @ query / temperature
    probability = np.exp(score - score.max())
    probability /= probability.sum()
    return tuple((names[i], float(probability[i])) for i in np.argsort(-probability, kind="stable"))


def rank(card: ModelCard, identity_query: np.ndarray, emotion_query: np.ndarray) -> Ranking:
    """Compare a voice's queries with the library."""
    names = tuple(entry.name for entry in card.identities)
    return Ranking(
        _match(identity_query, card.identity_keys, names, card.temperature),
        _match(emotion_query, card.emotion_keys, card.emotions, card.temperature),
    )
