"""Channel names of rigs: the curve or mix of curves that each shape key gets."""

import re
from collections.abc import Callable

import pytest

from backend.arkit import CHANNELS, LOWER, REGIONS
from tests.addon_source import source

naming = source("rig.channel_names")

CC4 = """Eye_Blink_L Eye_L_Look_Down Eye_L_Look_R Eye_L_Look_L Eye_L_Look_Up Eye_Squint_L Eye_Wide_L
    Eye_Blink_R Eye_R_Look_Down Eye_R_Look_L Eye_R_Look_R Eye_R_Look_Up Eye_Squint_R Eye_Wide_R
    Jaw_Forward Jaw_L Jaw_R Jaw_Open Mouth_Close Mouth_Funnel_Up_L+Mouth_Funnel_Up_R+Mouth_Funnel_Down_L+Mouth_Funnel_Down_R
    Mouth_Pucker_Up_L+Mouth_Pucker_Up_R+Mouth_Pucker_Down_L+Mouth_Pucker_Down_R Mouth_L Mouth_R Mouth_Smile_L Mouth_Smile_R
    Mouth_Frown_L Mouth_Frown_R Mouth_Dimple_L Mouth_Dimple_R Mouth_Stretch_L Mouth_Stretch_R
    Mouth_Roll_In_Lower_L+Mouth_Roll_In_Lower_R Mouth_Roll_In_Upper_L+Mouth_Roll_In_Upper_R Mouth_Shrug_Lower Mouth_Shrug_Upper
    Mouth_Press_L Mouth_Press_R Mouth_Down_Lower_L Mouth_Down_Lower_R Mouth_Up_Upper_L Mouth_Up_Upper_R
    Brow_Drop_L Brow_Drop_R Brow_Raise_Inner_L+Brow_Raise_Inner_R Brow_Raise_Outer_L Brow_Raise_Outer_R
    Cheek_Puff_L+Cheek_Puff_R Cheek_Raise_L Cheek_Raise_R Nose_Sneer_L Nose_Sneer_R V_Tongue_Out"""
METAHUMAN = """eyeBlinkL eyeLookDownL eyeLookRightL eyeLookLeftL eyeLookUpL eyeSquintInnerL eyeWidenL
    eyeBlinkR eyeLookDownR eyeLookLeftR eyeLookRightR eyeLookUpR eyeSquintInnerR eyeWidenR
    jawFwd jawLeft jawRight jawOpen mouthLipsTogetherUL+mouthLipsTogetherUR+mouthLipsTogetherDL+mouthLipsTogetherDR
    mouthFunnelUL+mouthFunnelUR+mouthFunnelDL+mouthFunnelDR mouthLipsPurseUL+mouthLipsPurseUR+mouthLipsPurseDL+mouthLipsPurseDR
    mouthLeft mouthRight mouthCornerPullL mouthCornerPullR mouthCornerDepressL mouthCornerDepressR mouthDimpleL mouthDimpleR
    mouthStretchL mouthStretchR mouthLowerLipRollInL+mouthLowerLipRollInR mouthUpperLipRollInL+mouthUpperLipRollInR
    jawChinRaiseDL+jawChinRaiseDR jawChinRaiseUL+jawChinRaiseUR mouthLipsPressL mouthLipsPressR
    mouthLowerLipDepressL mouthLowerLipDepressR mouthUpperLipRaiseL mouthUpperLipRaiseR browDownL browDownR
    browRaiseInL+browRaiseInR browRaiseOuterL browRaiseOuterR mouthCheekBlowL+mouthCheekBlowR eyeCheekRaiseL eyeCheekRaiseR
    noseWrinkleL noseWrinkleR tongueOut"""


def _list(text: str, spell: Callable[[str], str] = str) -> dict[str, str]:
    """Return name -> channel for a list in Apple's order."""
    rows = zip(CHANNELS, text.split(), strict=True)
    return {spell(name): channel for channel, names in rows for name in names.split("+")}


