"""Identity and emotion chosen from the voice."""

import pytest

from backend.inference.voice_match import Ranking

IDENTITIES = (("Ada", 0.4), ("Otto", 0.3))


@pytest.mark.parametrize(
    ("emotions", "chosen"),
    [
        ((("anger", 0.6), ("neutral", 0.4)), "anger"),
        ((("anger", 0.5), ("neutral", 0.2), ("fear", 0.3)), "neutral"),  # not likelier than the others together
        ((("neutral", 0.45), ("anger", 0.4), ("fear", 0.15)), "neutral"),
        ((("anger", 0.4), ("fear", 0.35), ("disgust", 0.25)), "anger"),  # a model without neutral
    ],
)
def test_voice_sets_only_likely_emotions(emotions: tuple[tuple[str, float], ...], chosen: str) -> None:
    assert Ranking(IDENTITIES, emotions).emotion == chosen


def test_likeliest_identity_is_chosen_unless_the_voice_is_unknown() -> None:
    neutral = (("neutral", 1.0),)
    assert Ranking(IDENTITIES, neutral).identity == "Ada"
    assert Ranking(IDENTITIES, neutral, likeness=0.9, plainest="Vera").identity == "Ada"
    assert Ranking(IDENTITIES, neutral, likeness=0.3, plainest="Vera").identity == "Vera"
