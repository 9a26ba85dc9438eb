"""Rigs' spellings of ARKit's names."""

import re

import pytest

from backend.arkit import CHANNELS, LOWER, REGIONS, UPPER, map_names


def _snake(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name)


def _short_side(name: str) -> str:
    """eyeBlinkLeft -> eyeBlink_L, as Unity, Maya and Polywink write it; mouthLeft and jawLeft stay."""
    if name in ("mouthLeft", "mouthRight", "jawLeft", "jawRight"):
        return name
    return re.sub("(Left|Right)$", lambda match: f"_{match[0][0]}", name)


SPELLINGS = {
    "Apple": lambda name: name,
    "LiveLink": lambda name: name[0].upper() + name[1:],
    "short side": _short_side,
    "snake": lambda name: _snake(name).lower(),
    "Character Creator 3": lambda name: "A07_" + _snake(name).title(),
    "prefix with dot": lambda name: f"blendShapes.{name}",
    "prefix with underscore": lambda name: f"head_geo_{_short_side(name)}",
    "namespace": lambda name: f"Hero:Face|{name}",
    "copy": lambda name: f"{name}.001",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_channels_is_found(spelling: str) -> None:
    names = {name: SPELLINGS[spelling](name) for name in CHANNELS}
    found = map_names(["Basis", *names.values(), "smile"])
    assert found.keys == {name: (spelt,) for name, spelt in names.items()}
    assert found.missing == ()
    assert found.coverage == 1.0


def test_split_channel_maps_to_both_halves() -> None:
    found = map_names(["browInnerUp_L", "browInnerUp_R", "CheekPuffRight", "CheekPuffLeft"])
    assert found.keys == {
        "browInnerUp": ("browInnerUp_L", "browInnerUp_R"),
        "cheekPuff": ("CheekPuffLeft", "CheekPuffRight"),
    }
    assert len(found.missing) == 50
    assert found.coverage == 2 / 52


def test_whole_channel_precedes_its_halves() -> None:
    assert map_names(["browInnerUp_L", "browInnerUp", "browInnerUp_R"]).keys == {"browInnerUp": ("browInnerUp",)}


@pytest.mark.parametrize("names", [["fix_jawOpen", "JawOpen", "jawOpen"], ["jawOpen", "jaw_open", "fix_jawOpen"]])
def test_closest_spelling_wins(names: list[str]) -> None:
    assert map_names(names).keys == {"jawOpen": ("jawOpen",)}


@pytest.mark.parametrize(
    "name",
    [
        "Basis",
        "mouthOpen",
        "mouthSmile",
        "viseme_aa",
        "eyeBlink",
        "jawOpen_fix",
        "L",
        "",
        "...",
        "Fcl_MTH_A",
        "ßjawOpen",
    ],
)
def test_unrelated_names_are_ignored(name: str) -> None:
    found = map_names([name])
    assert found.keys == {}
    assert found.missing == CHANNELS
    assert found.coverage == 0.0


def test_regions_hold_each_channel_once() -> None:
    assert sorted(name for names in REGIONS.values() for name in names) == sorted(CHANNELS)
    assert sorted(LOWER + UPPER) == sorted(CHANNELS)
