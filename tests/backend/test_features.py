"""Log-mel features: pieces equal the whole, levels are evened, silence is silent."""

import numpy as np

from backend.features import RATE, frame_count, log_mel, mel_filters, speech_gain


def test_pieces_equal_the_whole() -> None:
    sound = np.random.default_rng(0).standard_normal(RATE * 2 + 77).astype(np.float32) * 0.1
    whole = log_mel(sound)
    assert whole.shape == (frame_count(len(sound)), 80)
    for first, count in ((0, 30), (50, 40), (180, len(whole) - 180)):
        np.testing.assert_allclose(log_mel(sound, first, count), whole[first : first + count], atol=1e-5)


def test_frames_past_the_end_are_silent() -> None:
    assert np.ptp(log_mel(np.zeros(RATE, np.float32), 90, 40)) == 0


def test_a_tone_lands_in_its_band() -> None:
    time = np.arange(RATE) / RATE
    for hertz in (200, 1000, 4000):
        band = log_mel(np.sin(2 * np.pi * hertz * time).astype(np.float32))[50].argmax()
        bins = np.fft.rfftfreq(512, 1 / RATE)
        assert abs(bins[mel_filters()[band].argmax()] - hertz) < 0.1 * hertz + 40


def test_speech_level_does_not_depend_on_gain() -> None:
    sound = np.random.default_rng(0).standard_normal(RATE).astype(np.float32) * 0.2
    for gain in (0.1, 1.0, 3.0):
        assert abs(speech_gain(gain * sound) * gain - speech_gain(sound)) < 1e-3
    assert speech_gain(np.zeros(RATE, np.float32)) <= 20
    assert speech_gain(np.zeros(10, np.float32)) == 1.0
