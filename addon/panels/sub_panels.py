"""Panels that look the same in the 3D View's sidebar and in the Sequencer's. Runs in Blender."""

import bpy

_EDITORS = {"VIEW3D": "VIEW_3D", "SEQUENCER": "SEQUENCE_EDITOR"}  # prefix of a class name -> bl_space_type


def in_both_editors(name: str, contents: type, parent: str = "lipsync", is_open: bool = False) -> tuple[type, ...]:
    """Make the panels VIEW3D_PT_name and SEQUENCER_PT_name, open or closed at first.

    contents: a class with what both share, such as bl_label and draw().
    parent: the end of the name of the panel that they lie below.
    """
    return tuple(
        type(
            f"{prefix}_PT_{name}",
            (contents, bpy.types.Panel),
            {
                "__module__": contents.__module__,
                "bl_space_type": space,
                "bl_region_type": "UI",
                "bl_parent_id": f"{prefix}_PT_{parent}",
                "bl_options": set() if is_open else {"DEFAULT_CLOSED"},
            },
        )
        for prefix, space in _EDITORS.items()
    )
