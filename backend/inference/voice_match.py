"""Match a voice to the library's identities and emotions by similarity to their keys. Runs in the backend process."""

from dataclasses import dataclass

import numpy as np

from ..model_folder import ModelCard

NEUTRAL = "neutral"
# Cosine of a voice and the identity most like it, below which no identity is its own. Of 40 lines in the bundled model's
# own voices, all are above; of 30 lines by people it doesn't know, 21 are below.
MIN_LIKENESS = 0.67
MIN_EMOTION_PROBABILITY = 0.5  # below it, use neutral: a wrong emotion is worse than none


@dataclass(frozen=True)
class Ranking:
    """Names with their probabilities, best first.

    likeness: cosine of the voice and the first identity. plainest: the identity for a voice that is like none.
    """

    identities: tuple[tuple[str, float], ...]
    emotions: tuple[tuple[str, float], ...]
    likeness: float = 1.0
    plainest: str = ""

    @property
    def identity(self) -> str:
        """Return the likeliest identity or, if the voice is like none, the plainest."""
        return self.identities[0][0] if self.likeness >= MIN_LIKENESS or not self.plainest else self.plainest

    @property
    def emotion(self) -> str:
        """Return the likeliest emotion.

        Return neutral instead if the model has it and no emotion is likelier than all others together.
        """
        name, probability = self.emotions[0]
        return name if probability > MIN_EMOTION_PROBABILITY or NEUTRAL not in dict(self.emotions) else NEUTRAL


def voice_sums(voice: np.ndarray) -> np.ndarray:
    """Return the sums that pool_voice() needs, (T, 1 + V) -> (1 + 2 V,). Those of several windows add up."""
    weight, content = voice[:, :1].astype(np.float64), voice[:, 1:].astype(np.float64)
    return np.concatenate([weight.sum(0), (weight * content).sum(0), (weight * content**2).sum(0)])


def pool_voice(sums: np.ndarray) -> np.ndarray:
    """Return weighted mean and standard deviation over time from the sums: (1 + 2 V,) -> (2 V,).

    Must equal training's VoiceHead.pool.
    """
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
    """Rank the library's identities and emotions by likeness to a voice. Queries: unit vectors, (E,) each."""
    names = tuple(entry.name for entry in card.identities)
    return Ranking(
        _match(identity_query, card.identity_keys, names, card.temperature),
        _match(emotion_query, card.emotion_keys, card.emotions, card.temperature),
        float((card.identity_keys @ identity_query).max()),
        names[0],  # in the bundled model Ada, clear and exact
    )
