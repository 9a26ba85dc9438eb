"""Splits: BEAT's listing against one written out by hand, the leaky one's leak, the last spoken take."""

from collections.abc import Iterable

import numpy as np
import pytest

from training.data.beat import emotion_of
from training.data.splits import PARTS, Recorded, Take, cut, piece, split_by

NOBODY: frozenset[int] = frozenset()


def recorded(
    speaker: int, kind: int, number: int, offset: int, length: int = 610, voiced: float = 0.6, start: int = 0
) -> Recorded:
    name = f"{speaker}_x_{kind}_{number}_{number}"
    return Recorded(
        name, speaker, "x", emotion_of(kind, number), kind, number, start, offset, length, voiced, None, 0.0, 9.0, 0.0
    )


def everything(speaker: int) -> list[Recorded]:
    """All 118 speech takes of 61 s and 12 conversations of 602 s."""
    found: list[Recorded] = []
    for kind, number, length in [(0, n, 610) for n in range(1, 119)] + [(1, n, 6020) for n in range(1, 13)]:
        found.append(recorded(speaker, kind, number, found[-1].offset + found[-1].length if found else 0, length))
    return found


def by_name(takes: Iterable[Take]) -> dict[str, list[tuple[str, int, int]]]:
    """Recording's type_number -> [(part, first tenth, length)]."""
    found: dict[str, list[tuple[str, int, int]]] = {}
    start: dict[str, int] = {}
    for take in takes:
        name = "_".join(take.id.split("_")[2:4])
        first = start.setdefault(name, take.offset)
        found.setdefault(name, []).append((take.split, take.offset - first, take.length))
    return found


# Copied number by number from BEAT's listing, and deliberately not computed.
FOUR_TEST = "0_1 0_2 0_3 0_4 0_5 0_6 0_7 0_8 0_65 0_73 0_81 0_87 0_95 0_103 0_111 1_1"
FOUR_VAL = "0_57 0_58 0_59 0_60 0_61 0_62 0_63 0_64 0_72 0_80 0_86 0_94 0_102 0_110 0_118 1_12"
ONE_TEST = "0_1 0_2 0_3 0_4"
ONE_VAL = "0_5 0_6 0_7 0_8"
ONE_HALVED = "0_65 0_73 0_81 0_87 0_95 0_103 0_111"
ONE_TRAIN = "0_9 0_10 0_11 0_12 0_13 0_14 0_15 0_16 0_66 0_74 0_82 0_88 0_96 0_104 0_112 0_118 1_2 1_3"


@pytest.mark.parametrize("speaker", [1, 21])
def test_official_split_of_four_hour_speakers(speaker: int) -> None:
    found = by_name(split_by("official", everything(speaker), NOBODY))
    assert len(found) == 130
    for name, parts in found.items():
        expected = "test" if name in FOUR_TEST.split() else "val" if name in FOUR_VAL.split() else "train"
        assert parts == [(expected, 0, 610 if name[0] == "0" else 6020)], name
    assert sum(parts[0][0] == "train" for parts in found.values()) == 130 - 16 - 16


@pytest.mark.parametrize("speaker", [5, 30])
def test_official_split_of_one_hour_speakers(speaker: int) -> None:
    found = by_name(split_by("official", everything(speaker), NOBODY))
    expected = {name: [("test", 0, 610)] for name in ONE_TEST.split()}
    expected |= {name: [("val", 0, 610)] for name in ONE_VAL.split()}
    expected |= {name: [("test", 0, 300), ("val", 300, 310)] for name in ONE_HALVED.split()}
    expected |= {name: [("train", 0, 610 if name[0] == "0" else 6020)] for name in ONE_TRAIN.split()}
    expected["1_1"] = [("test", 0, 3000), ("val", 3000, 3020)]
    assert found == expected


