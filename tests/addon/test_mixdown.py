"""Mixdowns of one strip: retimed strips are spoken as they sound, and the artist's scene stays as it was."""

import threading
import time
import wave
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from helpers import add_strip, part, read_action

RETIMING = pytest.mark.skipif(
    bpy.app.version < (5, 1), reason="adding a retiming key crashes earlier Blenders without a window"
)
NEW_NAMES = bpy.app.version >= (5, 1)


def _state(scene: "bpy.types.Scene") -> Any:
    strips = [
        (strip.name, strip.mute, strip.channel, strip.volume)
        for strip in part("addon.generation.sound_strip").all_strips(scene)
    ]
    settings = (
        scene.frame_start,
        scene.frame_end,
        scene.frame_current,
        [channel.mute for channel in scene.sequence_editor.channels],
    )
    counts = [
        [(block.name, block.users) for block in blocks]
        for blocks in (bpy.data.scenes, bpy.data.sounds, bpy.data.objects)
    ]
    return strips, settings, counts


def _seconds(file: Path) -> np.ndarray:
    return part("backend.audio").read_clip(file).samples


def _lag(heard: np.ndarray, expected: np.ndarray) -> float:
    """Return by how many seconds the first sound lags behind the second."""
    length = 2 * max(len(heard), len(expected))
    match = np.fft.irfft(np.fft.rfft(heard, length) * np.fft.rfft(expected, length).conj(), length)
    lag = int(match.argmax())
    return (lag if lag < length // 2 else lag - length) / 16000


@pytest.fixture
def crowded(scene: "bpy.types.Scene", speech: Path, face: "bpy.types.Object") -> "bpy.types.Strip":
    """Add a trimmed strip that starts half a second after its content, muted, on a muted channel, among others."""
    strip = add_strip(scene, speech, 101)
    setattr(strip, "left_handle" if NEW_NAMES else "frame_final_start", 113)
    strip.name, strip.channel, strip.mute = "Line", 4, True
    scene.sequence_editor.channels[4].mute = True
    for frame in (90, 130):
        add_strip(scene, speech, frame).mute = False
    scene.frame_start, scene.frame_end = 5, 9
    return strip


def test_mixdown_plays_strip_alone(crowded: "bpy.types.Strip", speech: Path, tmp_path: Path) -> None:
    span = part("addon.generation.sound_strip").read_span(crowded, 24.0)
    before = _state(bpy.context.scene)
    heard = _seconds(part("addon.generation.mixdown").mix_down(span, tmp_path))
    assert _state(bpy.context.scene) == before
    expected = _seconds(speech)[8000:]
    assert len(heard) / 16000 == pytest.approx(span.end - span.start, abs=0.1)
    assert abs(_lag(heard, expected)) < 0.005
    count = min(len(heard), len(expected))
    assert np.corrcoef(heard[:count], expected[:count])[0, 1] > 0.95  # nothing else is heard


def test_deleted_strip_is_reported(crowded: "bpy.types.Strip", tmp_path: Path) -> None:
    strip = part("addon.generation.sound_strip")
    span = strip.read_span(crowded, 24.0)
    crowded.name = "Other"
    with pytest.raises(strip.StripError, match='The strip "Line" is gone'):
        part("addon.generation.mixdown").mix_down(span, tmp_path)
    crowded.name = "Line"
    before = _state(bpy.context.scene)
    with pytest.raises(strip.StripError, match="can't be mixed down"):
        part("addon.generation.mixdown").mix_down(span, tmp_path / "no folder")
    assert _state(bpy.context.scene) == before


def test_unfinished_mixdown_is_awaited(extension: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mixdown, path, rate = (
        part("addon.generation.mixdown"),
        tmp_path / "mixdown.wav",
        part("addon.generation.mixdown")._RATE,
    )
    monkeypatch.setattr(mixdown, "_TIMEOUT", 0.5)

    def write() -> None:
        with open(path, "wb") as raw, wave.open(raw) as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.setnframes(0)
            for _ in range(5):
                file.writeframesraw(bytes(2 * rate))
                raw.flush()
                time.sleep(0.1)

    writer = threading.Thread(target=write)
    writer.start()
    assert mixdown._wait(path, 5.0)
    writer.join()
    assert path.stat().st_size == 44 + 5 * 2 * rate
    assert not mixdown._wait(path, 6.0) and not mixdown._wait(tmp_path / "none.wav", 1.0)


@RETIMING
def test_retimed_strip_is_spoken_as_heard(scene: "bpy.types.Scene", face: "bpy.types.Object", speech: Path) -> None:
    scene.lipsync.key_density = "DENSE"
    strip = add_strip(scene, speech)
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    plain = read_action(face.data.shape_keys.animation_data.action)['key_blocks["jawOpen"].value'][:, 1]
    strip.retiming_keys.add(timeline_frame=20)
    whole = int(strip.right_handle) - 11
    strip.retiming_keys[-1].timeline_frame = 11 + 2 * whole  # half as fast from frame 20 on
    before = _state(scene)
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    assert _state(scene) == before
    action = face.data.shape_keys.animation_data.action
    slow = read_action(action)['key_blocks["jawOpen"].value']
    assert slow[0, 0] == 11 and abs(slow[-1, 0] - 11 - 2 * whole) <= 1
    stretched = np.interp(
        np.arange(len(slow)), [0, 9, 2 * whole], [0, 9, whole]
    )  # the frame of the plain take that each shows
    expected = np.interp(stretched, np.arange(len(plain)), plain)
    assert np.corrcoef(slow[:, 1], expected)[0, 1] > 0.6
    takes = part("addon.takes.take_store")
    assert takes.read_info(action).retimed and "retimed strip" in str(takes.regenerate_disabled_reason(action))
    assert list(part("addon.generation.backend_process").process.folder().glob("mixdown*")) == []


@RETIMING
def test_retimed_strip_in_the_cast(scene: "bpy.types.Scene", face: "bpy.types.Object", speech: Path) -> None:
    strip = add_strip(scene, speech)
    strip.retiming_keys.add(timeline_frame=40)
    strip.retiming_keys[-1].timeline_frame = (
        int(strip.right_handle) + 30
    )  # among other strips this crashes Blender 5.2 at times
    add_strip(scene, speech, 501).name = "Late"
    assert bpy.ops.lipsync.cast_add_all() == {"FINISHED"} and bpy.ops.lipsync.generate_cast() == {"FINISHED"}
    assert part("addon.takes.take_store").read_parts(face.data.shape_keys.animation_data.action) == (
        "Hello There",
        "Late",
    )


def test_mixdown_waits_for_key_reduction(strip: "bpy.types.Strip", tmp_path: Path) -> None:
    """Blender 4.5 crashes if other Python threads compute during a mixdown."""
    reduction, face_action = part("addon.generation.key_reduction_thread"), part("addon.keyframes.face_action")
    noise = np.random.default_rng(0).random((52, 2000), np.float32)
    table = [face_action.Column(f"curve {n}", "Lips", values) for n, values in enumerate(noise)]
    running = [reduction.KeyReductionThread(table, face_action.Style(0.01, True)) for _ in range(2)]
    span = part("addon.generation.sound_strip").find_span(bpy.context, strip.name)
    assert part("addon.generation.mixdown").decode(span, Path(span.file), tmp_path).is_file()
    assert all(thread.ready() for thread in running)
