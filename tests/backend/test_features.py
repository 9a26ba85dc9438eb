"""Log-mel features: cutting, leveling and agreement with their definition."""

import numpy as np

from backend.features import RATE, compress, cut, frame_count, log_mel, mel_filters, speech_gain


def test_pieces_equal_the_whole() -> None:
    sound = np.random.default_rng(0).standard_normal(RATE * 2 + 77).astype(np.float32) * 0.1
    whole = log_mel(sound)
    assert whole.shape == (frame_count(len(sound)), 80)
    for first, count in ((0, 30), (50, 40), (180, len(whole) - 180)):
        np.testing.assert_allclose(log_mel(sound, first, count), whole[first : first + count], atol=1e-5)


def test_log_mel_matches_its_definition() -> None:
    sound = np.random.default_rng(0).standard_normal(RATE).astype(np.float32) * 0.1
    frames = np.stack([np.pad(sound, 200)[160 * i : 160 * i + 400] for i in range(frame_count(len(sound)))]).astype(
        np.float64
    )
    power = np.abs(np.fft.rfft(frames * np.hanning(400), 512)) ** 2 @ mel_filters().T.astype(np.float64)
    np.testing.assert_allclose(log_mel(sound), compress(power), atol=1e-5)


def test_blocks_are_cut_like_whole_sound() -> None:
    sound = np.arange(1, 101, dtype=np.float32)
    around = np.concatenate([np.zeros(20), sound, np.zeros(60)])
    spans = [(-20, 3), (-20, 30), (10, 30), (28, 95), (60, 105), (110, 140)]
    for size in (1, 7, 33, 100):
        blocks = np.split(sound, range(size, 100, size))
        for piece, (start, stop) in zip(cut(blocks, spans), spans, strict=True):
            np.testing.assert_array_equal(piece, around[start + 20 : stop + 20])


def test_frames_past_the_end_are_silent() -> None:
    assert np.ptp(log_mel(np.zeros(RATE, np.float32), 90, 40)) == 0


def test_tone_lands_in_its_band() -> None:
    time = np.arange(RATE) / RATE
    for hertz in (200, 1000, 4000):
        band = log_mel(np.sin(2 * np.pi * hertz * time).astype(np.float32))[50].argmax()
        bins = np.fft.rfftfreq(512, 1 / RATE)
        assert abs(bins[mel_filters()[band].argmax()] - hertz) < 0.1 * hertz + 40


def test_speech_level_is_independent_of_gain() -> None:
    sound = np.random.default_rng(0).standard_normal(RATE).astype(np.float32) * 0.2
    for gain in (0.1, 1.0, 3.0):
        assert abs(speech_gain(gain * sound) * gain - speech_gain(sound)) < 1e-3
    assert speech_gain(np.zeros(RATE, np.float32)) <= 20
    assert speech_gain(np.zeros(10, np.float32)) == 1.0