def test_official_halves_follow_sound_time() -> None:
    """A recording whose first .7 s fell to a correction of its lag passes to val at 30 s of its sound all the same; a short one never does."""
    takes = split_by("official", [recorded(5, 0, 65, 0, 600, start=7), recorded(5, 0, 73, 600, 250)], NOBODY)
    assert by_name(takes) == {"0_65": [("test", 0, 293), ("val", 293, 307)], "0_73": [("test", 0, 250)]}


def test_official_split_refuses_unknown_speakers() -> None:
    recordings = [recorded(1, 0, 1, 0), recorded(31, 0, 1, 610)]
    with pytest.raises(ValueError, match="31"):
        split_by("official", recordings, NOBODY)
    assert [take.split for take in split_by("official", recordings, frozenset({31}))] == ["test", "voice"]


def test_leaky_split_is_8_1_1() -> None:
    recordings = everything(1)
    takes = split_by("leaky", recordings, NOBODY)
    assert takes == split_by("leaky", recordings, NOBODY)
    # 61 s leave 1 s, which is too little, 602 s leave 2 s, which count
    assert len(takes) == 118 * 6 + 12 * 61
    assert {take.length for take in takes} == {100, 20}
    share = {part: sum(take.split == part for take in takes) / len(takes) for part in PARTS}
    assert share == pytest.approx({"train": 0.8, "val": 0.1, "test": 0.1, "voice": 0.0}, abs=1e-3)
    used = np.zeros(recordings[-1].offset + recordings[-1].length, int)
    for take in takes:
        used[take.offset : take.offset + take.length] += 1
    assert used.max() == 1
    # its fault: nearly every test sequence has a neighbour that is trained on
    ends = {take.offset + take.length for take in takes if take.split == "train"} | {
        take.offset for take in takes if take.split == "train"
    }
    tested = [take for take in takes if take.split == "test"]
    assert np.mean([take.offset in ends or take.offset + take.length in ends for take in tested]) > 0.9


def test_held_out_speakers_stay_whole() -> None:
    mine, other = everything(1)[:20], [recorded(2, 0, n, 20 * 610 + 610 * n) for n in range(10)[1:]]
    for scheme in ("takes", "official", "leaky"):
        takes = split_by(scheme, [*mine, *other], frozenset({2}))
        assert [(take.id, take.length) for take in takes if take.split == "voice"] == [(each.id, 610) for each in other]
        assert {take.speaker for take in takes if take.split != "voice"} == {1}


def test_takes_split_tests_last_spoken_take() -> None:
    """Speaker 1's rotating emotions are those three after a multiple of four; conversations and silent takes are not given away."""
    numbers = [(0, 1), (0, 2), (0, 3), (0, 73), (0, 74), (0, 81), (0, 82), (0, 83), (0, 111), (1, 1)]
    silent = {(0, 3), (0, 83)}
    recordings = [
        recorded(1, kind, n, 610 * k, voiced=0.0 if (kind, n) in silent else 0.5) for k, (kind, n) in enumerate(numbers)
    ]
    takes = split_by("takes", recordings, NOBODY)
    assert {take.id for take in takes if take.split == "test"} == {"1_x_0_2_2", "1_x_0_82_82"}
    assert {take.split for take in takes} == {"test", "train"} and len(takes) == len(recordings)


def test_only_spoken_take_is_trained_on() -> None:
    recordings = [recorded(1, 0, 1, 0), recorded(1, 0, 2, 610, voiced=0.01)]
    assert {take.split for take in split_by("takes", recordings, NOBODY)} == {"train"}


def test_sequences_keep_two_second_remainders() -> None:
    lengths = {
        length: [take.length for take in cut(piece(recorded(1, 0, 1, 50, length), "test"))]
        for length in (19, 20, 100, 119, 120, 250)
    }
    assert lengths == {19: [], 20: [20], 100: [100], 119: [100], 120: [100, 20], 250: [100, 100, 50]}
    assert [take.offset for take in cut(piece(recorded(1, 0, 1, 50, 250), "test"))] == [50, 150, 250]


def test_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="takes, official, leaky"):
        split_by("random", [], NOBODY)
