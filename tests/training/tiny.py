"""The smallest model that has every part of a real one: it trains in seconds."""

from training.model.config import ModelConfig

TINY = ModelConfig(
    features=24,
    condition=16,
    embedding=8,
    person=8,
    step=8,
    hidden=16,
    noisy=16,
    voice=8,
    encoder_width=16,
    encoder_blocks=2,
)
