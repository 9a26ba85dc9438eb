"""VOCASET's files, in their published layout and made on the spot, back to the weights that they were made with."""

import json
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch")

from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from backend.arkit import CHANNELS
from backend.audio import read_clip
from training.__main__ import main
from training.data import vocaset
from training.data.basis import BasisError, read_basis
from training.data.beat import find_recordings, read_track
from training.data.pickles import PickleError, load_pickle
from training.data.prepared import load_prepared
from training.data.retarget import STEP, Fit, align, retarget, solve_weights
from training.data.vocaset import VocasetError, import_vocaset

VERTICES = 400
NAMES = tuple(name for name in CHANNELS if name not in ("tongueOut", "cheekPuff"))
FRAMES = 90


def make_basis(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A head of 10 cm radius (V, 3) and smooth bumps on its front, up to 8 mm high (K, V, 3)."""
    rng = np.random.default_rng(seed)
    places = rng.normal(size=(VERTICES, 3))
    places /= np.linalg.norm(places, axis=1, keepdims=True)
    deltas = []
    for _ in NAMES:
        centre = np.array([0, 0, 1.0]) + 0.6 * rng.normal(size=3)
        centre /= np.linalg.norm(centre)
        near = np.exp(-((places - centre) ** 2).sum(1) / (2 * 0.3**2))
        deltas.append(0.008 * rng.uniform(0.4, 1) * near[:, None] * rng.normal(size=3))
    return 0.1 * places, np.array(deltas)


def make_weights(seed: int, frames: int = FRAMES) -> np.ndarray:
    """Smooth (T, K), often resting at 0."""
    rng = np.random.default_rng(seed)
    time = np.arange(frames)[:, None] / 60
    turns = 2 * np.pi * rng.uniform(0.3, 1.2, len(NAMES)) * time + rng.uniform(0, 2 * np.pi, len(NAMES))
    return np.clip(0.45 * np.sin(turns) + 0.25, 0, 1)


def make_meshes(template: np.ndarray, deltas: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weights' faces on a head that turns by up to 20 degrees and walks off."""
    time = np.arange(len(weights)) / 60
    turn = Rotation.from_rotvec(np.stack([0.35 * np.sin(time), 0.2 * np.cos(2 * time), 0.1 * time], axis=1)).as_matrix()
    faces = template + np.tensordot(weights, deltas, 1)
    return (
        np.einsum("tij,tvj->tvi", turn, faces)
        + np.stack([0.2 * time, 0.05 * np.sin(time), -0.1 * time], axis=1)[:, None]
    )


def write_vocaset(
    folder: Path, deltas: np.ndarray, template: np.ndarray, subjects: dict[str, int]
) -> dict[tuple[str, str], np.ndarray]:
    """The four files for {subject: how many sentences}; frames lie in the array in a mixed order. Returns the weights."""
    folder.mkdir()
    truth, templates = {}, {}
    rows: list[np.ndarray] = []
    sounds: dict[str, dict[str, dict[str, Any]]] = {}
    index: dict[str, dict[str, dict[int, int]]] = {}
    rng = np.random.default_rng(1)
    for number, (subject, count) in enumerate(subjects.items()):
        templates[subject] = template * (1 + 0.02 * number)
        sounds[subject], index[subject] = {}, {}
        for k in range(count):
            sequence = f"sentence{k + 1:02}"
            weights = make_weights(100 * number + k)
            truth[subject, sequence] = weights
            first = FRAMES * len(rows)
            order = rng.permutation(FRAMES)
            rows.append(make_meshes(templates[subject], deltas, weights)[np.argsort(order)])
            index[subject][sequence] = {frame: first + int(order[frame]) for frame in range(FRAMES)}
            tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(FRAMES / 60 * 22000)) / 22000)
            sounds[subject][sequence] = {"sample_rate": 22000, "audio": np.round(tone * 32767).astype(np.int16)}
    np.save(folder / "data_verts.npy", np.concatenate(rows).astype(np.float64))
    for name, content in (("raw_audio_fixed", sounds), ("templates", templates), ("subj_seq_to_idx", index)):
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(content, protocol=2))
    return truth


