"""Messages for the artist: filled in any language, and safe to take off a pipe."""

import json
import pickle

import pytest

from backend.messages import UserError, UserMessage, listed

NESTED = UserMessage(
    "{count} of {share:.1f}: {reasons}",
    count=2,
    share=0.25,
    reasons=[UserMessage("{file} is empty", file="{a}.wav"), "as it is"],
)


def test_message_is_rendered_in_requested_language() -> None:
    german = {
        "{count} of {share:.1f}: {reasons}": "{reasons} ({share:.1f}, {count})",
        "{file} is empty": "{file} ist leer",
    }
    assert str(NESTED) == "2 of 0.2: {a}.wav is empty \u00b7 as it is"
    assert NESTED.render(lambda text: german.get(text, text)) == "{a}.wav ist leer \u00b7 as it is (0.2, 2)"


def test_message_without_arguments_is_plain_text() -> None:
    assert str(UserMessage('{"a": {}} %s')) == '{"a": {}} %s'


def test_message_survives_json() -> None:
    for message in (NESTED, UserMessage("Listening"), listed("a", UserMessage("b"))):
        assert UserMessage.from_json(json.loads(json.dumps(message.to_json()))) == message


@pytest.mark.parametrize(
    "value",
    [
        None,
        "Listening",
        {"template": "Listening"},
        {"template": 3, "arguments": {}},
        {"template": "{a}", "arguments": {"b": 1}},
        {"template": "{a} {b}", "arguments": {"a": 1}},
        {"template": "{a.__class__}", "arguments": {"a": 1}},
        {"template": "{a!r}", "arguments": {"a": 1}},
        {"template": "{a:999999999}", "arguments": {"a": 1}},
        {"template": "{a:.1f}", "arguments": {"a": "text"}},
        {"template": "{a", "arguments": {"a": 1}},
        {"template": "{a}", "arguments": {"a": None}},
        {"template": "{a}", "arguments": {"a": {"template": 3, "arguments": {}}}},
        {"template": "{}", "arguments": {"": 1}},
    ],
)
def test_malformed_message_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        UserMessage.from_json(value)


def test_endless_nesting_is_refused() -> None:
    value: object = "end"
    for _ in range(200):
        value = {"template": "{a}", "arguments": {"a": value}}
    with pytest.raises(TypeError):
        UserMessage.from_json(value)


def test_error_survives_another_process() -> None:
    error = pickle.loads(pickle.dumps(UserError("{file} is empty", file="a.wav")))
    assert str(error) == "a.wav is empty"
    assert error.message == UserMessage("{file} is empty", file="a.wav")
