"""How large models are: parameters by part, bytes in fp32."""

from dataclasses import dataclass

from torch import nn

from ..encoders import Encoder
from ..model.pipeline import TalkerPipeline

HUBERT_BASE = 94_371_712  # parameters of transformers' HubertModel with its default configuration, the papers' encoder: 377.5 MB in fp32
_FP32 = 4  # bytes


@dataclass(frozen=True)
class Size:
    """Parameters. encoder: None if the model hears with a large encoder that isn't at hand."""

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
    """In fp32; 1 MB = 1e6 bytes, as in the papers."""
    return parameters * _FP32 / 1e6


def size_of(pipeline: TalkerPipeline, encoder: Encoder | None) -> Size:
    """What a model needs in order to speak; a model without identities needs no personalizer, though its file holds one."""
    talker = pipeline.talker
    heard = (
        _count(pipeline.student_encoder)
        if pipeline.student_encoder is not None
        else None
        if encoder is None
        else encoder.parameters
    )
    personal = _count(talker.personalizer, talker.voice) if talker.config.personal else 0
    return Size(heard, personal, _count(talker.norm, talker.condition, talker.decoder))
