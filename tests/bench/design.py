"""One of the papers' designs through one clip, in a process of its own: python -m tests.bench.design '{"design": "v1", "file": ...}'."""

import functools
import json
import sys
import time
from dataclasses import replace

import numpy as np
import torch

from backend.audio import read_clip
from backend.generator import FACE_FPS
from training.baselines import BASELINES
from training.config import ModelConfig
from training.diffusion import Normal
from training.encoders.base import in_windows
from training.model import Talker
from training.synthesis import Performer, hear_sound, match, mel_of, perform

from .machine import child_options, peak_memory

# What differs from our own model's configuration. Both hear with an encoder of HuBERT base's size.
DESIGNS = {
    "FaceDiffuser": BASELINES["facediffuser-8"]["model"],
    "DiffusionTalker v1": {"steps": 8, "schedule": "cosine"},
}


def build(design: str) -> Performer:
    """A model of that design with random weights: as fast as one that was trained."""
    config = replace(ModelConfig(), features=768, **DESIGNS[design])
    talker = Talker(config, 8, 8).eval()
    zeros, ones = torch.zeros(config.channels), torch.ones(config.channels)
    names = tuple(map(str, range(8)))
    return Performer(talker, None, Normal(zeros, ones), 1, ones.numpy(), names, names)


def main() -> None:
    options = child_options()
    torch.set_num_threads(options["threads"])
    from transformers import HubertConfig, HubertModel

    torch.manual_seed(0)
    hubert = HubertModel(HubertConfig()).eval()  # the defaults are HuBERT base: 12 layers of 768
    performer = build(options["design"])
    heard = []

    def encode(samples: np.ndarray) -> np.ndarray:
        def hear(chunk: np.ndarray) -> np.ndarray:
            with torch.inference_mode():
                return hubert(torch.from_numpy(np.pad(chunk, 200))[None]).last_hidden_state[0, : len(chunk) // 320].numpy()

        began = time.perf_counter()
        features = in_windows(samples, hear)
        heard.append(time.perf_counter() - began)
        return features

    runs = []
    for _ in range(options["runs"]):
        heard.clear()
        began = time.perf_counter()
        samples = read_clip(options["file"]).samples
        voice = match(performer, mel_of(samples)) if performer.talker.config.personal else (0, 0)
        faces = perform(performer, functools.partial(hear_sound, performer, samples, encode), *voice, [0])
        runs.append({"total": time.perf_counter() - began, "encoder": sum(heard), "passes": len(heard)})
    frames = round(len(samples) / 16000 * FACE_FPS)
    assert abs(faces.shape[1] - frames) <= 3
    size = sum(parameter.numel() for module in (hubert, performer.talker) for parameter in module.parameters())
    json.dump({"frames": frames, "steps": performer.steps, "parameters": size, "runs": runs, "peak": peak_memory()}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
