"""Sounds that only Blender's decoder can read, and strips that sound different from their files."""

from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from helpers import add_strip, part, read_action

NEW_NAMES = bpy.app.version >= (5, 1)


def _encode(scene: "bpy.types.Scene", file: Path, container: str, codec: str, bitrate: int = 192) -> Path:
    """Write the first three seconds of the scene's sound in a format that libsndfile can't read."""
    scene.frame_start, scene.frame_end = 11, 11 + 72
    bpy.ops.sound.mixdown(
        filepath=str(file),
        container=container,
        codec=codec,
        format="S16",
        bitrate=bitrate,
        mixrate=48000,
        channels="STEREO",
    )
    assert file.stat().st_size > 10_000
    return file


def _span(strip: "bpy.types.Strip"):
    return part("addon.generation.sound_strip").read_span(strip, 24.0)


def _jaw(face: "bpy.types.Object") -> np.ndarray:
    """Return the keys of the jaw, (keys, 2)."""
    return read_action(face.data.shape_keys.animation_data.action)['key_blocks["jawOpen"].value']


@pytest.fixture
def ac3(strip: "bpy.types.Strip", tmp_path: Path) -> Path:
    return _encode(bpy.context.scene, tmp_path / "line.ac3", "AC3", "AC3")


@pytest.mark.parametrize(("container", "codec", "suffix"), [("AC3", "AC3", "ac3"), ("MATROSKA", "AC3", "mkv")])
@pytest.mark.parametrize("packed", [False, True])
def test_sound_that_blender_decodes(
    strip: "bpy.types.Strip",
    face: "bpy.types.Object",
    tmp_path: Path,
    container: str,
    codec: str,
    suffix: str,
    packed: bool,
) -> None:
    scene = bpy.context.scene
    file = _encode(scene, tmp_path / f"Line one.{suffix}", container, codec)
    scene.lipsync.key_density = "DENSE"
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    expected = _jaw(face)
    strip = add_strip(scene, file, 101)
    if packed:
        strip.sound.pack()
    sounds, scenes = len(bpy.data.sounds), len(bpy.data.scenes)
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    assert (len(bpy.data.sounds), len(bpy.data.scenes)) == (sounds, scenes)
    keys = _jaw(face)
    assert keys[0, 0] == 101 and keys[-1, 0] == pytest.approx(101 + 72, abs=3)
    count = min(len(keys), len(expected), 60)
    assert np.corrcoef(keys[:count, 1], expected[:count, 1])[0, 1] > 0.9
    assert list(part("addon.generation.backend_process").process.folder().glob("*.wav")) == []


