"""Two people talk for 20 seconds, cut like a film: python -m tests.demo.film. Writes to build/demo."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import soundfile
from PIL import Image

from backend.audio import RATE

from .dialogue import IDENTITIES, SEEDS, cues, emotion_markers, length, shots, voice
from .run import OUT, Stages, run, started_blender

_BLEND, _MOVIE, _PREVIEW, _STILLS = (OUT / f"film{end}" for end in (".blend", ".mp4", ".webp", "_stills.jpg"))
_FRAMES = OUT / "film"
_PREVIEW_SIZE, _PREVIEW_STEP, _PREVIEW_QUALITY = (480, 270), 3, 70  # pixels, frames of the film for one, of WebP
_COLUMNS, _GAP = 3, 6


def main() -> None:
    parser = argparse.ArgumentParser(prog="make film", description="Film two people who talk.")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--stills", action="store_true", help="render only a picture of each shot")
    kinds.add_argument("--preview", action="store_true", help="render only the frames of the animated preview")
    options = parser.parse_args()
    written = [_STILLS] if options.stills else [_PREVIEW] if options.preview else [_MOVIE, _PREVIEW]
    run(lambda stage: _film(stage, written), [_BLEND, *written], "film.log")


def _film(stage: Stages, written: Sequence[Path]) -> None:
    script = cues()
    with started_blender(stage) as scene, tempfile.TemporaryDirectory() as name:
        import bpy

        from . import film_set
        from . import scene as blender

        folder = Path(name)
        with stage("Build the set"):
            actors = film_set.add_actors(scene)
        with stage("Generate lip sync"):
            for number, actor in enumerate(actors):
                sound = folder / f"actor_{number + 1}.wav"
                soundfile.write(sound, voice(script, number), RATE)
                blender.add_speech(scene, sound, length(script), channel=number + 1)
                film_set.perform(scene, actor, IDENTITIES[number], SEEDS[number], emotion_markers(script, number))
        with stage("Look at each other"):
            film_set.look_at_each_other(actors)
        with stage("Light and cut"):
            film_set.light(scene)
            cuts = film_set.cut(scene, actors, shots(script))
            bpy.ops.wm.save_as_mainfile(filepath=str(_BLEND))
        if _STILLS in written:
            with stage("Render stills"):
                ends = [*cuts[1:], scene.frame_end]
                middles = [(first + last) // 2 for first, last in zip(cuts, ends, strict=True)]
                _sheet(blender.render_frames(scene, middles, folder)).save(_STILLS, quality=88)
            return
        step = 1 if _MOVIE in written else _PREVIEW_STEP
        with stage("Render frames"):
            frames = blender.render_frames(scene, range(1, scene.frame_end + 1, step), _FRAMES)
        if _MOVIE in written:
            with stage("Write movie"):
                blender.write_movie(scene, frames, _MOVIE)
        with stage("Write preview"):
            _write_preview(frames[:: _PREVIEW_STEP // step], 1000 * _PREVIEW_STEP / blender.FPS)


def _sheet(stills: Sequence[Path]) -> Image.Image:
    """Return the pictures side by side, row by row."""
    pictures = [Image.open(path).convert("RGB").resize(_PREVIEW_SIZE) for path in stills]
    width, height = _PREVIEW_SIZE
    rows = -(-len(pictures) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * (width + _GAP) - _GAP, rows * (height + _GAP) - _GAP), "white")
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number % _COLUMNS * (width + _GAP), number // _COLUMNS * (height + _GAP)))
    return sheet


def _write_preview(frames: Sequence[Path], duration: float) -> None:
    """Write an animated picture without sound. duration: of each frame, in ms."""
    first, *rest = (Image.open(path).convert("RGB").resize(_PREVIEW_SIZE, Image.Resampling.LANCZOS) for path in frames)
    first.save(
        _PREVIEW,
        save_all=True,
        append_images=rest,
        duration=round(duration),
        loop=0,
        quality=_PREVIEW_QUALITY,
        method=6,
    )


if __name__ == "__main__":
    main()