def test_weights_survive_rigid_motion() -> None:
    template, deltas = make_basis()
    weights = make_weights(3)
    fit = retarget(make_meshes(template, deltas, weights), template, deltas)
    np.testing.assert_allclose(fit.weights, weights, atol=0.02)
    assert np.abs(fit.weights - weights).mean() < 1e-3
    assert 1000 * fit.residual.mean() < 0.005 and 1000 * fit.motion.mean() > 1


def test_weights_survive_noise() -> None:
    template, deltas = make_basis()
    weights = make_weights(4)
    noise = 1e-4 * np.random.default_rng(0).standard_normal((FRAMES, VERTICES, 3))
    fit = retarget(make_meshes(template, deltas, weights) + noise, template, deltas)
    assert np.abs(fit.weights - weights).mean() < 0.02
    assert 0.1 < 1000 * fit.residual.mean() < 0.2  # the noise's own size is .16 mm
    assert (
        fit.weights.min() >= 0 and fit.weights.max() <= 1 and np.abs(np.diff(fit.weights, axis=0)).max() <= STEP + 1e-12
    )


def test_turned_head_moves_nothing() -> None:
    template, deltas = make_basis()
    fit = retarget(make_meshes(template, deltas, np.zeros((FRAMES, len(NAMES)))), template, deltas)
    assert fit.weights.max() < 1e-3
    mirrored = np.stack([template * [-1, 1, 1]])
    assert np.abs(align(mirrored, template[None]) - template).max() > 0.01


def test_solver_reaches_the_optimum() -> None:
    rng = np.random.default_rng(0)
    frames, shapes = 8, 4
    basis = rng.normal(size=(30, shapes))
    basis[:, 2] = basis[:, 1] + 0.1 * basis[:, 2]  # two blendshapes nearly alike
    basis[:, 3] = 0
    target = np.clip(rng.normal(0.5, 0.6, (frames, shapes)), -0.2, 1.2) @ basis.T + 0.3 * rng.normal(size=(frames, 30))
    gram, products = basis.T @ basis, target @ basis
    weights = solve_weights(gram, products, 0.1)

    def cost(flat: np.ndarray) -> float:
        return 0.5 * float(((flat.reshape(frames, shapes) @ basis.T - target) ** 2).sum())

    steps = np.kron(np.diff(np.eye(frames), axis=0), np.eye(shapes))
    best = minimize(
        cost,
        np.full(frames * shapes, 0.5),
        jac=lambda flat: (flat.reshape(frames, shapes) @ gram - products).ravel(),
        method="SLSQP",
        bounds=[(0, 1)] * (frames * shapes),
        constraints=[{"type": "ineq", "fun": lambda flat, sign=sign: 0.1 + sign * steps @ flat} for sign in (-1, 1)],
        options={"maxiter": 500},
    )
    assert np.abs(np.diff(weights, axis=0)).max() <= 0.1 + 1e-12 and weights.min() >= 0 and weights.max() <= 1
    assert cost(weights.ravel()) < best.fun * 1.001
    assert (weights[:, 3] == 0).all()
    free = solve_weights(
        gram[:3, :3], products[:, :3], 10.0
    )  # the step no longer binds: a box-constrained fit of each frame
    assert cost(np.pad(free, ((0, 0), (0, 1))).ravel()) < cost(weights.ravel())


