"""Six sentences in six styles, as a contact sheet and a movie: python -m tests.demo.styles. Writes to build/demo."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from backend import model_folder
from backend.audio import RATE, read_clip

from .moments import read_known, telling
from .run import OUT, ROOT, DemoError, Stages, run, started_blender

_CLIPS = ROOT / "tests" / "data" / "styles"  # voices that the model was not trained on
_SHEET, _MOVIE = OUT / "styles.png", OUT / "styles.mp4"


@dataclass(frozen=True)
class Style:
    """A clip with the identity and emotion that perform it."""

    clip: str
    identity: str
    emotion: str

    @property
    def sound(self) -> Path:
        return _CLIPS / f"{self.clip}.ogg"


STYLES = (
    Style("big_blue_box", "Ada", "neutral"),
    Style("funny_mushrooms", "Milo", "happiness"),
    Style("wool_sweater", "Hugo", "anger"),
    Style("pair_of_shoes", "Theo", "sadness"),
    Style("favorite_jumper", "Lena", "surprise"),
    Style("measuring_cup", "Joan", "contempt"),
)


def main() -> None:
    run(_styles, (_SHEET, _MOVIE), "styles.log")


def descriptions() -> dict[str, str]:
    """Return the identities of the model with their descriptions. Raises DemoError if it lacks one that STYLES needs."""
    card = model_folder.read_card(Path(model_folder.__file__).parent / "model")
    known = {entry.name: entry.description for entry in card.identities}
    for style in STYLES:
        if style.identity not in known or style.emotion not in card.emotions:
            raise DemoError(f"The model doesn't have the identity {style.identity} or the emotion {style.emotion}.")
    return known


def _styles(stage: Stages) -> None:
    described = descriptions()
    with started_blender(stage) as scene, tempfile.TemporaryDirectory() as folder:
        import bpy

        from . import scene as blender
        from .chart import Speech
        from .styles_sheet import COLUMNS, Row, draw_styles

        bpy.ops.mesh.arkit_sample_face_add()
        face = bpy.context.active_object
        blender.light_and_camera(scene)
        parts, first_frame = [], 1
        for style in STYLES:
            with stage(f"{style.identity}, {style.emotion}"):
                clip = read_clip(style.sound)
                frames = blender.add_speech(scene, style.sound, len(clip.samples) / RATE, first_frame)
                scene.lipsync.strip, scene.lipsync.face = style.clip, face
                scene.lipsync.identity, scene.lipsync.emotion = style.identity, style.emotion
                blender.generate(face)
                blender.push_down(face)
                parts.append((style, frames, clip))
                first_frame = frames.stop
        with stage("Render contact sheet"):
            rows = []
            for style, frames, clip in parts:
                text, phones = read_known(style.sound.with_suffix(".json"))
                pictures = Path(folder, style.clip)
                pictures.mkdir()
                stills = blender.render_stills(scene, frames, telling(phones, COLUMNS), pictures)
                speech = Speech(blender.performed(scene, face, frames), clip.samples, RATE, phones)
                rows.append(Row(style.identity, described[style.identity], style.emotion, text, stills, speech))
            draw_styles(rows).save(_SHEET)
        with stage("Render movie"):
            for style, frames, _ in parts:
                blender.add_caption(scene, f"{style.identity}, {style.emotion}", frames)
            blender.render_movie(scene, _MOVIE)


if __name__ == "__main__":
    main()
