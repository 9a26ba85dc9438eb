"""Who speaks and in what mood, learned once more when the face is done: longer clips, more of them, and more voices.

Only sound is needed, so the voices may be many more than those that the rest learned from. That is what matching lives on: a few dozen
speakers are learnt by heart, each one's identity with them.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from backend.arkit import EMOTIONS

from ..data.prepared import Batch, Prepared
from ..model import losses
from ..model.checkpoint import load_model, save_model
from ..model.config import TrainConfig
from ..model.network import Talker
from .augment import rerecord, resound
from .batch_rng import BatchRng
from .loop import fit, start

_DROPPED = 0.1  # share of the pooled voice that is hidden, so that no few numbers tell a speaker
_PLAIN = 1 / 2  # share of the clips that are only recorded anew; the others are in other rooms too


class VoiceObjective(nn.Module):
    """L_con of both libraries, and who of the data's speakers is heard.

    The library's embeddings, from which faces follow, stay; only what compares voices with them learns. A dozen identities can be learnt by
    heart take by take; the head that names each speaker, dropped afterwards, asks for what stays the same in all of a speaker's takes.
    """

    def __init__(
        self, talker: Talker, identities: list[int], emotions: list[int], speakers: int, config: TrainConfig
    ) -> None:
        """identities, emotions: the model's rows for the data's own indices; speakers: how many the data has."""
        super().__init__()
        personalizer = talker.personalizer
        self.voice, self.identity_key, self.emotion_key = (
            talker.voice,
            personalizer.identity_key,
            personalizer.emotion_key,
        )
        self.speaker = nn.Linear(2 * talker.config.person, speakers)
        self.requires_grad_(True)
        self.rows = identities, emotions
        self.library = personalizer.identities.detach(), personalizer.emotions.detach()
        self.config = config

    def forward(self, batch: Batch, draws: BatchRng) -> dict[str, Tensor]:
        plain = draws.uniform(1, 1) < _PLAIN
        mel = torch.where(plain, rerecord(batch.mel, draws), resound(batch.mel, draws))
        pooled = self.voice.pool(self.voice.frames(mel))
        kept = draws.uniform(pooled.shape[1]) >= _DROPPED
        pooled = pooled * kept / (1 - _DROPPED)
        queries = self.voice.queries(pooled)
        parts = {"speaker": self.config.weights.contrast * F.cross_entropy(self.speaker(pooled), batch.speaker)}
        for name, query, key, library, rows, truth in zip(
            ("identity", "emotion"),
            queries,
            (self.identity_key, self.emotion_key),
            self.library,
            self.rows,
            (batch.identity, batch.emotion),
            strict=True,
        ):
            keys = F.normalize(key(library.to(mel.device)), dim=-1)
            target = torch.tensor(rows, device=mel.device)[truth]
            parts[name] = self.config.weights.contrast * losses.contrast(query, keys, target)
        return parts


def train_voice(data: Prepared, model: Path, out: Path, config: TrainConfig) -> None:
    """Write the model in a folder to `out` with its matching of voices learned anew on the train part of `data`, which needs no features.

    Raises ValueError for a model without identities, or data with some that it does not know.
    """
    talker, ear, meta = load_model(model)
    if not talker.config.personal:
        raise ValueError(f"{model} knows no identities, so there is nothing to match a voice with")
    if strange := sorted(set(data.identities) - set(meta["identities"])):
        raise ValueError(
            f"{model} does not know {', '.join(strange)}, whose voices are in {data.folder}: train it on them first"
        )
    run = start(config, out)
    rows = (
        [meta["identities"].index(name) for name in data.identities],
        [meta["emotions"].index(name) for name in EMOTIONS],
    )
    talker.to(run.device)
    average = fit(run, VoiceObjective(talker, *rows, len(data.speakers), config), data, config, out)
    if not run.is_main_process:
        return
    talker.cpu()
    talker.voice.load_state_dict(average["voice"].cpu().state_dict())
    for key in ("identity_key", "emotion_key"):
        getattr(talker.personalizer, key).load_state_dict(average[key].cpu().state_dict())
    stride = meta.pop("stride")
    meta.pop("config")
    save_model(out, talker, ear, stride, meta)
