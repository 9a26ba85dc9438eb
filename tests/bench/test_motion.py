"""Figures of motion, on curves whose figures are known."""

import numpy as np
import pytest

from backend.arkit import CHANNELS
from backend.curves.base import Curves
from tests.bench import motion


def _take() -> Curves:
    """Make 20 s: two blinks, one of them full, brows at 1 Hz, one jump of the eyes, and a lopsided mouth."""
    values = np.zeros((600, 52), np.float32)
    seconds = np.arange(600) / 30
    for side in ("Left", "Right"):
        values[100:103, CHANNELS.index(f"eyeBlink{side}")] = 0.95
        values[300:303, CHANNELS.index(f"eyeBlink{side}")] = 0.75
        values[450:453, CHANNELS.index(f"eyeBlink{side}")] = 0.5
        values[:, CHANNELS.index(f"browOuterUp{side}")] = 0.2 + 0.1 * np.sin(2 * np.pi * seconds)
    values[:, CHANNELS.index("browInnerUp")] = 0.2 + 0.1 * np.sin(2 * np.pi * seconds)
    values[200:, CHANNELS.index("eyeLookUpLeft")] = 0.3
    values[:, CHANNELS.index("mouthSmileLeft")] = 0.1
    return Curves(CHANNELS, values, 30.0, rotations={"HeadYaw": np.radians(5 * np.sin(2 * np.pi * seconds))})


def test_figures_are_those_of_the_curves() -> None:
    figures = motion.measure([_take()])
    expected = {
        "blinks a minute, lids over 0.7": 6,
        "lids falling over 0.25, a minute": 9,
        "of these, reaching 0.9": 1 / 3,
        "browInnerUp, standard deviation": 0.1 / 2**0.5,
        "gaze jumps a minute": 3,
        "browInnerUp, 95 % of power below, Hz": 1.0,
        "r of browInnerUp and browOuterUp": 1.0,
        "largest left-right difference of the mouth's means": 0.1,
        "HeadYaw, standard deviation, degrees": 5 / 2**0.5,
    }
    assert {name: figures[name] for name in expected} == pytest.approx(expected, rel=0.01)
    assert np.isnan(figures["HeadRoll, standard deviation, degrees"])
    assert "| HeadRoll, standard deviation, degrees |  |" in motion.table({"takes": figures})
