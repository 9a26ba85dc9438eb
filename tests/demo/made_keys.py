"""A head without keys, before and after Make ARKit Keys, in build/demo: python -m tests.demo.made_keys."""

import tempfile
from pathlib import Path

from .run import OUT, Stages, run, started_blender
from .sample_face import draw_keys

_SHEET = OUT / "make_keys.jpg"
_BROAD = (1.15, 1.0, 0.92)  # of the sample face, so that the head is another
_POSES: dict[str, dict[str, float]] = {
    "no keys": {},
    "p": {"jawOpen": 0.25, "mouthClose": 0.25, "mouthPressLeft": 0.3, "mouthPressRight": 0.3},
    "ah": {"jawOpen": 0.6},
    "oo": {"mouthPucker": 0.8, "mouthFunnel": 0.3, "jawOpen": 0.15},
    "blink": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
}


def main() -> None:
    run(_made_keys, (_SHEET,), "make_keys.log")


def _made_keys(stage: Stages) -> None:
    with started_blender(stage) as scene, tempfile.TemporaryDirectory() as folder:
        import bpy

        from . import scene as blender

        bpy.ops.mesh.arkit_sample_face_add()
        face = bpy.context.active_object
        for ob in (face, *face.children_recursive):
            if getattr(ob.data, "shape_keys", None):
                ob.shape_key_clear()
        face.scale = _BROAD
        bpy.context.view_layer.update()
        with stage("Make keys"):
            bpy.ops.object.arkit_keys_make()
        with stage("Render"):
            blender.light_and_camera(scene)
            stills = [(name, Path(folder, f"{name}.png")) for name in _POSES]
            for name, path in stills:
                blender.render_pose(scene, face, _POSES[name], path)
            draw_keys(stills, columns=len(stills)).save(_SHEET, quality=88)


if __name__ == "__main__":
    main()
