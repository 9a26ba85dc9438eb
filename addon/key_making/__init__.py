"""Making keys: read a head from the scene, run the job beside Blender, write what it made, and work on the keys. Runs in Blender."""

from .. import registration
from . import key_tools, make_keys

register, unregister = registration.for_modules(make_keys, key_tools)
