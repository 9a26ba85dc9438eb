"""What is taken from a voice when nobody chose."""

import pytest

from backend.inference.voice_match import Ranking

WHO = (("Ada", 0.4), ("Otto", 0.3))


@pytest.mark.parametrize(
    ("emotions", "taken"),
    [
        ((("anger", 0.6), ("neutral", 0.4)), "anger"),
        ((("anger", 0.5), ("neutral", 0.2), ("fear", 0.3)), "neutral"),  # no likelier than the others together
        ((("neutral", 0.45), ("anger", 0.4), ("fear", 0.15)), "neutral"),
        ((("anger", 0.4), ("fear", 0.35), ("disgust", 0.25)), "anger"),  # a model without neutral
    ],
)
def test_only_an_emotion_that_is_likelier_than_not_is_taken_from_the_voice(
    emotions: tuple[tuple[str, float], ...], taken: str
) -> None:
    assert Ranking(WHO, emotions).emotion == taken


def test_the_identity_is_the_likeliest_however_unlikely() -> None:
    assert Ranking(WHO, (("neutral", 1.0),)).identity == "Ada"
