"""What the backend made becomes an Action, with the controls and the locked keys of the one that moves the face."""

import contextlib
import time
from collections.abc import Iterator

import bpy

from ...backend.curves.adjust import Controls, adjust
from ...backend.curves.base import Curves
from ...backend.ipc.protocol import TakeReady
from ..keyframes import face_action
from ..rig.face_rig import Face
from ..takes import controls, take_store
from ..takes.locked_keys import copy_kept, is_by_hand, mark_by_hand
from .key_reduction_thread import KeyReductionThread
from .request import JobError, JobRequest


def start_key_reduction(take: TakeReady, face: Face, order: JobRequest) -> KeyReductionThread | None:
    """Begin to find the keys that write_take() will want, if there is anything to find."""
    return (
        KeyReductionThread(_table(take, face, controls.for_new_takes(face)), order.style)
        if order.style.tolerance
        else None
    )


def write_take(
    take: TakeReady, face: Face, order: JobRequest, draft: KeyReductionThread | None = None
) -> bpy.types.Action:
    """A take as a new Action that nothing uses yet, with the controls of the one that moves the face, and its keys where they are locked.
    Raises JobError, and whatever it raises, no Action stays."""
    held = _held(order)
    copied = copy_kept(face, held, order.locks) if held else {}
    wanted = controls.for_new_takes(face)
    table, style = _table(take, face, wanted), order.style
    name, thinned = take_store.new_name(order.span.strip, take.identity), draft.keys(table, style) if draft else None
    with all_or_none() as written:
        action = face_action.write_action(name, table, order.span.first_frame, style, copied, thinned)
        written.append(action)
        controls.start(action, wanted, style)
        if held and copied and is_by_hand(held):
            mark_by_hand(action)
        take_store.mark(action, take_info(order, take), _curves(take))
    return action


def _held(order: JobRequest) -> bpy.types.Action | None:
    """The Action of which an order's locks keep something, if any. Raises JobError when it was deleted since."""
    if order.kept_of is None:
        return None
    for action in bpy.data.actions:
        if action.session_uid == order.kept_of:
            return action
    raise JobError("The take with the locked keys was deleted, so nothing was keyed: generate again")


@contextlib.contextmanager
def all_or_none() -> Iterator[list[bpy.types.Action]]:
    """A list of new Actions to fill, of which none stays when that fails."""
    actions: list[bpy.types.Action] = []
    try:
        yield actions
    except BaseException:
        for action in actions:
            bpy.data.actions.remove(action)
        raise


def _table(take: TakeReady, face: Face, wanted: Controls) -> list[face_action.Column]:
    return face_action.columns(face, adjust(_curves(take), wanted))


def _curves(take: TakeReady) -> Curves:
    return Curves(take.names, take.values, take.fps)


def take_info(order: JobRequest, take: TakeReady) -> take_store.TakeInfo:
    """How a take was made."""
    span = order.span
    return take_store.TakeInfo(
        strip=span.strip,
        sound=span.file,
        start=span.start,
        end=span.end,
        first_frame=span.first_frame,
        fps=span.fps,
        identity=take.identity,
        emotion=take.emotion,
        seed=take.seed,
        audio_sha256=take.audio_sha256,
        model_sha256=take.model_sha256,
        likeness=take.likeness,
        made=time.time(),
        intensity=order.intensity,
        moods=order.moods,
        locks=order.locks,
        retimed=span.retimed,
    )