def _morph(name: str) -> str:
    """Return the FBX name of a MetaHuman's morph: eyeBlinkL -> head_lod0_mesh__eye_blink_L, browRaiseInL -> ..__brow_raiseInner_L."""
    region, rest, side = re.fullmatch("(brow|eye|nose|mouth|jaw|tongue)(.+?)([UD]?[LR]?)", name).groups()  # type: ignore[union-attr]
    rest = {"RaiseIn": "RaiseInner"}.get(rest, rest)
    return f"head_lod0_mesh__{region}_{rest[0].lower()}{rest[1:]}" + (f"_{side}" if side else "")


CC3 = [
    "Brow_Inner_Up",
    "Brow_Down_Left",
    "Brow_Down_Right",
    "Brow_Outer_Up_Left",
    "Brow_Outer_Up_Right",
    "Eye_Look_Up_Left",
    "Eye_Look_Up_Right",
    "Eye_Look_Down_Left",
    "Eye_Look_Down_Right",
    "Eye_Look_Out_Left",
    "Eye_Look_In_Left",
    "Eye_Look_In_Right",
    "Eye_Look_Out_Right",
    "Eye_Blink_Left",
    "Eye_Blink_Right",
    "Eye_Squint_Left",
    "Eye_Squint_Right",
    "Eye_Wide_Left",
    "Eye_Wide_Right",
    "Cheek_Puff",
    "Cheek_Squint_Left",
    "Cheek_Squint_Right",
    "Nose_Sneer_Left",
    "Nose_Sneer_Right",
    "Jaw_Open",
    "Jaw_Forward",
    "Jaw_Left",
    "Jaw_Right",
    "Mouth_Funnel",
    "Mouth_Pucker",
    "Mouth_Left",
    "Mouth_Right",
    "Mouth_Roll_Upper",
    "Mouth_Roll_Lower",
    "Mouth_Shrug_Upper",
    "Mouth_Shrug_Lower",
    "Mouth_Close",
    "Mouth_Smile_Left",
    "Mouth_Smile_Right",
    "Mouth_Frown_Left",
    "Mouth_Frown_Right",
    "Mouth_Dimple_Left",
    "Mouth_Dimple_Right",
    "Mouth_Upper_Up_Left",
    "Mouth_Upper_Up_Right",
    "Mouth_Lower_Down_Left",
    "Mouth_Lower_Down_Right",
    "Mouth_Press_Left",
    "Mouth_Press_Right",
    "Mouth_Stretch_Left",
    "Mouth_Stretch_Right",
    "Tongue_Out",
]

RIGS = {
    "Apple": {name: name for name in CHANNELS},
    "Live Link, VRM Perfect Sync": {name[0].upper() + name[1:]: name for name in CHANNELS},
    "FaceCap": {f"blendShapes.{name}": name for name in CHANNELS},
    "Polywink": {
        re.sub("(?<!mouth|..jaw)(Left|Right)$", lambda side: f"_{side[0][0]}", name): name for name in CHANNELS
    },
    "Character Creator 3": {
        f"A{number:02}_{name}": name[0].lower() + name[1:].replace("_", "") for number, name in enumerate(CC3, 1)
    },
    "Character Creator 4": _list(CC4),
    "MetaHuman": _list(METAHUMAN, "CTRL_expressions_{}".format),
    "MetaHuman, FBX": _list(METAHUMAN, _morph),
}


@pytest.mark.parametrize("rig", RIGS)
def test_all_conventions_are_mapped(rig: str) -> None:
    noise = [
        "Basis",
        "smile",
        "V_Open",
        "Mouth_Blow_L",
        "mouthStickyUpperINL",
        "head_lod0_mesh__eye_blink_lookUp_L",
        "Head_Turn_L",
    ]
    assert set(RIGS[rig].values()) == set(CHANNELS)
    assert naming.map_keys([*noise, *RIGS[rig]]) == {name: {channel: 1.0} for name, channel in RIGS[rig].items()}