def test_vocaset_command_prepares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template, deltas = make_basis()
    truth = write_vocaset(tmp_path / "in", deltas, template, {"FaceTalk_1_TA": 2, "FaceTalk_2_TA": 1})
    np.savez(tmp_path / "basis.npz", names=np.array(NAMES), deltas=deltas)
    command = [
        "prepare",
        "vocaset",
        str(tmp_path / "in"),
        str(tmp_path / "out"),
        "--basis",
        str(tmp_path / "basis.npz"),
    ]
    assert main([*command, "--hold-out", "2", "--workers", "1"]) == 0
    printed = capsys.readouterr().out
    assert f"1 FaceTalk_1_TA: {2 * FRAMES} frames" in printed and f"2 FaceTalk_2_TA: {FRAMES} frames" in printed
    root = tmp_path / "out" / "recordings"
    report = json.loads((root / "residual.json").read_text())
    assert {subject: row["frames"] for subject, row in report["subjects"].items()} == {
        "FaceTalk_1_TA": 2 * FRAMES,
        "FaceTalk_2_TA": FRAMES,
    }
    assert all(
        row["residual_mm"] <= row["worst_mm"] < 0.02 and row["motion_mm"] > 1 for row in report["subjects"].values()
    )
    sources = json.loads((root / "sources.json").read_text())
    recordings = find_recordings(root)
    assert len(recordings) == 3 and {recording.emotion for recording in recordings} == {"neutral"}
    for recording in recordings:
        face = read_track(recording.path.with_suffix(".json")).sampled(60.0)
        subject, sequence = sources[recording.id].split("/")
        wanted = truth[subject, sequence]
        columns = [CHANNELS.index(name) for name in NAMES]
        np.testing.assert_allclose(face[1:, columns], wanted[1 : len(face)], atol=0.03)
        assert np.isnan(face[:, CHANNELS.index("tongueOut")]).all()  # the basis lacks it
        sound = read_clip(recording.path.with_suffix(".wav")).samples
        time = np.arange(len(sound)) / 16000
        assert abs(len(sound) - FRAMES / 60 * 16000) < 3
        np.testing.assert_allclose(sound[500:-500], 0.5 * np.sin(2 * np.pi * 440 * time)[500:-500], atol=0.01)
        assert soundfile.info(recording.path.with_suffix(".wav")).subtype == "PCM_16"
    data = load_prepared(tmp_path / "out")
    assert data.identities == ("FaceTalk_1_TA", "FaceTalk_2_TA")
    assert {take.speaker for take in data.part("voice")} == {2}


def test_broken_sequences_are_left_out(tmp_path: Path) -> None:
    template, deltas = make_basis()
    write_vocaset(tmp_path / "in", deltas, template, {"A": 2, "B": 2})
    np.savez(tmp_path / "basis.npz", names=np.array(NAMES), deltas=deltas)
    index = pickle.loads((tmp_path / "in" / "subj_seq_to_idx.pkl").read_bytes())
    index["A"]["sentence01"][3] = 10**6
    (tmp_path / "in" / "subj_seq_to_idx.pkl").write_bytes(pickle.dumps(index, protocol=2))
    sounds = pickle.loads((tmp_path / "in" / "raw_audio_fixed.pkl").read_bytes())
    del sounds["B"]["sentence02"]
    (tmp_path / "in" / "raw_audio_fixed.pkl").write_bytes(pickle.dumps(sounds, protocol=2))
    done = import_vocaset(tmp_path / "in", tmp_path / "basis.npz", tmp_path / "out")
    assert [line.split(":")[0] for line in done.skipped] == ["A/sentence01", "B/sentence02"]
    assert [row.frames for row in done.residuals.values()] == [FRAMES, FRAMES]
    (tmp_path / "in" / "templates.pkl").unlink()
    with pytest.raises(VocasetError, match=r"templates\.pkl"):
        import_vocaset(tmp_path / "in", tmp_path / "basis.npz", tmp_path / "out")


def test_interrupted_import_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template, deltas = make_basis()
    write_vocaset(tmp_path / "in", deltas, template, {"A": 2, "B": 1})
    np.savez(tmp_path / "basis.npz", names=np.array(NAMES), deltas=deltas)
    fitted = []

    def count(*arguments: np.ndarray) -> Fit:
        fitted.append(len(arguments[0]))
        if len(fitted) == 2:
            raise KeyboardInterrupt
        return retarget(*arguments)

    monkeypatch.setattr(vocaset, "retarget", count)
    with pytest.raises(KeyboardInterrupt):
        import_vocaset(tmp_path / "in", tmp_path / "basis.npz", tmp_path / "out")
    done = import_vocaset(tmp_path / "in", tmp_path / "basis.npz", tmp_path / "out")
    assert len(fitted) == 4 and done.residuals["A"].frames == 2 * FRAMES
    assert import_vocaset(tmp_path / "in", tmp_path / "basis.npz", tmp_path / "out") == done and len(fitted) == 4
    np.savez(tmp_path / "basis.npz", names=np.array(NAMES[:-1]), deltas=deltas[:-1])
    assert import_vocaset(tmp_path / "in", tmp_path / "basis.npz", tmp_path / "out") != done and len(fitted) == 7


def write_obj(path: Path, vertices: np.ndarray) -> None:
    path.write_text(
        "# a head\n" + "".join(f"v {x:.9f} {y:.9f} {z:.9f}\nvt 0 0\n" for x, y, z in vertices) + "f 1/1 2/2 3/3\n"
    )


