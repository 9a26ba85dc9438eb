"""A look target: eyes that hold a point, with breaks in which they glance away. A pure function of curves.

People who talk look at their listener for a while, away for about a second, and back (Lee, Badler & Badler 2002, "Eyes
Alive": about three seconds and one). The seed of a take chooses when and where to.
"""

import numpy as np

from .base import Curves
from .eye_darts import DEGREES, LOWEST_FPS, ease, has_gaze, mean_gaze, rests, sector_angle, turn

LIMITS = (27.0, 20.0)  # degrees that the eyes turn at most, to the sides and up or down
_LOST = (50.0, 75.0)  # degrees from straight ahead at which eyes begin to give the target up, and have given it up
_HOLD, _MORE_HOLD = (
    1.8,
    0.9,
)  # s: shortest time between breaks, and the scale of the gamma distribution (shape 2) on top
_BREAK, _MORE_BREAK = 0.4, 0.7  # s: shortest break, and the longest time on top
_AWAY, _FARTHER = 6.0, 7.0  # degrees of a break: the least, and the most on top
_NEAR = 0.3  # of an eye dart's size while the eyes hold the target, and so look from eye to eye to mouth of a face


def hold(take: Curves, aim: np.ndarray, seed: int, darts: bool, locked: np.ndarray | None = None) -> Curves:
    """Return the take with eyes that look at a target, and lids that follow them up and down.

    aim: (frames, 2) degrees from the face's straight ahead to the target, to the person's left and up; NaN for none there.
    darts: whether the eyes dart on the target. locked: (frames, channels) bool, values to keep, as in eye_darts.dart().
    The eyes turn as far as LIMITS. A target farther aside than they can follow leaves the gaze to the model.
    """
    if take.fps < LOWEST_FPS or len(take.values) < 2 or not has_gaze(take):
        return take
    gaze = mean_gaze(take)
    frames = np.minimum(np.arange(len(gaze)), len(aim) - 1)
    aim = aim[frames]
    aside = np.hypot(*aim.T)
    held = 1 - ease(np.nan_to_num((aside - _LOST[0]) / (_LOST[1] - _LOST[0]), nan=1.0))[:, None]
    goal = np.nan_to_num(np.clip(aim, -np.array(LIMITS), LIMITS)) + breaks(seed, len(gaze), take.fps)
    goal = np.clip(goal, -np.array(LIMITS), LIMITS) / DEGREES
    if darts:
        goal += _NEAR * rests(seed, len(gaze) / take.fps).offsets_at(np.arange(len(gaze)) / take.fps)
    shift = held * (goal - gaze)
    if locked is not None:
        shift[locked[:, [name.startswith("eyeLook") for name in take.names]].any(axis=1)] = 0.0
    return turn(take, shift, locked)


def breaks(seed: int, frames: int, fps: float) -> np.ndarray:
    """Return how far the eyes glance away from the target, (frames, 2) degrees to the person's left and up; 0 outside breaks."""
    random = np.random.default_rng([seed, 1]).random  # other numbers than those of the darts
    seconds, away = np.arange(frames) / fps, np.zeros((frames, 2))
    at = 0.0
    while True:
        at += _HOLD - _MORE_HOLD * float(np.log((1 - random()) * (1 - random())))
        end = at + _BREAK + _MORE_BREAK * random()
        angle, size = sector_angle(random), _AWAY + _FARTHER * random()
        if at >= seconds[-1]:
            return away
        jump = 0.025 + 0.0024 * size  # the main sequence, see eye_darts
        share = ease((seconds - at) / jump) - ease((seconds - end) / jump)
        away += share[:, None] * (-size * np.cos(angle), size * np.sin(angle))
        at = end
