"""ARKit's 52 blendshapes: their names, the orders files store them in, and the regions of the face they move."""

# Apple's documented order; every array of this project that holds "all channels" is in this order.
CHANNELS: tuple[str, ...] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft", "eyeWideLeft",
    "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight", "eyeSquintRight", "eyeWideRight",
    "jawForward", "jawLeft", "jawRight", "jawOpen",
    "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight", "mouthSmileLeft", "mouthSmileRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip

# BEAT stores its 51 names alphabetically and leaves out tongueOut.
BEAT: tuple[str, ...] = tuple(sorted(set(CHANNELS) - {"tongueOut"}))

# What an animator calls the parts of a face. Each channel belongs to exactly one.
REGIONS: dict[str, tuple[str, ...]] = {
    "jaw": ("jawForward", "jawLeft", "jawRight", "jawOpen"),
    "lips": tuple(name for name in CHANNELS if name.startswith("mouth")) + ("tongueOut",),
    "cheeks": ("cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight"),
    "brows": tuple(name for name in CHANNELS if name.startswith("brow")),
    "lids": tuple(name for name in CHANNELS if name.startswith(("eyeBlink", "eyeSquint", "eyeWide"))),
    "gaze": tuple(name for name in CHANNELS if name.startswith("eyeLook")),
}

LOWER: tuple[str, ...] = tuple(name for name in CHANNELS if name in REGIONS["jaw"] + REGIONS["lips"])
UPPER: tuple[str, ...] = tuple(name for name in CHANNELS if name not in LOWER)

# BEAT's eight emotions in its label order, 0..7.
EMOTIONS: tuple[str, ...] = ("neutral", "happiness", "anger", "sadness", "contempt", "surprise", "fear", "disgust")