def test_basis_converts_units_and_axes(tmp_path: Path) -> None:
    template, deltas = make_basis()
    turn = Rotation.from_euler("x", 90, degrees=True).as_matrix()
    (tmp_path / "bs" / "exp").mkdir(parents=True)
    write_obj(tmp_path / "bs" / "Neutral.obj", 100 * template @ turn.T)
    for name, delta in zip(NAMES, deltas, strict=True):
        spelled = name.replace("Left", "_L").replace("Right", "_R") if name.startswith("eye") else name
        write_obj(tmp_path / "bs" / "exp" / f"{spelled}.obj", 100 * (template + delta) @ turn.T)
    (tmp_path / "bs" / "exp" / "teeth.obj").write_text("v 0 0 0\n")
    basis = read_basis(tmp_path, VERTICES)
    assert basis.names == NAMES
    np.testing.assert_allclose(basis.fitted_to(template).deltas, deltas, atol=1e-8)
    with pytest.raises(BasisError, match="topology"):
        read_basis(tmp_path, 5023)
    (tmp_path / "bs" / "Neutral.obj").unlink()
    with pytest.raises(BasisError, match=r"neutral\.obj"):
        read_basis(tmp_path, VERTICES)


def test_invalid_basis_is_refused(tmp_path: Path) -> None:
    template, deltas = make_basis()
    np.savez(tmp_path / "millimetres.npz", names=np.array(NAMES), deltas=1000 * deltas)
    with pytest.raises(BasisError, match="metres"):
        read_basis(tmp_path / "millimetres.npz", VERTICES).fitted_to(template)
    np.savez(tmp_path / "nameless.npz", names=np.array(["a", "b"]), deltas=deltas[:2])
    np.savez(tmp_path / "objects.npz", names=np.array([{}], dtype=object), deltas=deltas[:1])
    (tmp_path / "text.npz").write_text("text")
    for name in ("nameless.npz", "objects.npz", "text.npz", "none.npz"):
        with pytest.raises(BasisError):
            read_basis(tmp_path / name, VERTICES)


class Payload:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_runs_no_code(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "templates.pkl"
    path.write_bytes(pickle.dumps({"A": Payload(f"touch {tmp_path / 'ran'}")}, protocol=protocol))
    with pytest.raises(PickleError, match=r"system.*get the file again"):
        load_pickle(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"cos\nsystem\n(S'true'\ntR.",
        b"cnumpy\nload\n(S'x'\ntR.",
        b"cnumpy.testing._private.utils\nrunstring\n.",
        pickle.dumps(np.array([{}], dtype=object)),
        pickle.dumps(np.zeros(3, dtype="U4")),
        pickle.dumps(np.zeros(3))[:-20],
    ],
)
def test_unsafe_pickles_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.pkl").write_bytes(content)
    with pytest.raises(PickleError, match=r"x\.pkl"):
        load_pickle(tmp_path / "x.pkl")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickled_arrays_are_read(tmp_path: Path, protocol: int) -> None:
    arrays = [np.arange(12).astype(kind).reshape(3, 4) for kind in ("<i2", ">i2", "<f4", "<f8", "u1", "?")]
    arrays.append(np.asfortranarray(arrays[3]))
    content = {"list": arrays, "rate": np.int64(22000), "pair": (1, "é"), 7: None}
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(content, protocol=protocol))
    back = load_pickle(tmp_path / "x.pkl")
    assert (back["rate"], back["pair"], back[7]) == (22000, (1, "é"), None)
    for array, read in zip(arrays, back["list"], strict=True):
        np.testing.assert_array_equal(array, read)
        assert read.dtype == array.dtype.newbyteorder("=")


def test_python_2_pickle_is_read(tmp_path: Path) -> None:
    samples = np.array([-300, 0, 200, 32767], "<i2")
    raw = samples.tobytes()
    # As numpy under Python 2 pickled an array, bytes as its text (opcode T).
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I4\nt"
        b"cnumpy\ndtype\n(S'i2'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nT"
        + struct.pack("<i", len(raw))
        + raw
        + b"tb"
    )
    (tmp_path / "x.pkl").write_bytes(b"(dS'audio'\n" + array + b"sS'sample_rate'\nI22000\ns.")
    back = load_pickle(tmp_path / "x.pkl")
    assert back["sample_rate"] == 22000
    np.testing.assert_array_equal(back["audio"], samples)
