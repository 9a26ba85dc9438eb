"""The operators that find landmarks and make ARKit's keys on a head: modal in a window, blocking without one. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from collections.abc import Collection

import bpy

from ...backend.arkit import CHANNELS
from ...backend.messages import UserMessage
from ..locale import tr
from ..operator_bases import RunsJob, stop_timer
from . import scene_head, scene_landmarks
from .key_job import KeyJob
from .running_key_job import running


def chosen_head(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the head that the operators work on: the active object, or the one whose landmark is active."""
    return scene_landmarks.head_of(context.active_object)


def disabled_reason(context: bpy.types.Context) -> UserMessage | None:
    """Return why no keys can be made now; None when they can."""
    if running.job:
        return UserMessage("Keys are being made: wait for it or cancel it")
    if context.mode != "OBJECT":
        return UserMessage("Switch to Object Mode")
    try:
        scene_head.check_editable(chosen_head(context))
    except scene_head.HeadError as error:
        return error.message
    return None


def made_keys(ob: bpy.types.Object | None) -> list[str]:
    """Return the keys of a mesh that were made here."""
    key = getattr(getattr(ob, "data", None), "shape_keys", None)
    if key is None:
        return []
    made = key.get(scene_head.MADE, {})
    return [name for name in CHANNELS if name in made and name in key.key_blocks]


class _Making(RunsJob):
    """Base of the operators that find landmarks or make keys."""

    _running = running
    _make_keys = True
    _head = ""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> UserMessage | None:
        return disabled_reason(context)

    def replaced(self, ob: bpy.types.Object) -> Collection[str]:
        """Return the names of keys that are made again."""
        return ()

    def _begin(self, context: bpy.types.Context) -> set[str] | None:
        running.error = None
        ob = chosen_head(context)
        try:
            head = scene_head.read_head(context, ob)
        except scene_head.HeadError as error:
            return self._fail(error.message)
        assert ob
        self._head = ob.name
        running.job = KeyJob(head, scene_landmarks.placed(ob) if self._make_keys else None, self._make_keys)
        return None

    def _step(self, context: bpy.types.Context, wait: float = 0.0) -> set[str] | None:
        job = running.job
        if job is None:
            self.report({"INFO"}, tr("Canceled: nothing was changed"))  # type: ignore[attr-defined]
            return {"CANCELLED"}
        if not job.done(wait):
            return None
        ob = bpy.data.objects.get(self._head)
        if job.error:
            raise job.error
        if ob is None:
            return self._fail(UserMessage("The head was deleted or renamed, so no keys were made: try again"))
        if job.missing:
            return self._fail(scene_head.no_face(ob, job.missing).message)
        try:
            self._apply(ob, job)
        except scene_head.HeadError as error:
            return self._fail(error.message)
        return {"FINISHED"}

    def _apply(self, ob: bpy.types.Object, job: KeyJob) -> None:
        assert job.made
        keys, meshes = scene_head.write_keys(job.head, job.made.moves, self.replaced(ob))
        if not keys:
            self.report({"INFO"}, tr("All keys exist already: nothing was changed"))  # type: ignore[attr-defined]
            return
        count = UserMessage("1 mesh") if meshes == 1 else UserMessage("{count} meshes", count=meshes)
        messages = [UserMessage("Made {keys} keys on {meshes}", keys=keys, meshes=count), *warnings(ob, job)]
        self.report({"WARNING"} if len(messages) > 1 else {"INFO"}, ". ".join(map(tr, messages)))  # type: ignore[attr-defined]

    def _release(self) -> None:
        running.give_up()


def warnings(ob: bpy.types.Object, job: KeyJob) -> list[UserMessage]:
    """Return what the artist should know about the keys that were made."""
    assert job.made
    messages = []
    if job.head.halved:
        messages.append(
            UserMessage(
                "The Mirror modifier moves both sides alike: apply it and make the keys again for one-sided expressions"
            )
        )
    if not job.made.opens_mouth:
        messages.append(UserMessage("The lips can't part because the mesh isn't cut open between them"))
    if not job.made.closes_eyes:
        messages.append(UserMessage("The lids can't meet because the mesh has no openings at the eyes"))
    return messages


class OBJECT_OT_arkit_keys_make(_Making, bpy.types.Operator):
    """Give a head without shape keys ARKit's 52, with the eyes, teeth, tongue, lashes and brows in it; existing keys are kept"""

    bl_idname = "object.arkit_keys_make"
    bl_label = "Make ARKit Keys"

    replace: bpy.props.BoolProperty(
        name="Make Again",
        description="Replace the keys that were made before, as after landmarks were moved",
        default=False,
        options={"SKIP_SAVE"},
    )

    def replaced(self, ob: bpy.types.Object) -> Collection[str]:
        return made_keys(ob) if self.replace else ()


class NeedsActiveKey:
    """Put before the base of an operator that works on the active shape key."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):  # type: ignore[misc]
            return False
        if active_key(chosen_head(context)) is None:
            cls.poll_message_set(tr("Choose one of ARKit's keys in the list of shape keys"))  # type: ignore[attr-defined]
            return False
        return True


class LIPSYNC_OT_key_redo(NeedsActiveKey, _Making, bpy.types.Operator):
    """Make the active shape key again, as after landmarks were moved; all others stay as they are"""

    bl_idname = "lipsync.key_redo"
    bl_label = "Make Active Key Again"

    def replaced(self, ob: bpy.types.Object) -> Collection[str]:
        name = active_key(ob)
        return [name] if name else ()


class LIPSYNC_OT_landmarks_propose(_Making, bpy.types.Operator):
    """Find lips, lids, brows, nose, chin and ears, and mark them with spheres that can be dragged before keys are made"""

    bl_idname = "lipsync.landmarks_propose"
    bl_label = "Find Face Landmarks"
    _make_keys = False

    def _apply(self, ob: bpy.types.Object, job: KeyJob) -> None:
        assert job.face
        scene_landmarks.show(ob, job.face.places(), job.face.analysis.frame.size)
        scene_landmarks.select(bpy.context.view_layer, ob)
        self.report({"INFO"}, tr("Drag spheres that are in the wrong place, then make the keys"))


class LIPSYNC_OT_keys_cancel(bpy.types.Operator):
    """Stop making keys; nothing is changed"""

    bl_idname = "lipsync.keys_cancel"
    bl_label = "Cancel Making Keys"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if running.job is None:
            cls.poll_message_set(tr("No keys are being made"))
        return running.job is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        running.give_up()
        return {"FINISHED"}


def active_key(ob: bpy.types.Object | None) -> str | None:
    """Return the name of an object's active shape key if it is one of ARKit's."""
    block = getattr(ob, "active_shape_key", None)
    return block.name if block and block.name in CHANNELS else None


def menu_draw(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.operator(OBJECT_OT_arkit_keys_make.bl_idname, icon="SHAPEKEY_DATA")


_register, _unregister = bpy.utils.register_classes_factory(
    (OBJECT_OT_arkit_keys_make, LIPSYNC_OT_key_redo, LIPSYNC_OT_landmarks_propose, LIPSYNC_OT_keys_cancel)
)


def register() -> None:
    _register()
    bpy.types.VIEW3D_MT_object.append(menu_draw)


def unregister() -> None:
    running.give_up()
    stop_timer(running)
    bpy.types.VIEW3D_MT_object.remove(menu_draw)
    _unregister()
