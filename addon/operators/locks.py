"""The operators of the Locks panel: lock the timeline's preview range, and hold a pose. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from dataclasses import replace
from typing import ClassVar

import bpy

from ...backend.arkit import REGIONS
from ...backend.curves.held_poses import HeldPose, channels_of
from ...backend.messages import UserMessage
from ..keyframes.face_action import channel_fcurves
from ..locale import tr
from ..properties import active_take, chosen_face, settings
from ..rig import face_rig
from ..takes import take_sounds, take_store
from .take_sounds import OnTakeSounds, playhead

_ROUNDING = 1e-4  # s


class LIPSYNC_OT_lock_preview_range(bpy.types.Operator):
    """Lock the frames of the timeline's preview range"""

    bl_idname = "lipsync.lock_preview_range"
    bl_label = "Lock Preview Range"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not context.scene.use_preview_range:
            cls.poll_message_set(tr("Set a preview range in the timeline first (press P and drag)"))
        return context.scene.use_preview_range

    def execute(self, context: bpy.types.Context) -> set[str]:
        locks, scene = settings(context).locks, context.scene
        locks.use_frames = True
        locks.first_frame, locks.last_frame = scene.frame_preview_start, scene.frame_preview_end
        return {"FINISHED"}


class _OnHeldPose(OnTakeSounds):
    """Base of the operators on poses that the active take holds."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> UserMessage | None:
        return take_sounds.disabled_reason(active_take(context))

    def changed(
        self, context: bpy.types.Context, action: bpy.types.Action, before: take_sounds.TakeSounds
    ) -> take_sounds.TakeSounds:
        return replace(before, held=self.held(context, action, before.held))

    def held(
        self, context: bpy.types.Context, action: bpy.types.Action, before: tuple[HeldPose, ...]
    ) -> tuple[HeldPose, ...]:
        """Return the poses that the take holds then. Raises TakeError or RigError."""
        raise NotImplementedError


class LIPSYNC_OT_pose_hold(_OnHeldPose, bpy.types.Operator):
    """Hold the face as it is on the current frame; the performance flows into the pose and out of it within 0.3 s"""

    bl_idname = "lipsync.pose_hold"
    bl_label = "Hold Pose"

    duration: bpy.props.FloatProperty(
        name="Duration",
        description="How long the pose is held from the current frame on",
        min=0.0,
        soft_max=10.0,
        default=1.0,
        subtype="TIME_ABSOLUTE",
        unit="TIME_ABSOLUTE",
    )
    regions: bpy.props.EnumProperty(
        name="Regions",
        description="The regions of the face that are held",
        items=tuple((region, region.title(), "Hold this region") for region in REGIONS),
        options={"ENUM_FLAG"},
        default=set(REGIONS),
    )

    def held(
        self, context: bpy.types.Context, action: bpy.types.Action, before: tuple[HeldPose, ...]
    ) -> tuple[HeldPose, ...]:
        regions = tuple(region for region in REGIONS if region in self.regions)
        if not regions:
            raise take_store.TakeError("No region of the face is chosen: choose one or more")
        at = playhead(context, action)
        if not 0 <= at <= len(take_store.read_curves(action).values) / take_store.read_info(action).performance.fps:
            raise take_store.TakeError("The current frame isn't within the take: go to one of its frames")
        return (*before, HeldPose(at, at + self.duration, regions, _pose(context, action, regions, at)))


class LIPSYNC_OT_pose_release(_OnHeldPose, bpy.types.Operator):
    """Release the poses that are held on the current frame"""

    bl_idname = "lipsync.pose_release"
    bl_label = "Release Pose"

    def held(
        self, context: bpy.types.Context, action: bpy.types.Action, before: tuple[HeldPose, ...]
    ) -> tuple[HeldPose, ...]:
        at = playhead(context, action)
        kept = tuple(pose for pose in before if not pose.start - _ROUNDING <= at <= pose.end + _ROUNDING)
        if kept == before:
            raise take_store.TakeError("No pose is held on this frame: go to a frame where one is")
        return kept


def _pose(
    context: bpy.types.Context, action: bpy.types.Action, regions: tuple[str, ...], seconds: float
) -> tuple[float, ...]:
    """Return the values of some regions' channels: as generated or, in a take that was edited manually, as keyed."""
    curves, names = take_store.read_curves(action), channels_of(regions)
    row = curves.values[min(round(seconds * curves.fps), len(curves.values) - 1)]
    values = dict(zip(curves.names, map(float, row), strict=True))
    if take_store.is_edited(action):
        frame = context.scene.frame_current_final
        fcurves = channel_fcurves(action, face_rig.read_face(chosen_face(context)))
        values |= {name: min(max(fcurve.evaluate(frame), 0.0), 1.0) for name, fcurve in fcurves.items()}
    return tuple(values.get(name, 0.0) for name in names)


register, unregister = bpy.utils.register_classes_factory(
    (LIPSYNC_OT_lock_preview_range, LIPSYNC_OT_pose_hold, LIPSYNC_OT_pose_release)
)