def test_sranipal_names_are_mapped() -> None:
    """These names are from VRCFaceTracking's table; its other names are ARKit's."""
    rig = {
        "Eye_Left_Blink": "eyeBlinkLeft",
        "Eye_Left_Left": "eyeLookOutLeft",
        "Eye_Right_Left": "eyeLookInRight",
        "Eye_Left_Right": "eyeLookInLeft",
        "Eye_Right_Up": "eyeLookUpRight",
        "Eye_Left_squeeze": "eyeSquintLeft",
        "Eye_Right_Wide": "eyeWideRight",
        "Mouth_Upper_Left": "mouthLeft",
        "Mouth_Lower_Left": "mouthLeft",
        "Mouth_Upper_Overturn": "mouthFunnel",
        "Mouth_Lower_Overturn": "mouthFunnel",
        "Mouth_Pout": "mouthPucker",
        "Mouth_Sad_Right": "mouthFrownRight",
        "Mouth_Upper_UpLeft": "mouthUpperUpLeft",
        "Mouth_Lower_DownRight": "mouthLowerDownRight",
        "Mouth_Upper_Inside": "mouthRollUpper",
        "Mouth_Lower_Overlay": "mouthShrugLower",
        "Cheek_Puff_Left": "cheekPuff",
        "Cheek_Puff_Right": "cheekPuff",
        "Tongue_LongStep1": "tongueOut",
    }
    assert naming.map_keys(rig) == {name: {channel: 1.0} for name, channel in rig.items()}


def test_two_sided_key_gets_mean() -> None:
    assert naming.map_keys(
        ["eyesClosed", "mouthSmile", "mouthOpen", "Face.Fcl_EYE_Close", "eyeLookLeft", "jaw", "mouth", "eyeLookIn"]
    ) == {
        "eyesClosed": {"eyeBlinkLeft": 0.5, "eyeBlinkRight": 0.5},
        "mouthSmile": {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5},
        "mouthOpen": {"jawOpen": 1.0},
        "eyeLookLeft": {"eyeLookOutLeft": 0.5, "eyeLookInRight": 0.5},
    }


def test_one_sided_keys_take_precedence() -> None:
    """Ready Player Me's avatars have two-sided keys and one-sided ones."""
    names = [*CHANNELS, "mouthOpen", "mouthSmile", "eyesClosed", "eyesLookUp", "eyesLookDown"]
    assert naming.map_keys(names) == {name: {name: 1.0} for name in CHANNELS}
    assert naming.map_keys(["mouthSmile", "mouthSmile_L"]) == {"mouthSmile_L": {"mouthSmileLeft": 1.0}}


def test_no_channel_is_used_twice() -> None:
    assert naming.map_keys(["mouthLowerLipBiteL", "mouthLowerLipRollInL"]) == {
        "mouthLowerLipRollInL": {"mouthRollLower": 1.0}
    }
    assert naming.map_keys(["Mouth_Pull_Upper_L", "mouthUpperUp_L"]) == {"mouthUpperUp_L": {"mouthUpperUpLeft": 1.0}}
    assert naming.map_keys(["mouthPucker", "Mouth_Pucker_Up_L", "fix_mouthPucker"]) == {
        "mouthPucker": {"mouthPucker": 1.0}
    }


@pytest.mark.parametrize(
    "name", ["Basis", "Smile", "Blink", "Close", "Wide", "L", "", "...", "Eye_L", "V_Explosive", "Antenna", "up_l"]
)
def test_unknown_names_are_ignored(name: str) -> None:
    assert naming.map_keys([name]) == {}


