"""The stage `sounds`: train the phone head and the mouth poses of an exported model."""

import argparse
import hashlib
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.inference.generator import Model
    from backend.sounds.head_file import SoundsPart
    from backend.sounds.phone_head import PhoneHead
    from backend.sounds.shapes import Sound

    from ..synthetic.performer.phones import Phone
    from ..train.phone_training import Utterance

_TESTED = 20  # clips of held-out speakers


def add(stages: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this module's stage to the command line."""
    p = stages.add_parser(
        "sounds", help="train what an exported model knows about sounds: its phone head and its identities' mouth poses"
    )
    p.add_argument("speech", type=Path, help="folder of speech with phone times, as the stage synthesise writes it")
    p.add_argument("model", type=Path, help="folder of an exported model; gets sounds.npz")
    p.add_argument("--minutes", type=float, default=40.0, help="how much speech to train on (default: 40)")
    p.add_argument("--epochs", type=int, default=10)
    p.add_argument("--pose-clips", type=int, default=12, help="clips that every identity performs (default: 12)")
    p.add_argument(
        "--hold-out", type=int, nargs="*", default=[5, 11, 17, 23], metavar="SPEAKER", help="speakers to test on"
    )
    p.add_argument(
        "--test", type=Path, nargs="*", default=[], metavar="JSON", help="labels of a recording, beside its .ogg"
    )
    p.add_argument("--seed", type=int, default=0)
    p.set_defaults(run=_sounds)


def _sounds(args: argparse.Namespace) -> None:
    from backend.inference.generator import load_model
    from backend.sounds.head_file import NAME, SoundsPart

    from ..train.mouth_poses import fit_poses
    from ..train.phone_training import choose_utterances, encode_utterances, fit_head, read_utterances

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    model = load_model(args.model, threads=1)
    used, held_out = choose_utterances(read_utterances(args.speech), args.hold_out, args.minutes, args.seed)
    data = list(encode_utterances(model, used, args.seed))
    head = fit_head(data, args.epochs, args.seed)
    print(f"held-out speakers: {_test(model, head, held_out[:_TESTED])}")
    for labels in args.test:
        print(f"{labels.stem}: {_test(model, head, [_labeled(labels)])}")
    poses = fit_poses(model, used[: args.pose_clips])
    size = write_part(args.model, SoundsPart(head, poses))
    print(f"{args.model / NAME}: {size / 1e6:.2f} MB")


def write_part(folder: Path, part: "SoundsPart") -> int:
    """Write sounds.npz into a model folder and list it in model.json. Returns its size in bytes."""
    from backend.sounds.head_file import NAME, pack

    content, card = pack(part), folder / "model.json"
    (folder / NAME).write_bytes(content)
    data = json.loads(card.read_text(encoding="utf-8"))
    data["files"][NAME] = hashlib.sha256(content).hexdigest()
    card.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return len(content)


def _labeled(labels: Path) -> "Utterance":
    """Read a recording whose phones lie in a JSON file of the same name."""
    from ..synthetic.performer.phones import read_phones
    from ..train.phone_training import Utterance

    rows = json.loads(labels.read_text(encoding="utf-8"))["phones"]
    return Utterance(labels.with_suffix(".ogg"), 0, read_phones(rows))


def _test(model: "Model", head: "PhoneHead", utterances: "Sequence[Utterance]") -> str:
    """Describe the errors over clips. Stretches without labels don't count."""
    from backend.audio import read_clip
    from backend.features import RATE
    from backend.sounds.phone_head import score, sounds_of

    from ..evaluation.phone_errors import measure
    from ..train.phone_training import features_of, true_sounds

    pairs = []
    for each in utterances:
        samples = read_clip(each.file).samples
        heard = sounds_of(score(head, features_of(model, samples)), head, len(samples) / RATE)
        pairs.append((_within(heard, each.phones), true_sounds(samples, each.phones)))
    errors = measure(pairs)
    return (
        f"{errors.count} phones, phone error {errors.phones:.1%}, shape error {errors.shapes:.1%}, median boundary error"
        f" {errors.median_boundary:.0f} ms, {errors.late_boundaries:.1%} off by more than 40 ms"
    )


def _within(heard: "Sequence[Sound]", labeled: "Sequence[Phone]") -> "list[Sound]":
    """Leave out what was heard where nothing is labeled: some phrases of a recording may not have been aligned."""
    return [
        sound for sound in heard if any(phone.start - 0.02 <= sound.center <= phone.end + 0.02 for phone in labeled)
    ]
