"""German."""

from .operators import OPERATORS
from .panels import PANELS
from .reasons import REASONS

MESSAGES = PANELS | OPERATORS | REASONS
