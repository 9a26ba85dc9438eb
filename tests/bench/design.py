"""One of the papers' designs through one clip, in a process of its own: python -m tests.bench.design '{"design": "v1", "file": ...}'."""

import json
import sys
import time
from dataclasses import replace

import numpy as np
import torch

from backend.audio import read_clip
from training.encoders.base import in_windows
from training.model.baselines import BASELINES
from training.model.config import ModelConfig
from training.model.diffusion import Standardizer
from training.model.network import Talker
from training.model.pipeline import TalkerPipeline, hear_sound, match, mel_of, perform

from .machine import child_options, peak_memory

# What differs from our own model's configuration. Both hear with an encoder of HuBERT base's size.
DESIGNS = {
    "FaceDiffuser": BASELINES["facediffuser-8"]["model"],
    "DiffusionTalker v1": {"steps": 8, "schedule": "cosine"},
}


def build(design: str) -> TalkerPipeline:
    """A model of that design with random weights: as fast as one that was trained."""
    config = replace(ModelConfig(), features=768, **DESIGNS[design])
    talker = Talker(config, 8, 8).eval()
    zeros, ones = torch.zeros(config.channels), torch.ones(config.channels)
    names = tuple(map(str, range(8)))
    return TalkerPipeline(talker, None, Standardizer(zeros, ones), 1, ones.numpy(), names, names)


def main() -> None:
    options = child_options()
    torch.set_num_threads(options["threads"])
    from transformers import HubertConfig, HubertModel

    torch.manual_seed(0)
    hubert = HubertModel(HubertConfig()).eval()  # the defaults are HuBERT base: 12 layers of 768
    performer = build(options["design"])
    heard: list[float] = []

    def encode(samples: np.ndarray) -> np.ndarray:
        def hear(chunk: np.ndarray) -> np.ndarray:
            with torch.inference_mode():
                return (
                    hubert(torch.from_numpy(np.pad(chunk, 200))[None]).last_hidden_state[0, : len(chunk) // 320].numpy()
                )

        began = time.perf_counter()
        features = in_windows(samples, hear)
        heard.append(time.perf_counter() - began)
        return features

    def speak() -> int:
        samples = read_clip(options["file"]).samples
        voice = match(performer, mel_of(samples)) if performer.talker.config.personal else (0, 0)
        return perform(performer, lambda: hear_sound(performer, samples, encode), *voice, [0]).shape[1]

    runs = []
    for _ in range(options["runs"]):
        heard.clear()
        began = time.perf_counter()
        frames = speak()
        runs.append({"total": time.perf_counter() - began, "encoder": sum(heard), "passes": len(heard)})
    size = sum(parameter.numel() for module in (hubert, performer.talker) for parameter in module.parameters())
    json.dump(
        {"frames": frames, "steps": performer.steps, "parameters": size, "runs": runs, "peak": peak_memory()},
        sys.stdout,
    )
    print()


if __name__ == "__main__":
    main()
