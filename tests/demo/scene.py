"""The demo's Blender scene: the extension installed, a face and its speech, a camera, and what is rendered."""

import math
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from backend.arkit import CHANNELS
from backend.curves import Curves

FPS = 30  # the model's own, so that every frame it makes is seen
_MODULE = "bl_ext.user_default.diffusion_talker"
_SIZE = 512  # pixels
_LENS = 85.0  # mm: a portrait's
_SIDE, _RISE = math.radians(8), math.radians(2)  # where the camera stands: beside the face's axis and above it

_NECK = 0.14  # of the face's height: what the picture leaves out below


def install(archive: Path) -> None:
    """Install an extension's zip and enable it, as a user does. Raises RuntimeError."""
    bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
    if _MODULE not in bpy.context.preferences.addons:
        raise RuntimeError(f"{archive.name} was installed, but Blender could not enable it.")


def disable() -> None:
    """Disable the extension, which also ends its backend."""
    bpy.ops.preferences.addon_disable(module=_MODULE)


def clear(scene: bpy.types.Scene) -> None:
    """Take away the default scene's cube, lamp and camera."""
    for ob in list(scene.objects):
        bpy.data.objects.remove(ob)


def add_speech(scene: bpy.types.Scene, audio: Path, seconds: float) -> None:
    """Put a sound on the sequencer's first frame, as the active strip, and fit the scene to it."""
    scene.render.fps, scene.render.fps_base = FPS, 1.0
    scene.frame_start, scene.frame_end = 1, max(1, round(seconds * FPS))
    editor = scene.sequence_editor_create()
    strip = editor.strips.new_sound(audio.stem, str(audio), channel=1, frame_start=scene.frame_start)
    editor.active_strip = strip
    strip.sound.pack()  # the .blend may go elsewhere without the sound's file


def performed(scene: bpy.types.Scene, face: bpy.types.Object) -> Curves:
    """What the face's keys do, as played back: frame k of the curves is the scene's frame_start + k."""
    blocks = [face.data.shape_keys.key_blocks[name] for name in CHANNELS]
    values = []
    for frame in range(scene.frame_start, scene.frame_end + 1):
        scene.frame_set(frame)
        values.append([block.value for block in blocks])
    return Curves(CHANNELS, np.array(values, np.float32), FPS)


def light_and_camera(scene: bpy.types.Scene) -> None:
    """A portrait camera and Workbench's studio light: nothing that needs a GPU or textures."""
    corners = np.array([ob.matrix_world @ Vector(corner) for ob in scene.objects if ob.type == "MESH" for corner in ob.bound_box])
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
    shading.color_type = "MATERIAL"
    scene.world = scene.world or bpy.data.worlds.new("World")
    scene.world.color = (0.32, 0.34, 0.36)


def render_still(scene: bpy.types.Scene, time: float, path: Path) -> None:
    """Render the frame shown at a time (s from the scene's first frame) to a .png."""
    scene.frame_set(min(scene.frame_start + round(time * FPS), scene.frame_end))
    _image_kind(scene, "IMAGE", "PNG")
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def render_movie(scene: bpy.types.Scene, path: Path) -> None:
    """Render all frames, with the sound, to an .mp4 that every player and browser takes."""
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
    if hasattr(settings, "media_type"):  # 5.0 and later ask for this first
        settings.media_type = media
    settings.file_format = file_format
