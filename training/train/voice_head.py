"""Train the voice match of a finished model again, on longer and more clips, and on more voices.

This needs sound only, so the data can have many more voices than the data with faces. Voice match depends on that: with a few dozen
speakers it overfits to them.
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
from .augment import change_microphone, change_room
from .batch_rng import BatchRng
from .loop import fit, make_accelerator

_DROPOUT = 0.1  # of the pooled voice, so that the match rests on many of its values
_SAME_ROOM_SHARE = 1 / 2  # of the clips, which get another microphone only; the others get another room too


class VoiceObjective(nn.Module):
    """L_con of both libraries, and a classification of the data's speakers.

    The library's embeddings, which decide the faces, stay frozen. The voice head and the key layers are trained. With a dozen identities
    the match would overfit to single takes. The speaker classifier, which is dropped afterwards, rewards what all takes of a speaker share.
    """

    def __init__(
        self, talker: Talker, identities: list[int], emotions: list[int], speakers: int, config: TrainConfig
    ) -> None:
        """identities, emotions: the library's row for each of the data's indices. speakers: the number of speakers in the data."""
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

    def forward(self, batch: Batch, rng: BatchRng) -> dict[str, Tensor]:
        same_room = rng.uniform(1, 1) < _SAME_ROOM_SHARE
        mel = torch.where(same_room, change_microphone(batch.mel, rng), change_room(batch.mel, rng))
        pooled = self.voice.pool(self.voice.frames(mel))
        # Dropout by hand, because torch's own would depend on the number of processes.
        pooled = pooled * (rng.uniform(pooled.shape[1]) >= _DROPOUT) / (1 - _DROPOUT)
        queries = self.voice.queries(pooled)
        parts = {"speaker": self.config.weights.contrast * F.cross_entropy(self.speaker(pooled), batch.speaker)}
        for name, query, key_layer, library, rows, truth in zip(
            ("identity", "emotion"),
            queries,
            (self.identity_key, self.emotion_key),
            self.library,
            self.rows,
            (batch.identity, batch.emotion),
            strict=True,
        ):
            keys = F.normalize(key_layer(library.to(mel.device)), dim=-1)
            target = torch.tensor(rows, device=mel.device)[truth]
            parts[name] = self.config.weights.contrast * losses.contrast(query, keys, target)
        return parts


def train_voice(data: Prepared, model: Path, out: Path, config: TrainConfig) -> None:
    """Train the voice match of the model in a folder on the train part of `data`, and write the result to `out`.

    The data needs no cached features. Raises ValueError if the model has no identities or the data has some that it does not know.
    """
    talker, student_encoder, meta = load_model(model)
    if not talker.config.personal:
        raise ValueError(f"{model} was trained without identities: choose a model that has them")
    if unknown := sorted(set(data.identities) - set(meta["identities"])):
        raise ValueError(
            f"{model} does not know {', '.join(unknown)}, whose voices are in {data.folder}: train it on them first"
        )
    accelerator = make_accelerator(config, out)
    rows = (
        [meta["identities"].index(name) for name in data.identities],
        [meta["emotions"].index(name) for name in EMOTIONS],
    )
    talker.to(accelerator.device)
    average = fit(accelerator, VoiceObjective(talker, *rows, len(data.speakers), config), data, config, out)
    if not accelerator.is_main_process:
        return
    talker.cpu()
    talker.voice.load_state_dict(average["voice"].cpu().state_dict())
    for key in ("identity_key", "emotion_key"):
        getattr(talker.personalizer, key).load_state_dict(average[key].cpu().state_dict())
    levels_per_step = meta.pop("stride")
    meta.pop("config")
    save_model(out, talker, student_encoder, levels_per_step, meta)
