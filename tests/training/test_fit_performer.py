"""The performer learns from films when sounds act and how far, and leaves alone what films don't show."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.arkit import CHANNELS
from backend.curves.base import Curves
from tests.training.made_voice import SENTENCES, say
from training.__main__ import main
from training.data.beat_writer import write_recording
from training.data.prepared import prepare
from training.revision.fit_performer import Clip, agreement, fit_articulation, make_clip
from training.synthetic.performer.articulation import (
    ARTICULATORS,
    Articulation,
    bundled_articulation,
    read_articulation,
    write_articulation,
)
from training.synthetic.performer.perform import FPS, perform
from training.synthetic.performer.performed_takes import text_grid
from training.synthetic.performer.phones import Phone
from training.synthetic.performer.styles import STYLES

KNOWN = ("jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthLowerDownLeft", "mouthLowerDownRight")
PUCKER = ARTICULATORS.index("pucker")
LATER = 0.06  # s


def late_rounding() -> Articulation:
    """Somebody whose lips round later than the performer's."""
    ours = bundled_articulation()
    return replace(ours, lag=(*ours.lag[:PUCKER], *(lag + LATER for lag in ours.lag[PUCKER:])))


def film(sentence: str, pace: float) -> tuple[np.ndarray, tuple[Phone, ...], Curves]:
    samples, phones = say(sentence, pace)
    curves = perform(samples, phones, STYLES[2], "neutral", np.random.default_rng(0), articulation=late_rounding())
    return (
        samples,
        phones,
        replace(curves, names=KNOWN, values=curves.values[:, [CHANNELS.index(name) for name in KNOWN]]),
    )


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    made = []
    for sentence in SENTENCES:
        for pace in (1.0, 1.5):
            samples, phones, curves = film(sentence, pace)
            face = np.full((len(curves.values) // 2, len(CHANNELS)), np.nan)
            face[:, [CHANNELS.index(name) for name in KNOWN]] = curves.values[: 2 * len(face) : round(FPS / 30)]
            made.append(make_clip(int(pace), samples, phones, face))
    return made


@pytest.fixture(scope="module")
def fitted(clips: list[Clip]) -> Articulation:
    return fit_articulation(clips, bundled_articulation())


def test_fit_follows_the_people_of_films(clips: list[Clip], fitted: Articulation) -> None:
    before, after = agreement(clips, bundled_articulation()), agreement(clips, fitted)
    assert (after > before - 0.005).all()
    assert after[2] > before[2] + 0.02  # rounding
    later = fitted.lag[PUCKER] - bundled_articulation().lag[PUCKER]
    assert 0.4 * LATER < later < 1.3 * LATER


def test_sounds_that_no_film_has_stay_as_they_were(fitted: Articulation) -> None:
    ours = bundled_articulation()
    assert "OO" in ours.targets and fitted.targets["UH"] != ours.targets["UH"]  # said in "put" and "book"
    assert fitted.targets["Y"] == ours.targets["Y"] and fitted.dominances["Y"] == ours.dominances["Y"]


def test_articulation_survives_its_file(fitted: Articulation, tmp_path: Path) -> None:
    write_articulation(tmp_path / "a.json", fitted)
    again = read_articulation(tmp_path / "a.json")
    assert again.targets.keys() == fitted.targets.keys()
    assert np.allclose(again.lag, fitted.lag, atol=1e-4)
    assert np.allclose(list(again.targets.values()), list(fitted.targets.values()), atol=1e-4)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"articulators": ["jaw"]}'])
def test_other_files_hold_no_articulation(content: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ValueError, match="holds no articulation"):
        read_articulation(tmp_path / "a.json")


def test_stage_fits_prepared_films(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recordings, out = tmp_path / "recordings", tmp_path / "fitted.json"
    for speaker in (1, 2):
        parts = [film(sentence, 1.2 + 0.2 * speaker) for sentence in SENTENCES]
        samples = np.concatenate([part[0] for part in parts])
        faces = np.concatenate([part[2].values for part in parts])
        phones, clock = [], 0.0
        for sound, said, _ in parts:
            phones += [Phone(each.label, each.start + clock, each.end + clock) for each in said]
            clock += len(sound) / 16000
        stem = f"{speaker}_film_0_1_1"
        write_recording(recordings / str(speaker), stem, samples, Curves(KNOWN, faces, FPS))
        (recordings / str(speaker) / f"{stem}.TextGrid").write_text(text_grid(phones, clock))
    prepare(recordings, tmp_path / "prepared", align=False, workers=1)
    assert not main(["fit", str(tmp_path / "prepared"), str(recordings), str(out)])
    printed = capsys.readouterr().out
    assert "takes of 2 people" in printed and "fitted: jaw" in printed
    assert read_articulation(out).lag[PUCKER] > bundled_articulation().lag[PUCKER] + 0.01


def test_films_without_words_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples, _, curves = film(SENTENCES[0], 2.5)
    write_recording(tmp_path / "recordings" / "1", "1_film_0_1_1", samples, curves)
    prepare(tmp_path / "recordings", tmp_path / "prepared", align=False, workers=1)
    assert main(["fit", str(tmp_path / "prepared"), str(tmp_path / "recordings"), str(tmp_path / "out.json")]) == 1
    assert "no film whose words are known" in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()
