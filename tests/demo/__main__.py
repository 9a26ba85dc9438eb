"""Build, install, generate, render: python -m tests.demo [AUDIO]. Writes to build/demo."""

import argparse
import tempfile
from pathlib import Path

from backend.audio import RATE, read_clip
from backend.curve_files import write

from .moments import extremes, read_known, telling
from .run import OUT, ROOT, Stages, run, started_blender

_SPEECH = ROOT / "tests" / "data" / "speech.ogg"  # with its phones in speech.json


def main() -> None:
    parser = argparse.ArgumentParser(prog="make demo", description="Make the sample face speak.")
    parser.add_argument("audio", nargs="?", type=Path, default=_SPEECH, help="your own speech: make demo AUDIO=my.wav")
    audio = parser.parse_args().audio.absolute()
    files = {kind: OUT / f"{audio.stem}.{kind}" for kind in ("blend", "csv", "mp4", "png")}
    run(lambda stage: _demo(audio, files, stage), list(files.values()), "demo.log")


def _demo(audio: Path, files: dict[str, Path], stage: Stages) -> None:
    clip = read_clip(audio)
    # Only the bundled clip comes with its text and phones.
    text, phones = read_known(_SPEECH.with_suffix(".json")) if audio == _SPEECH else ("", [])
    with started_blender(stage) as scene:
        import bpy

        from . import scene as blender
        from .chart import Speech
        from .sheet import draw_sheet

        with stage("Add face and speech"):
            bpy.ops.mesh.arkit_sample_face_add()
            face = bpy.context.active_object
            frames = blender.add_speech(scene, audio, len(clip.samples) / RATE)
            blender.light_and_camera(scene)
        with stage("Generate lip sync"):
            action = blender.generate(face)
        with stage("Write .csv and .blend"):
            curves = blender.performed(scene, face, frames)
            write(files["csv"], curves)
            scene.frame_set(scene.frame_start)
            bpy.ops.wm.save_as_mainfile(filepath=str(files["blend"]))
        with stage("Render contact sheet"), tempfile.TemporaryDirectory() as folder:
            stills = blender.render_stills(scene, frames, telling(phones) if phones else extremes(curves), Path(folder))
            draw_sheet(action.name, text, stills, Speech(curves, clip.samples, RATE, phones)).save(files["png"])
        with stage("Render movie"):
            blender.render_movie(scene, files["mp4"])


if __name__ == "__main__":
    main()
