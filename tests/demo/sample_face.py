"""The sample face as .glb for other programs, and a sheet of its 52 keys: python -m tests.demo.sample_face. Writes to build/demo."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from backend.arkit import CHANNELS

from .paper import INK, MARGIN, PAPER, WIDTH, font
from .run import OUT, Stages, run, started_blender

_MODEL, _SHEET = OUT / "sample_face.glb", OUT / "sample_face.jpg"
_COLUMNS, _GAP, _LABEL = 9, 8, 26
_CROP = (0.15, 0.13, 0.85, 0.99)  # the face without the shoulders
_LICENSE = "CC0-1.0"


def main() -> None:
    run(_sample_face, (_MODEL, _SHEET), "sample_face.log")


def draw_keys(stills: Sequence[tuple[str, Path]], columns: int = _COLUMNS) -> Image.Image:
    """Draw pictures with their names below, row by row. Returns the sheet."""
    width = (WIDTH - 2 * MARGIN - (columns - 1) * _GAP) // columns
    height = round(width * (_CROP[3] - _CROP[1]) / (_CROP[2] - _CROP[0]))
    rows = -(-len(stills) // columns)
    sheet = Image.new("RGB", (WIDTH, 2 * MARGIN + rows * (height + _LABEL + _GAP) - _GAP), PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, (name, path) in enumerate(stills):
        left = MARGIN + number % columns * (width + _GAP)
        top = MARGIN + number // columns * (height + _LABEL + _GAP)
        with Image.open(path) as picture:
            x0, y0, x1, y1 = (
                part * side for part, side in zip(_CROP, (picture.width, picture.height) * 2, strict=True)
            )
            small = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS, (x0, y0, x1, y1))
            sheet.paste(small, (left, top))
        draw.text((left + width // 2, top + height + 4), name, INK, font(17), anchor="ma")
    return sheet


def _sample_face(stage: Stages) -> None:
    with started_blender(stage) as scene, tempfile.TemporaryDirectory() as folder:
        import bpy

        from . import scene as blender

        bpy.ops.mesh.arkit_sample_face_add()
        face = bpy.context.active_object
        with stage("Render keys"):
            blender.light_and_camera(scene)
            stills = []
            for name in ("rest", *CHANNELS):
                path = Path(folder, f"{name}.png")
                blender.render_pose(scene, face, {} if name == "rest" else {name: 1.0}, path)
                stills.append((name, path))
            draw_keys(stills).save(_SHEET, quality=88)
        with stage("Export .glb"):
            blender.export_glb(face, _MODEL, _LICENSE)


if __name__ == "__main__":
    main()
