"""Write a take as an Action, with the controls and the locked keys of the active take. Runs in Blender."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace

import bpy
import numpy as np

from ...backend.arkit import HEAD
from ...backend.curves.adjust import Controls
from ...backend.curves.base import Curves
from ...backend.performance import Take
from ...backend.sounds.edit_list import carry_over
from ..keyframes import face_action
from ..rig.face_rig import Face
from ..takes import controls, take_sounds, take_store
from ..takes.locked_keys import copy_locked, is_manual, mark_manual
from . import model_info
from .key_reduction_thread import KeyReductionThread
from .request import JobError, JobRequest


def start_key_reduction(take: Take, face: Face, request: JobRequest) -> KeyReductionThread | None:
    """Start to reduce the keys that write_take() will need; None when the style asks for every key."""
    if not request.style.tolerance:
        return None
    curves = _edited(take, request)[0]
    return KeyReductionThread(
        _table(curves, face, controls.for_new_takes(face, request.repeats), request, take.seed), request.style
    )


def write_take(
    take: Take, face: Face, request: JobRequest, reduction: KeyReductionThread | None = None
) -> bpy.types.Action:
    """Write a take as a new Action that nothing uses yet, with the controls of the active take and copies of its locked keys.

    The table is made again, as face and controls may have changed since `reduction` was started. Raises JobError; no Action stays then.
    """
    source = _locked_action(request)
    locked = copy_locked(face, source, request.locks) if source else {}
    settings = controls.for_new_takes(face, request.repeats)
    curves, heard = _edited(take, request)
    table, style = _table(curves, face, settings, request, take.seed), request.style
    name = take_store.new_name(
        request.span.strip, take.identity, take_store.shown_emotion(take.resolve(request.performance))
    )
    reduced = reduction.keys(table, style) if reduction else None
    with all_or_none() as written:
        action = face_action.write_action(name, table, request.span.first_frame, style, locked, reduced)
        written.append(action)
        controls.store(action, settings, style)
        if source and locked and is_manual(source):
            mark_manual(action)
        take_sounds.store(action, heard, take.curves)
        take_store.mark(action, take_info(request, take), curves)
        if target := controls.look_target_for_new_takes(face):
            action.lipsync_controls.look_target = target
            controls.update_look(action, face, style)
    return action


def _edited(take: Take, request: JobRequest) -> tuple[Curves, take_sounds.TakeSounds]:
    """Return a take's curves with the edits of the sounds of the take before, and its own sounds with these edits.

    Locked values stay: they had the edits already.
    """
    before, part = request.sounds, model_info.sounds_part(request.setup.model)
    if not before.is_edited:
        return take.curves, take_sounds.TakeSounds(take.sounds)
    sounds = take_sounds.TakeSounds(
        take.sounds, carry_over(before.edits, before.heard, take.sounds) if part else (), before.held, before.words
    )
    curves = take_sounds.performed(take.curves, sounds, part.poses.of(take.identity) if part else None)
    mask = request.locks.mask(curves.names, request.span.first_frame, len(curves.values))
    curves = replace(curves, values=np.where(mask, take.curves.values, curves.values))
    return curves, sounds


def _locked_action(request: JobRequest) -> bpy.types.Action | None:
    """Find the Action whose locked keys are to be copied, if any. Raises JobError when it was deleted."""
    if request.locked_action is None:
        return None
    for action in bpy.data.actions:
        if action.session_uid == request.locked_action:
            return action
    raise JobError("The take with the locked keys was deleted, so nothing was keyed: generate again")


@contextlib.contextmanager
def all_or_none() -> Iterator[list[bpy.types.Action]]:
    """Give a list for new Actions, which are all removed when the block raises."""
    actions: list[bpy.types.Action] = []
    try:
        yield actions
    except BaseException:
        for action in actions:
            bpy.data.actions.remove(action)
        raise


def _table(curves: Curves, face: Face, settings: Controls, request: JobRequest, seed: int) -> list[face_action.Column]:
    if not curves.rotations and not set(HEAD).isdisjoint(request.locks.channels):
        still = np.zeros(len(curves.values), np.float32)  # to be replaced by copies of the locked keys
        curves = replace(curves, rotations=dict.fromkeys(HEAD, still))
    locked = request.locks.of(curves, request.span.first_frame)
    return face_action.columns(face, controls.fit(face, curves, settings, seed, locked))


def take_info(request: JobRequest, take: Take) -> take_store.TakeInfo:
    """Describe how a take was made."""
    span = request.span
    return take_store.TakeInfo(
        strip=span.strip,
        sound=span.file,
        start=span.start,
        end=span.end,
        first_frame=span.first_frame,
        performance=take.resolve(request.performance),
        audio_sha256=take.audio_sha256,
        model_sha256=take.model_sha256,
        made=time.time(),
        locks=request.locks,
        likeness=take.likeness,
        retimed=span.is_mixed,
    )
