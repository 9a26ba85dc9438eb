"""The heads of tests.made_heads get their keys and speak, in build/demo/made_heads.jpg: python -m tests.demo.made_heads_sheet."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import soundfile

from .moments import Moment, read_known
from .run import OUT, ROOT, Stages, run, started_blender
from .sample_face import draw_keys

if TYPE_CHECKING:
    import bpy

_SHEET = OUT / "made_heads.jpg"
_SPEECH = ROOT / "tests/data/speech.ogg"
_SPOKEN = {"p": "P", "ah": "AE", "oo": "UW", "f": "F"}  # what is shown -> the phone of the clip that shows it
_POSES = {
    "blink": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
    "look": {"eyeLookOutLeft": 0.8, "eyeLookInRight": 0.8, "eyeLookUpLeft": 0.3, "eyeLookUpRight": 0.3},
}


def main() -> None:
    run(_made_heads, (_SHEET,), "made_heads.log")


def _made_heads(stage: Stages) -> None:
    with started_blender(stage) as scene, tempfile.TemporaryDirectory() as name:
        import bpy

        from tests.made_heads import HEADS, add_head

        from . import scene as blender

        folder, stills = Path(name), []
        bpy.ops.mesh.arkit_sample_face_add()
        blender.light_and_camera(scene)
        camera = scene.camera
        bpy.context.view_layer.update()
        before_the_face = camera.matrix_world.copy()
        for head_name in HEADS:
            with stage(head_name.capitalize()):
                for ob in [ob for ob in bpy.data.objects if ob != camera]:
                    bpy.data.objects.remove(ob)
                head = add_head(head_name)
                bpy.ops.object.arkit_keys_make()
                camera.matrix_world = head.matrix_world @ before_the_face
                (folder / head_name).mkdir()
                (first, path), *rest = _speak(scene, head, folder / head_name)
                stills += [(f"{head_name}: {first}", path), *rest]
        draw_keys(stills, columns=len(_SPOKEN) + len(_POSES)).save(_SHEET, quality=85)


def _speak(scene: "bpy.types.Scene", head: "bpy.types.Object", folder: Path) -> list[tuple[str, Path]]:
    """Generate a take, and render it at some phones. Returns pictures and their names."""
    from . import scene as blender

    scene.sequence_editor_clear()
    frames = blender.add_speech(scene, _SPEECH, soundfile.info(_SPEECH).duration)
    scene.lipsync.identity_name, scene.lipsync.emotion_name = "Ada", "neutral"
    blender.generate(head)
    _, phones = read_known(_SPEECH.with_suffix(".json"))
    moments = []
    for shown, label in _SPOKEN.items():
        phone = next(phone for phone in phones if phone.label == label)
        moments.append(Moment((phone.start + phone.end) / 2, shown, ""))
    stills = [(moment.label, path) for moment, path in blender.render_stills(scene, frames, moments, folder)]
    for ob in (head, *head.children_recursive):
        keys = getattr(ob.data, "shape_keys", None)
        if keys and keys.animation_data:
            keys.animation_data_clear()
    for shown, pose in _POSES.items():
        blender.render_pose(scene, head, pose, folder / f"{shown}.png")
        stills.append((shown, folder / f"{shown}.png"))
    return stills


if __name__ == "__main__":
    main()
