"""The panels, in the order of the sidebar, and the page in the preferences. Runs in Blender."""

from .. import registration
from . import cast, controls, keys, locks, main, mapping, preferences, takes

register, unregister = registration.for_modules(main, takes, locks, controls, cast, mapping, keys, preferences)
