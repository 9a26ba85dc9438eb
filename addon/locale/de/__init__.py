"""German messages, see the module above for what a language needs."""

from .head_keys import HEAD_KEYS
from .models import MODELS
from .operators import OPERATORS
from .panels import PANELS
from .reasons import REASONS
from .runtimes import RUNTIMES
from .take_sounds import TAKE_SOUNDS

MESSAGES = PANELS | OPERATORS | REASONS | MODELS | RUNTIMES | TAKE_SOUNDS | HEAD_KEYS
