"""Sizes of models: parameters by part, and megabytes in fp32."""

from dataclasses import dataclass

from torch import nn

from ..encoders import Encoder
from ..model.pipeline import TalkerPipeline

# Parameters of transformers' HubertModel with its default configuration, the papers' encoder: 377.5 MB in fp32.
HUBERT_BASE = 94_371_712
_FP32 = 4  # bytes


@dataclass(frozen=True)
class Size:
    """Numbers of parameters. encoder is None if the model needs a large encoder that was not named."""

    encoder: int | None
    personalizer: int
    decoder: int

    @property
    def talker(self) -> int:
        return self.personalizer + self.decoder

    @property
    def total(self) -> int | None:
        return None if self.encoder is None else self.encoder + self.talker


def _count(*modules: nn.Module) -> int:
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


def megabytes(parameters: int) -> float:
    """Return the size in fp32, where 1 MB is 1e6 bytes as in the papers."""
    return parameters * _FP32 / 1e6


def measure_size(pipeline: TalkerPipeline, encoder: Encoder | None) -> Size:
    """Count the parameters that inference needs. A model without identities needs no personalizer, though its file holds one."""
    talker = pipeline.talker
    personal = _count(talker.personalizer, talker.voice) if talker.config.personal else 0
    return Size(_encoder_size(pipeline, encoder), personal, _count(talker.norm, talker.condition, talker.decoder))


def _encoder_size(pipeline: TalkerPipeline, encoder: Encoder | None) -> int | None:
    if pipeline.student_encoder is not None:
        return _count(pipeline.student_encoder)
    return None if encoder is None else encoder.parameters
