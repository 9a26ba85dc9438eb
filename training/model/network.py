"""The talking face: audio encoder -> personalizer -> GRU talker decoder that predicts clean curves from noisy ones.

DiffusionTalker v1 (arXiv 2311.16565) and v2 (arXiv 2503.18159). Shapes: B batch, T audio frames at 50 Hz, N face frames at 30 fps,
C channels, F audio features, D condition, E library embedding, P personalized embedding ("person").
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from backend.features import BANDS

from .config import ModelConfig

AUDIO_FPS, FACE_FPS = 50, 30


def to_face_rate(features: Tensor, frames: int) -> Tensor:
    """Interpolate linearly from 50 Hz to 30 fps, (B, T, D) -> (B, frames, D). Both time grids start at 0 s."""
    position = torch.arange(frames, device=features.device) * (AUDIO_FPS / FACE_FPS)
    position = position.clamp(max=features.shape[1] - 1)
    left = position.floor().long()
    right = (left + 1).clamp(max=features.shape[1] - 1)
    weight = (position - left)[:, None]
    return features[:, left] * (1 - weight) + features[:, right] * weight


class Block(nn.Module):
    """A dilated depthwise convolution and a two-layer perceptron, with a residual (after ConvNeXt, Liu et al. 2022)."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, 5, padding=2 * dilation, dilation=dilation, groups=width)
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 2 * width)
        self.contract = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:  # (B, T, width) -> the same
        y = self.depthwise(x.transpose(1, 2)).transpose(1, 2)
        return x + self.contract(F.gelu(self.expand(self.norm(y))))


class StudentEncoder(nn.Module):
    """The student's own audio encoder: log-mel at 100 Hz -> features at 50 Hz, with a finite receptive field."""

    DILATIONS = (1, 2, 4, 8)

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        width = config.encoder_width
        self.stem = nn.Conv1d(BANDS, width, 5, padding=2)
        self.halve = nn.Conv1d(width, width, 5, stride=2, padding=2)
        dilations = [self.DILATIONS[i % len(self.DILATIONS)] for i in range(config.encoder_blocks)]
        self.blocks = nn.ModuleList(Block(width, d) for d in dilations)
        self.out = nn.Linear(width, config.features)
        self.receptive_field = 4 + 2 * sum(2 * d for d in dilations)  # mel frames on either side

    def forward(self, mel: Tensor) -> Tensor:  # (B, 2 T, BANDS) -> (B, T, F)
        x = F.gelu(self.stem(mel.transpose(1, 2)))  # (B, width, 2 T)
        x = F.gelu(self.halve(x)).transpose(1, 2)  # (B, T, width)
        for block in self.blocks:
            x = block(x)
        return self.out(x)


class VoiceHead(nn.Module):
    """Maps a voice to one query for the identity library and one for the emotion library.

    It has convolutions of its own on the log-mel and a weighted mean over time. v1 takes its queries from the large encoder's features.
    Those are trained to distinguish words, not voices: on held-out takes they matched fewer speakers than this head does
    (training/EXPERIMENTS.md), and a student encoder that imitates them would match fewer still.
    """

    DILATIONS = (1, 2, 4)

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.voice
        self.stem = nn.Conv1d(BANDS, width, 5, stride=2, padding=2)
        self.blocks = nn.ModuleList(Block(width, d) for d in self.DILATIONS)
        self.norm = nn.LayerNorm(width)
        self.frame = nn.Linear(width, config.person)
        self.weight = nn.Linear(width, 1)
        self.identity = nn.Sequential(nn.Linear(2 * config.person, 128), nn.GELU(), nn.Linear(128, config.embedding))
        self.emotion = nn.Sequential(nn.Linear(2 * config.person, 128), nn.GELU(), nn.Linear(128, config.embedding))

    def frames(self, mel: Tensor) -> Tensor:  # (B, 2 T, BANDS) -> (B, T, 1 + P): weight and content of each frame
        x = F.gelu(self.stem(mel.transpose(1, 2))).transpose(1, 2)  # (B, T, voice)
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        return torch.cat([torch.sigmoid(self.weight(x)), F.gelu(self.frame(x))], -1)

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:  # (B, 2 T, BANDS) -> unit vectors (B, E), (B, E)
        return self.queries(self.pool(self.frames(mel)))

    @staticmethod
    def pool(frames: Tensor) -> Tensor:  # (B, T, 1 + P) -> (B, 2 P): weighted mean and standard deviation
        weight, content = frames[..., :1], frames[..., 1:]
        total = weight.sum(1) + 1e-4
        mean = (weight * content).sum(1) / total
        variance = (weight * content.square()).sum(1) / total - mean.square()
        return torch.cat([mean, (variance.clamp(min=0) + 1e-4).sqrt()], -1)

    def queries(self, pooled: Tensor) -> tuple[Tensor, Tensor]:  # (B, 2 P) -> unit vectors (B, E), (B, E)
        return F.normalize(self.identity(pooled), dim=-1), F.normalize(self.emotion(pooled), dim=-1)


