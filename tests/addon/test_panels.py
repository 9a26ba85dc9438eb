"""The panel's description of a face."""

import re
from pathlib import Path

import bpy
import pytest
from helpers import add_mesh, part


class _Layout:
    """Replaces Blender's layout, which needs a window. It records the labels."""

    def __init__(self) -> None:
        self.labels: list[str] = []

    def row(self) -> "_Layout":
        return self

    def box(self) -> "_Layout":
        return self

    def column(self, align: bool) -> "_Layout":
        return self

    def label(self, text: str, icon: str = "NONE", translate: bool = True) -> None:
        self.labels.append(text)


@pytest.mark.parametrize(
    "keys, lines",
    [
        (["jawOpen", "mouthClose"], ["2 of 52 shape keys on 1 mesh"]),
        (["eyeBlink_L", *"ABCDEFG"], ["1 of 52 shape keys on 1 mesh", "Mouth: 7 Rhubarb visemes"]),
        (["Antenna"], []),
    ],
)
def test_coverage_is_shown(scene: "bpy.types.Scene", keys: list[str], lines: list[str]) -> None:
    add_mesh("Head", keys)
    layout = _Layout()
    part("addon.panels.main")._draw_coverage(layout, bpy.context)
    assert layout.labels[: len(lines)] == lines
    assert ("lower face has few" in " ".join(layout.labels)) is ("jawOpen" in keys)


def test_lists_that_panels_draw_exist(extension: Path) -> None:
    """Blender draws nothing in place of a list that it doesn't know, as one of its own that it had in earlier versions."""
    drawn = {
        match
        for file in (extension / "addon" / "panels").glob("*.py")
        for match in re.findall(r"[A-Z]+_UL_\w+", file.read_text(encoding="utf-8"))
    }
    assert len(drawn) >= 4
    assert [name for name in sorted(drawn) if not hasattr(bpy.types, name)] == []
