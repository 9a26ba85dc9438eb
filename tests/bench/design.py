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
from training.model.pipeline import TalkerPipeline, compute_log_mel, encode_sound, match_voice, sample_takes

from .machine import child_options, peak_memory

# What differs from our own model's configuration. Both hear with an encoder of HuBERT base's size.
DESIGNS = {
    "FaceDiffuser": BASELINES["facediffuser-8"]["model"],
    "DiffusionTalker v1": {"steps": 8, "schedule": "cosine"},
}


def build(design: str) -> TalkerPipeline:
    """Build a model of a design with random weights, which is as fast as a trained one."""
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
    pipeline = build(options["design"])
    encoding_times: list[float] = []

    def encode_window(samples: np.ndarray) -> np.ndarray:
        padded = torch.from_numpy(np.pad(samples, 200))[None]
        with torch.inference_mode():
            return hubert(padded).last_hidden_state[0, : len(samples) // 320].numpy()

    def encode(samples: np.ndarray) -> np.ndarray:
        began = time.perf_counter()
        features = in_windows(samples, encode_window)
        encoding_times.append(time.perf_counter() - began)
        return features

    def speak() -> int:
        samples = read_clip(options["file"]).samples
        voice = match_voice(pipeline, compute_log_mel(samples)) if pipeline.talker.config.personal else (0, 0)
        return sample_takes(pipeline, lambda: encode_sound(pipeline, samples, encode), *voice, [0]).shape[1]

    runs = []
    for _ in range(options["runs"]):
        encoding_times.clear()
        began = time.perf_counter()
        frames = speak()
        runs.append(
            {"total": time.perf_counter() - began, "encoder": sum(encoding_times), "passes": len(encoding_times)}
        )
    size = sum(parameter.numel() for module in (hubert, pipeline.talker) for parameter in module.parameters())
    json.dump(
        {"frames": frames, "steps": pipeline.steps, "parameters": size, "runs": runs, "peak": peak_memory()},
        sys.stdout,
    )
    print()


if __name__ == "__main__":
    main()