GENESIS9 = """EyeBlinkLeft EyeLookDownLeft EyeLookInLeft EyeLookOutLeft EyeLookUpLeft EyeSquintLeft EyesWideLeft
    EyeBlinkRight EyeLookDownRight EyeLookInRight EyeLookOutRight EyeLookUpRight EyeSquintRight EyesWideRight
    JawForward JawLeft JawRight JawOpen
    MouthCloseUpperLeft+MouthCloseUpperRight+MouthCloseLowerLeft+MouthCloseLowerRight
    MouthFunnelUpperLeft+MouthFunnelUpperRight+MouthFunnelLowerLeft+MouthFunnelLowerRight
    MouthPurseUpperLeft+MouthPurseUpperRight+MouthPurseLowerLeft+MouthPurseLowerRight MouthLeft MouthRight MouthSmileLeft MouthSmileRight
    MouthFrownLeft MouthFrownRight MouthDimpleLeft MouthDimpleRight MouthStretchLeft MouthStretchRight
    MouthRollLowerLeft+MouthRollLowerRight MouthRollUpperLeft+MouthRollUpperRight MouthShrugLowerLeft+MouthShrugLowerRight
    MouthShrugUpperLeft+MouthShrugUpperRight MouthPressUpperLeft+MouthPressLowerLeft MouthPressUpperRight+MouthPressLowerRight
    MouthLowerDownLeft MouthLowerDownRight MouthUpperUpLeft MouthUpperUpRight BrowDownLeft BrowDownRight
    BrowInnerUpLeft+BrowInnerUpRight BrowOuterUpLeft BrowOuterUpRight CheekPuffLeft+CheekPuffRight CheekSquintLeft CheekSquintRight
    NoseSneerLeft NoseSneerRight TongueOut"""


def test_daz_genesis_9_splits_lips() -> None:
    rig = _list(GENESIS9, "facs_bs_{}".format)
    noise = ["facs_bs_MouthSmileWidenLeft", "facs_bs_MouthCompressUpperLeft", "facs_bs_LipsPartCenter", "body_bs_Heavy"]
    assert naming.map_keys([*noise, *rig]) == {name: {channel: 1.0} for name, channel in rig.items()}


@pytest.mark.parametrize(
    "spell",
    [
        "{}_BS",
        "{}Shape",
        "facs_bs_{}_div2",
        "Genesis8_1Female__facs_bs_{}_div2",
        "GEO_head_{}_ncl1_1",
        "CHR01{}",
        "x{}Morph",
        "{}.blend7",
    ],
)
def test_affixes_are_learned_from_keys(spell: str) -> None:
    for rig in ({name: name for name in CHANNELS}, RIGS["Polywink"], RIGS["Character Creator 3"]):
        expected = {spell.format(name): {channel: 1.0} for name, channel in rig.items()}
        noise = [spell.format(name) for name in ("Basis", "happy", "mouthSmileSharp", "Antenna")]
        assert naming.map_keys([*noise, *expected]) == expected


def test_affixes_before_side_are_learned() -> None:
    names = ["eyeBlink_geo_L", "eyeBlink_geo_R", "mouthSmile_geo_L", "mouthSmile_geo_R", "jawOpen_geo"]
    channels = ["eyeBlinkLeft", "eyeBlinkRight", "mouthSmileLeft", "mouthSmileRight", "jawOpen"]
    assert naming.map_keys(names) == {name: {channel: 1.0} for name, channel in zip(names, channels, strict=True)}


def test_daz_names_with_optional_affixes() -> None:
    names = ["facs_jnt_JawOpen", *(f"facs_bs_Mouth{name}_div2" for name in ("Close", "Funnel", "Pucker"))]
    sums = naming.map_face([names, ["tongueOut"]]).sums
    assert sums[0].keys() == set(names) and sums[1] == {"tongueOut": {"tongueOut": 1.0}}


def test_variants_are_no_affixes() -> None:
    """Plain names take precedence, and an affix that occurs once isn't learned."""
    assert naming.map_keys(
        ["jawOpen", "jawOpen_max", "mouthClose", "mouthClose_max", "tongueOut", "tongueOut_max"]
    ) == {name: {name: 1.0} for name in ("jawOpen", "mouthClose", "tongueOut")}
    assert naming.map_keys(["jawOpen_corrective", "Hat", "mouthPuckerSoft"]) == {}
    corrective = ["mouthSmileLeft_jawOpen", "mouthFunnel_jawOpen", "mouthFrownLeft_jawOpen", "mouthLeft_jawOpen"]
    assert naming.map_keys(["Basis", *corrective]) in ({}, {name: {"jawOpen": 1.0} for name in corrective[:1]})