def _assert_decoded(file: Path, seconds: float) -> None:
    """Check that Blender's decoder hears in a file what begins the scene's first strip."""
    scene = bpy.context.scene
    original, tmp = part("backend.audio").read_clip(_span(_first(scene)).file, 0.0, seconds).samples, file.parent
    span = replace(_span(add_strip(scene, file, 101)), end=seconds)
    heard = part("backend.audio").read_clip(part("addon.generation.mixdown").decode(span, file, tmp)).samples
    loudness = [
        np.sqrt(np.mean(np.square(clip[: int(seconds * 16000) // 800 * 800].reshape(-1, 800)), axis=1))
        for clip in (original, heard)
    ]
    assert np.corrcoef(*loudness)[0, 1] > 0.9  # encoders delay by up to a block


def _first(scene: "bpy.types.Scene") -> "bpy.types.Strip":
    return part("addon.generation.sound_strip").sound_strips(scene)[0]


@pytest.mark.parametrize(
    ("container", "codec", "suffix"),
    [("AAC", "AAC", "aac"), ("OGG", "FLAC", "oga"), ("MATROSKA", "AAC", "mka"), ("WAV", "AC3", "wav")],
)
def test_containers_that_blender_decodes(
    strip: "bpy.types.Strip", tmp_path: Path, container: str, codec: str, suffix: str
) -> None:
    _assert_decoded(_encode(bpy.context.scene, tmp_path / f"line.{suffix}", container, codec), 2.5)


@pytest.mark.parametrize(
    ("container", "picture", "sound", "suffix"),
    [("QUICKTIME", "H264", "AAC", "mov"), ("WEBM", "WEBM", "OPUS", "webm"), ("AVI", "MPEG4", "MP3", "avi")],
)
def test_films_that_blender_decodes(
    strip: "bpy.types.Strip", tmp_path: Path, container: str, picture: str, sound: str, suffix: str
) -> None:
    _assert_decoded(_movie(tmp_path, container, picture, sound, suffix), 0.9)


def test_trimmed_strip_is_decoded_from_start(ac3: Path, tmp_path: Path) -> None:
    strip = add_strip(bpy.context.scene, ac3, 101)
    whole = part("backend.audio").read_clip(
        part("addon.generation.mixdown").decode(_span(strip), ac3, tmp_path)
    ).samples  # fmt: skip
    setattr(strip, "left_handle" if NEW_NAMES else "frame_final_start", 125)
    span = _span(strip)
    assert span.start == pytest.approx(1.0)
    late = part("backend.audio").read_clip(part("addon.generation.mixdown").decode(span, ac3, tmp_path)).samples
    count = min(len(late), len(whole) - 16000)
    assert np.corrcoef(late[:count], whole[16000 : 16000 + count])[0, 1] > 0.95


@pytest.mark.parametrize(
    "content", [b"", bytes(range(256)) * 64, b"ID3\x04" + bytes(5000), b"RIFF\xff\xff\xff\xffWAVEfmt "]
)
def test_unreadable_sound_is_refused_by_name(
    scene: "bpy.types.Scene", face: "bpy.types.Object", tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "broken.m4a"
    file.write_bytes(content or b"\0")
    add_strip(scene, file, 11)
    with pytest.raises(RuntimeError, match=r"broken\.m4a"):
        bpy.ops.lipsync.generate()
    assert face.data.shape_keys.animation_data is None or face.data.shape_keys.animation_data.action is None


def test_decoded_take_regenerates_the_same(ac3: Path, strip: "bpy.types.Strip", face: "bpy.types.Object") -> None:
    add_strip(bpy.context.scene, ac3, 101)
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    before = _jaw(face)
    assert bpy.ops.lipsync.take_again() == {"FINISHED"}
    np.testing.assert_allclose(_jaw(face), before, atol=1e-3)  # the same to what another thread count rounds


def test_faded_strip_is_spoken_as_heard(strip: "bpy.types.Strip", face: "bpy.types.Object") -> None:
    scene = bpy.context.scene
    scene.lipsync.key_density = "DENSE"
    middle = 11 + 60
    for frame, volume in ((11, 1.0), (middle, 1.0), (middle + 1, 0.0)):
        strip.volume = volume
        strip.keyframe_insert("volume", frame=frame)
    assert _span(strip).faded
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    keys = _jaw(face)
    assert keys[keys[:, 0] < middle, 1].max() > 0.2 > 2 * keys[keys[:, 0] > middle + 12, 1].max()


def test_differences_to_heard_are_reported(strip: "bpy.types.Strip") -> None:
    module, scene = part("addon.generation.sound_strip"), bpy.context.scene
    assert module.notices(scene, strip.name) == [] == module.notices(scene, "gone") == module.notices(None, "")
    strip.volume, strip.mute = 0.0, True
    muted, silent = map(str, module.notices(scene, strip.name))
    assert "is muted" in muted and "volume 0" in silent


def test_movie_strip_means_its_sound(ac3: Path, strip: "bpy.types.Strip", tmp_path: Path) -> None:
    module, scene = part("addon.generation.sound_strip"), bpy.context.scene
    editor = scene.sequence_editor
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    movie = strips.new_movie("Shot", str(_movie(tmp_path)), 5, 40)
    editor.active_strip = movie
    with pytest.raises(module.StripError, match='The sound of the movie strip "Shot"'):
        module.find_span(bpy.context)
    sound = add_strip(scene, Path(movie.filepath), 40)
    editor.active_strip = movie
    assert module.find_span(bpy.context).strip == sound.name


def _movie(
    folder: Path, container: str = "MPEG4", picture: str = "H264", sound: str = "AAC", suffix: str = "mp4"
) -> Path:
    """Write a movie of a second with sound."""
    scene = bpy.context.scene
    file = folder / f"shot.{suffix}"
    render = scene.render
    if hasattr(render.image_settings, "media_type"):
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format = "FFMPEG"
    render.ffmpeg.format, render.ffmpeg.codec, render.ffmpeg.audio_codec = container, picture, sound
    render.resolution_x = render.resolution_y = 64
    scene.frame_start, scene.frame_end = 11, 35
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    render.engine = "BLENDER_WORKBENCH"
    render.filepath, render.use_file_extension = str(file), False
    bpy.ops.render.render(animation=True)
    return file
