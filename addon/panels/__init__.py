"""The panels, in the order of the sidebar, and the page in the preferences. Runs in Blender."""

from .. import registration
from . import arkit_keys, cast, controls, keys, locks, main, mapping, preferences, sound_lane, take_sounds, takes

register, unregister = registration.for_modules(
    main, takes, take_sounds, sound_lane, locks, controls, cast, mapping, arkit_keys, keys, preferences
)
