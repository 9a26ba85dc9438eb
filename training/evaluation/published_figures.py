"""Figures that the papers published, as printed: v1 is arXiv 2311.16565v2, v2 is arXiv 2503.18159.

They were measured on the papers' data and machines (a V100). Only figures on the same data with the same split are comparable, so beside
ours they serve for orientation. Keys are our names of the metrics; ITF is in 1e-4 s per frame. Figures not listed were not published.
"""

# v1 on BEAT: comparison with other methods.
BEAT_COMPARISON: dict[str, dict[str, float]] = {
    "EmoTalk": {"MBE": 1.0537, "LBE": 0.2628, "abs FDD": 0.0751, "ITF": 9.3},
    "FaceDiffuser, 1000 steps": {"MBE": 0.4332, "LBE": 0.1071, "abs FDD": 0.1786, "ITF": 1000.9},
    "FaceDiffuser, 8 steps": {"MBE": 0.8372, "LBE": 0.2115, "abs FDD": 0.0589, "ITF": 8.2},
    "DiffusionTalker, 8 steps": {"MBE": 0.4094, "LBE": 0.0969, "abs FDD": 0.1558, "ITF": 7.1},
}

# v1 on BEAT: by the number of steps.
BEAT_STEPS: dict[int, dict[str, float]] = {
    256: {"LBE": 0.1050, "abs FDD": 0.1693, "ITF": 255.5},
    32: {"LBE": 0.1053, "abs FDD": 0.1647, "ITF": 32.2},
    16: {"LBE": 0.0957, "abs FDD": 0.1433, "ITF": 16.8},
    8: {"LBE": 0.0969, "abs FDD": 0.1558, "ITF": 7.1},
}

# v1 on BEAT: ablation of its 8-step model.
BEAT_ABLATION: dict[str, dict[str, float]] = {
    "full": {"MBE": 0.4094, "LBE": 0.0969},
    "no distillation": {"MBE": 0.4545, "LBE": 0.1177},
    "no L_lip": {"MBE": 0.4222, "LBE": 0.1037},
    "no L_vel": {"MBE": 0.4414, "LBE": 0.1129},
    "no identity": {"MBE": 0.4306, "LBE": 0.1034},
}

# v1: identification of the speaker on all of BEAT, including the training data.
BEAT_IDENTITY: dict[str, float] = {"precision": 0.99996, "recall": 0.99986, "F1": 0.99991}

# v1: trained on BEAT, measured on VOCASET.
VOCASET_ZERO_SHOT: dict[str, dict[str, float]] = {
    "EmoTalk": {"LVE": 4.134},
    "FaceFormer": {"LVE": 4.418},
    "FaceDiffuser, 8 steps": {"LVE": 4.713},
    "DiffusionTalker": {"LVE": 4.054},
}

# v2 on 3D-ETF, read from its figure.
ETF_VERTICES: dict[str, dict[str, float]] = {
    "EmoTalk": {"LVE": 2.35e-5, "EVE": 1.33e-5},
    "FaceDiffuser": {"LVE": 6.14e-5, "EVE": 2.54e-5},
    "DiffusionTalker, 16 steps": {"LVE": 1.03e-5, "EVE": 1.27e-5, "MB": 334},
    "DiffusionTalker, 2 steps": {"LVE": 1.38e-5, "EVE": 1.10e-5, "MB": 45},
}