class Personalizer(nn.Module):
    """Identity and emotion libraries, fused by cross-attention into one personalized embedding (v2)."""

    def __init__(self, config: ModelConfig, identities: int, emotions: int) -> None:
        super().__init__()
        self.identities = nn.Parameter(torch.randn(identities, config.embedding) * 0.5)
        self.emotions = nn.Parameter(torch.randn(emotions, config.embedding) * 0.5)
        # v1's identity encoder: maps an embedding to the space of the voice's queries.
        self.identity_key = nn.Linear(config.embedding, config.embedding)
        self.emotion_key = nn.Linear(config.embedding, config.embedding)
        self.lift_identity = nn.Linear(config.embedding, config.person)
        self.lift_emotion = nn.Linear(config.embedding, config.person)
        self.attend = nn.MultiheadAttention(config.person, 4, batch_first=True)
        self.out = nn.Sequential(nn.LayerNorm(2 * config.person), nn.Linear(2 * config.person, config.person))

    def keys(self) -> tuple[Tensor, Tensor]:
        """Return the unit vectors that a voice's queries are compared with, (identities, E) and (emotions, E)."""
        identity_keys = F.normalize(self.identity_key(self.identities), dim=-1)
        emotion_keys = F.normalize(self.emotion_key(self.emotions), dim=-1)
        return identity_keys, emotion_keys

    def fuse(self, identity: Tensor, emotion: Tensor) -> Tensor:  # (B, E), (B, E) -> (B, P)
        tokens = torch.cat([self.lift_identity(identity)[:, None], self.lift_emotion(emotion)[:, None]], 1)  # (B, 2, P)
        fused, _ = self.attend(tokens, tokens, tokens, need_weights=False)  # (B, 2, P)
        return self.out((tokens + fused).flatten(1))

    def forward(self, identity: Tensor, emotion: Tensor) -> Tensor:  # indices (B,), (B,) -> (B, P)
        return self.fuse(self.identities[identity], self.emotions[emotion])


def encode_level(log_snr: Tensor, width: int) -> Tensor:
    """Return Fourier features of the log signal-to-noise ratio, (B,) -> (B, width).

    They do not depend on the number of steps, so a student can start from its teacher's weights.
    """
    frequency = torch.exp(torch.linspace(math.log(0.05), math.log(4.0), width // 2, device=log_snr.device))
    phase = log_snr.clamp(-15, 15)[:, None] * frequency
    return torch.cat([phase.sin(), phase.cos()], -1)


class TalkerDecoder(nn.Module):
    """GRU talker decoder (v1: 2 x 256): (condition, person, step, noisy curves) -> clean curves.

    A symmetric convolution lets each frame see `look` frames of noisy curves on either side (the lookahead). The rest is causal, so a clip
    can be decoded in pieces by passing the GRU's state on, with the same result as in one piece. The output layer sees the personalized
    embedding and the noisy curves too.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.noisy = nn.Conv1d(config.channels, config.noisy, 2 * config.look + 1)
        self.step = nn.Sequential(nn.Linear(config.step, config.step), nn.GELU(), nn.Linear(config.step, config.step))
        self.gru = nn.GRU(
            config.condition + config.person + config.step + config.noisy,
            config.hidden,
            config.layers,
            batch_first=True,
        )
        self.out = nn.Linear(config.hidden + config.person + config.noisy, config.channels)

    def forward(
        self, z: Tensor, condition: Tensor, person: Tensor, log_snr: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Predict clean curves (B, N, C) and the GRU's new state (layers, B, hidden).

        z (B, look + N + look, C), condition (B, N, D), person (B, P), log_snr (B,), state (layers, B, hidden).
        """
        frames = condition.shape[1]
        noisy = F.gelu(self.noisy(z.transpose(1, 2))).transpose(1, 2)  # (B, N, noisy)
        person = person[:, None].expand(-1, frames, -1)
        step = self.step(encode_level(log_snr, self.config.step))[:, None].expand(-1, frames, -1)
        hidden, state = self.gru(torch.cat([condition, person, step, noisy], -1), state)
        return self.out(torch.cat([hidden, person, noisy], -1)), state


class Talker(nn.Module):
    """The whole model except for the audio encoder. Teacher and students share it."""

    def __init__(self, config: ModelConfig, identities: int, emotions: int) -> None:
        super().__init__()
        self.config = config
        self.norm = nn.LayerNorm(config.features)
        self.condition = nn.Linear(config.features, config.condition)
        self.voice = VoiceHead(config)
        self.personalizer = Personalizer(config, identities, emotions)
        self.decoder = TalkerDecoder(config)

    def encode_audio(self, features: Tensor, frames: int) -> Tensor:
        """Return the decoder's condition: audio features (B, T, F) at 50 Hz -> (B, frames, D) at 30 fps."""
        return to_face_rate(F.gelu(self.condition(self.norm(features))), frames)

    def personalize(self, identity: Tensor, emotion: Tensor) -> Tensor:
        """Return the personalized embeddings (B, P) of library indices (B,), (B,). They are 0 in a model without identities."""
        if not self.config.personal:
            return torch.zeros(len(identity), self.config.person, device=identity.device)
        return self.personalizer(identity, emotion)

    def denoise(self, z: Tensor, condition: Tensor, person: Tensor, log_snr: Tensor) -> Tensor:
        """Predict the clean curves (B, N, C) of whole clips from the noisy ones, z (B, N, C)."""
        padded = F.pad(z, (0, 0, self.config.look, self.config.look))
        return self.decoder(padded, condition, person, log_snr)[0]
