"""A take made once more, from what it says of itself."""

import os

import bpy

from . import keys, strip
from .job import Order
from .takes import TakeError, TakeInfo


def make_order(info: TakeInfo, face: bpy.types.Object, style: keys.Style, python: str) -> Order:
    """What to ask of the backend for the same take. Raises TakeError when it can't be made again."""
    if info.imported:
        raise TakeError(f'It was not generated but imported from "{os.path.basename(info.sound)}": import that again')
    return Order(
        span=_span(info),
        face=face.session_uid,
        identity=info.identity,
        emotion=info.emotion,
        seed=info.seed,
        count=1,
        style=style,
        python=python,
    )


def _span(info: TakeInfo) -> strip.Span:
    for name, file, packed in _sounds(info.sound):
        if packed or os.path.isfile(file):
            return strip.Span(info.strip, name, file, packed, info.start, info.end, info.first_frame, info.fps)
    raise TakeError(f"The sound that it speaks is gone ({info.sound}): put the file back, or add it to the Sequencer from where it is now")


def _sounds(file: str) -> list[tuple[str, str, bool]]:
    """(name, file, packed) of what may be the sound of a take, the likeliest first: it may have been packed or moved since."""
    known = [(sound.name, strip.sound_file(sound), sound.packed_file is not None) for sound in bpy.data.sounds]
    namesakes = [sound for sound in known if os.path.basename(sound[1]) == os.path.basename(file)]
    return [*(sound for sound in namesakes if sound[1] == file), ("", file, False), *namesakes]


def differences(before: TakeInfo, after: TakeInfo) -> list[str]:
    """Why a take that was made again is another one, as sentences without a full stop."""
    return [
        *(["The sound was changed since the first time, so this take is another one"] if before.audio_sha256 != after.audio_sha256 else []),
        *(["The model was changed since the first time, so this take is another one"] if before.model_sha256 != after.model_sha256 else []),
    ]
