"""The scene of the demos: install the extension, add a face and speech, light it, render it."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from backend.arkit import CHANNELS
from backend.curves.base import Curves

from .moments import Moment

FPS = 30  # the rate of the model, so that every generated frame is shown
_MODULE = "bl_ext.user_default.diffusion_talker"
_SIZE = 512  # pixels
_LENS = 85.0  # mm, a portrait lens
_SIDE, _RISE = math.radians(8), math.radians(2)  # camera angles beside and above the axis of the face
_NECK = 0.14  # share of the height that is cropped at the bottom
_NEAR = 0.3  # m from the camera to captions, in front of the face


def install(archive: Path) -> None:
    """Install the zip of an extension and enable it, as a user does. Raises RuntimeError."""
    bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
    if _MODULE not in bpy.context.preferences.addons:
        raise RuntimeError(f"{archive.name} was installed, but Blender could not enable it.")


def disable() -> None:
    """Disable the extension, which also stops its backend."""
    bpy.ops.preferences.addon_disable(module=_MODULE)


def clear(scene: bpy.types.Scene) -> None:
    """Remove the cube, light and camera of the default scene."""
    for ob in list(scene.objects):
        bpy.data.objects.remove(ob)


def add_speech(scene: bpy.types.Scene, audio: Path, seconds: float, first_frame: int = 1, channel: int = 1) -> range:
    """Add a sound as the active strip, named after its file, and end the scene with it. Return its frames."""
    frames = range(first_frame, first_frame + max(1, math.ceil(seconds * FPS)))
    scene.render.fps, scene.render.fps_base = FPS, 1.0
    scene.frame_start, scene.frame_end = 1, frames[-1]
    editor = scene.sequence_editor_create()
    strip = editor.strips.new_sound(audio.stem, str(audio), channel=channel, frame_start=first_frame)
    editor.active_strip = strip
    strip.sound.pack()  # the .blend may go elsewhere without the sound's file
    return frames


def generate(face: bpy.types.Object) -> bpy.types.Action:
    """Generate with the settings of the scene. Return the take. Raises RuntimeError."""
    if bpy.ops.lipsync.generate() != {"FINISHED"}:
        raise RuntimeError("No lip sync was generated.")
    return face.data.shape_keys.animation_data.action


def push_down(face: bpy.types.Object) -> None:
    """Push the active take down to the NLA. From its first frame on, it overrides earlier strips."""
    for ob in (face, *face.children):
        keys = getattr(ob.data, "shape_keys", None)  # armatures have none
        data = keys.animation_data if keys else None
        if data and data.action:
            strip = data.nla_tracks.new().strips.new(data.action.name, round(data.action.frame_range[0]), data.action)
            strip.extrapolation = "HOLD_FORWARD"  # not backward, which would override earlier strips
            if hasattr(strip, "action_slot"):  # 4.4 and later
                strip.action_slot = data.action_slot
            data.action = None


def performed(scene: bpy.types.Scene, face: bpy.types.Object, frames: range) -> Curves:
    """Return the shape-key values as played back. Row k is frames[k] of the scene."""
    blocks = [face.data.shape_keys.key_blocks[name] for name in CHANNELS]
    values = []
    for frame in frames:
        scene.frame_set(frame)
        values.append([block.value for block in blocks])
    return Curves(CHANNELS, np.array(values, np.float32), FPS)


def add_caption(scene: bpy.types.Scene, text: str, frames: range) -> None:
    """Add a line of text below the face that renders only in these frames."""
    curve = bpy.data.curves.new("Caption", "FONT")
    curve.body = text
    curve.align_x = "CENTER"
    caption = bpy.data.objects.new("Caption", curve)
    scene.collection.objects.link(caption)
    width = _NEAR * scene.camera.data.sensor_width / scene.camera.data.lens  # of the view at this distance
    curve.size = 0.042 * width
    caption.parent = scene.camera
    caption.location = (0.0, -0.465 * width, -_NEAR)
    curve.materials.append(bpy.data.materials.new("Caption"))
    curve.materials[0].diffuse_color = (0.02, 0.02, 0.02, 1.0)  # readable on skin and on gray
    for frame, hidden in ((0, True), (frames.start, False), (frames.stop, True)):
        caption.hide_render = hidden
        caption.keyframe_insert("hide_render", frame=frame)


def light_and_camera(scene: bpy.types.Scene) -> None:
    """Add a portrait camera and the studio light of Workbench, which needs no GPU or textures."""
    corners = np.array(
        [ob.matrix_world @ Vector(corner) for ob in scene.objects if ob.type == "MESH" for corner in ob.bound_box]
    )
    low, high = corners.min(axis=0), corners.max(axis=0)
    low[2] += _NECK * (high[2] - low[2])
    center = Vector((low + high) / 2)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens = _LENS
    distance = 1.04 * float(high[2] - low[2]) * _LENS / camera.data.sensor_width + float(high[1] - low[1]) / 2
    toward = Vector((math.sin(_SIDE) * math.cos(_RISE), -math.cos(_SIDE) * math.cos(_RISE), math.sin(_RISE)))
    camera.location = center + distance * toward
    camera.rotation_euler = (-toward).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(camera)
    scene.camera = camera

    render = scene.render
    render.engine = "BLENDER_WORKBENCH"
    render.resolution_x = render.resolution_y = _SIZE
    scene.view_settings.view_transform = "Standard"
    scene.display.render_aa = "5"
    shading = scene.display.shading
    shading.light = "STUDIO"
    shading.studio_light = "paint.sl"  # the most even light; in shadow, teeth look as if they were missing
    shading.color_type = "MATERIAL"
    scene.world = scene.world or bpy.data.worlds.new("World")
    scene.world.color = (0.32, 0.34, 0.36)


def render_pose(scene: bpy.types.Scene, face: bpy.types.Object, pose: Mapping[str, float], path: Path) -> None:
    """Render the face with these values of its keys, and 0 for all others, to a .png."""
    for ob in (face, *face.children):
        keys = getattr(ob.data, "shape_keys", None)
        for block in keys.key_blocks[1:] if keys else ():
            block.value = pose.get(block.name, 0.0)
    _image_kind(scene, "IMAGE", "PNG")
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def export_glb(face: bpy.types.Object, path: Path, license_name: str) -> None:
    """Export a face with its keys and armature, under which its meshes go as is usual. The file states the license."""
    rig = face.find_armature()
    rig.parent = None
    for ob in (face, *face.children):
        ob.parent = rig
    for ob in bpy.context.view_layer.objects:
        ob.select_set(ob == rig or ob.parent == rig)
    bpy.ops.export_scene.gltf(
        filepath=str(path),
        use_selection=True,
        export_copyright=license_name,
        export_morph_normal=False,  # a third of the size; programs compute them
        export_animations=False,
    )


def render_stills(
    scene: bpy.types.Scene, frames: range, moments: Sequence[Moment], folder: Path
) -> list[tuple[Moment, Path]]:
    """Render each moment of a clip to a .png in the folder. frames: the frames of the clip."""
    _image_kind(scene, "IMAGE", "PNG")
    stills = [(moment, folder / f"{number}.png") for number, moment in enumerate(moments)]
    for moment, path in stills:
        scene.frame_set(min(frames.start + round(moment.time * FPS), frames[-1]))
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
    return stills


def render_frames(scene: bpy.types.Scene, frames: Sequence[int], folder: Path) -> list[Path]:
    """Render frames to .png files in a folder, without the Sequencer."""
    _image_kind(scene, "IMAGE", "PNG")
    files = [folder / f"{frame:04}.png" for frame in frames]
    for frame, path in zip(frames, files, strict=True):
        scene.frame_set(frame)
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
    return files


def write_movie(scene: bpy.types.Scene, frames: Sequence[Path], path: Path) -> None:
    """Join rendered frames and the scene's sound into a movie, see render_movie()."""
    strip = scene.sequence_editor.strips.new_image("Film", str(frames[0]), channel=8, frame_start=1)
    for frame in frames[1:]:
        strip.elements.append(frame.name)
    render_movie(scene, path)


def render_movie(scene: bpy.types.Scene, path: Path) -> None:
    """Render all frames with sound to an .mp4 that common players and browsers support."""
    _image_kind(scene, "VIDEO", "FFMPEG")
    ffmpeg = scene.render.ffmpeg
    ffmpeg.format = "MPEG4"
    ffmpeg.codec = "H264"
    ffmpeg.constant_rate_factor = "HIGH"
    ffmpeg.audio_codec = "AAC"
    scene.render.filepath = str(path)
    bpy.ops.render.render(animation=True)


def _image_kind(scene: bpy.types.Scene, media: str, file_format: str) -> None:
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):  # Blender 5.0 and later need this first
        settings.media_type = media
    settings.file_format = file_format