def test_side_may_precede_name() -> None:
    assert naming.map_keys(["L_mouthSmile", "R_mouthSmile", "blink_left", "Wink_Right"]) == {
        "L_mouthSmile": {"mouthSmileLeft": 1.0},
        "R_mouthSmile": {"mouthSmileRight": 1.0},
        "blink_left": {"eyeBlinkLeft": 1.0},
        "Wink_Right": {"eyeBlinkRight": 1.0},
    }


OCULUS = ["sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U"]
VISEMES = {
    "Oculus": [f"viseme_{name}" for name in OCULUS],
    "VRM": [f"Face.M_F00_000_Fcl_MTH_{name}" for name in "AIUEO"],
    "Rhubarb": list("ABCDEFGX"),
    "Preston Blair": ["AI", "E", "O", "U", "etc", "WQ", "MBP", "FV", "rest"],
    "SALSA": ["saySmall", "sayMedium", "sayLarge"],
    "SALSA 2": ["w", "t", "f", "th", "ow", "ee", "oo"],
    "MMD": ["あ", "い", "う", "え", "お"],
    "Character Creator": [
        f"V_{name}" for name in ["Open", "Explosive", "Dental_Lip", "Tight_O", "Wide", "Affricate", "Lip_Open"]
    ],
}
# Rigs that have more visemes than poses: names -> how many poses they are.
MICROSOFT = [
    "sil_00",
    "ae_ax_ah_01",
    "aa_02",
    "ao_03",
    "ey_eh_uh_04",
    "er_05",
    "y_iy_ih_ix_06",
    "w_uw_07",
    "ow_08",
    "aw_09",
    "oy_10",
    "ay_11",
    "h_12",
    "r_13",
    "l_14",
    "s_z_15",
    "sh_ch_jh_zh_16",
    "th_dh_17",
    "f_v_18",
    "d_t_n_19",
    "k_g_ng_20",
    "p_b_m_21",
]
DAZ = ["AA", "EE", "EH", "ER", "F", "IH", "IY", "K", "L", "M", "OW", "S", "SH", "T", "TH", "UW", "W"]
MORE = {
    "Microsoft": (MICROSOFT, 15),
    "Microsoft, by number": ([f"Head.viseme_{number}" for number in range(22)], 15),
    "DAZ, Genesis 8": ([f"Genesis8Female__eCTRLv{name}" for name in DAZ], 15),
    "DAZ, Genesis 9": ([f"facs_ctrl_v{name}" for name in DAZ], 15),
    "DAZ, Genesis 3": ([f"head__CTRLVSM{name}" for name in DAZ], 15),
    "Character Creator, sounds": (
        ["AE", "Ah", "B_M_P", "Ch_J", "EE", "Er", "F_V", "Ih", "K_G_H_NG", "Oh", "R", "S_Z", "T_L_D_N", "Th", "W_OO"],
        13,
    ),
    "Oculus, with a suffix": (
        [f"{name}_BS" for name in (["PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "ih", "oh", "ou"])],
        13,
    ),
    "Oculus, humps": (
        [
            f"visemeShape{name}"
            for name in (["PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "ih", "oh", "ou"])
        ],
        13,
    ),
    "VRM 0": (["ah", "ih", "uu", "ee", "oh"], 5),
    "VRM, exported": ([f"mouth_{name}_BS" for name in "AIUEO"], 5),
    "Unity-chan": ([f"blendShape1.MTH_{name}" for name in "AIUEO"], 5),
    "humps": ([f"mouth{name}" for name in "AIUEO"], 5),
    "MMD, numbered": (["0.あ", "1.い", "2.う", "3.え", "4.お"], 5),
    "MMD, half width": (["ｱ", "ｲ", "ｳ", "ｴ", "ｵ"], 5),
    "MMD, English": (["Ah", "Ch", "U", "E", "Oh"], 5),
}


@pytest.mark.parametrize("label", VISEMES)
def test_viseme_sets_are_distinguished(label: str) -> None:
    face = naming.map_face([["Basis", "Fcl_EYE_Close_L", *VISEMES[label], "L", "H"]])
    assert face.visemes.label == label
    assert set(face.sums[0]) == {"Fcl_EYE_Close_L", *VISEMES[label]}
    assert len({next(iter(each)) for each in face.sums[0].values()}) == 1 + len(VISEMES[label])


@pytest.mark.parametrize("rig", MORE)
def test_alternative_viseme_spellings(rig: str) -> None:
    names, count = MORE[rig]
    noise = ["Basis", "Happy", "Angry_B", "Wing_A", "Tail", "body_bs_Heavy", "Thin", "Ear_L"]
    face = naming.map_face([[*noise, *names]])
    assert face.visemes and set(face.sums[0]) <= set(names)
    assert len({pose for each in face.sums[0].values() for pose in each}) == count


def test_blinks_beside_visemes() -> None:
    mmd, vrm = ["あ", "い", "う", "え", "お"], ["ah", "ih", "uu", "ee", "oh"]
    both = {"eyeBlinkLeft": 0.5, "eyeBlinkRight": 0.5}
    assert naming.map_face([["まばたき", *mmd]]).sums[0]["まばたき"] == both
    assert naming.map_face([["Blink", *vrm]]).sums[0]["Blink"] == both
    sided = naming.map_face([["blink", "blink_left", "blink_right", *vrm]]).sums[0]
    assert sided["blink_left"] == {"eyeBlinkLeft": 1.0} and "blink" not in sided
    wink = naming.map_face([["まばたき", "ウィンク２", "ｳｨﾝｸ２右", *mmd]]).sums[0]
    assert wink["ｳｨﾝｸ２右"] == {"eyeBlinkRight": 1.0} and "まばたき" not in wink


def test_vrchat_spellings_are_oculus() -> None:
    names = [
        f"vrc.v_{name}"
        for name in ["sil", "pp", "ff", "th", "dd", "kk", "ch", "ss", "nn", "rr", "aa", "e", "ih", "oh", "ou"]
    ]
    face = naming.map_face([names])
    assert face.visemes.label == "Oculus" and set(face.sums[0]) == set(names)


def test_arkit_lips_take_precedence_over_visemes() -> None:
    """A face with both uses ARKit's lips. On one that lacks most of them, only visemes move the mouth."""
    names = VISEMES["Oculus"]
    assert naming.map_face([[*CHANNELS, *names]]).sums == ({name: {name: 1.0} for name in CHANNELS},)
    few = naming.map_face([["jawOpen", "mouthSmileLeft", "eyeBlinkLeft", *names], ["jawOpen", "viseme_aa"]])
    assert few.visemes.label == "Oculus"
    assert few.sums[0].keys() == {"mouthSmileLeft", "eyeBlinkLeft", *names} and few.sums[1] == {
        "viseme_aa": {"aa": 1.0}
    }


@pytest.mark.parametrize(
    "names", [["A", "B"], ["A", "E", "O", "U"], ["Wing_A", "Wing_I", "Wing_U", "Wing_E", "Wing_O"], ["aa", "oh", "ou"]]
)
def test_few_letters_are_no_visemes(names: list[str]) -> None:
    assert naming.map_face([names]) == naming.FaceMap(({},), None)


def test_coverage_by_region() -> None:
    assert naming.coverage(LOWER)["lips"] == (len(REGIONS["lips"]),) * 2
    assert naming.coverage(["jawOpen", "browInnerUp", "no channel"]) == {
        "jaw": (1, 4), "lips": (0, 24), "cheeks": (0, 5), "brows": (1, 5), "lids": (0, 6), "gaze": (0, 8)
    }  # fmt: skip
