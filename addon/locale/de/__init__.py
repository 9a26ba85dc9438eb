"""German messages, see the module above for what a language needs."""

from .models import MODELS
from .operators import OPERATORS
from .panels import PANELS
from .reasons import REASONS
from .runtimes import RUNTIMES

MESSAGES = PANELS | OPERATORS | REASONS | MODELS | RUNTIMES
