"""The scene changes while a take is made: the take comes onto the right face or not at all, and Blender lives."""

import another_blender
import bpy
import pytest
from pathlib import Path

from tests.soak import Soak


@pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="needs a Blender with sound")
def test_random_changes_in_mid_job(soak: Soak, extension: Path) -> None:
    """In a Blender of its own, which may crash."""
    tries = soak.times(quick=12, long=400)
    process = another_blender.start("change", tries.start, tries.stop)
    for n in tries:
        with soak.trial("undone, renamed, deleted, reloaded and so on in mid-job"):
            begun = another_blender.told(process)
            assert begun["n"] == n
            try:
                print(begun, another_blender.told(process))
            except AssertionError as error:
                raise AssertionError(f"{begun}: {error}") from error
    assert another_blender.told(process) == {"ended": True}
