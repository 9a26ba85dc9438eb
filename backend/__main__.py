"""The backend's command line: `serve` for the add-on, and commands that do the panel's work without Blender."""

import argparse
import os
import platform
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from . import DEFAULT_MODEL, __version__
from .ipc.server_pipes import claim_pipes
from .platforms import is_closed_pipe
from .shell import run_command

try:
    from .batch import command as batch
except ImportError:  # the universal zip leaves it out: it is for shells and clusters
    batch = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from .inference.generator import Model
    from .messages import UserMessage

# The runtimes have threads of their own. Read by numpy's BLAS, where it has one, when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Heavy modules, which might print, are imported by the command that needs them: in `serve` after it has claimed the pipes.

RUNTIMES = ("auto", "onnx", "numpy", "torch", "tensorrt")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0, or 1 after an error message. Wrong arguments exit with 2."""
    return run_command(lambda: _run(arguments))


def _run(arguments: list[str] | None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if is_closed_pipe(error):
            raise
        from .inference.errors import explain

        print(f"error: {explain(error)[1]}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m backend", description="Speech in, ARKit curves of a talking face out."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("serve", help="answer the add-on's requests on stdin and stdout")
    command.set_defaults(command=_serve)

    command = commands.add_parser("generate", help="write the curves of a speech file")
    command.set_defaults(command=_generate)
    command.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a sound file of any rate and channels; films, AAC and the like if ffmpeg or PyAV is installed",
    )
    command.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="TAKE",
        help="take.csv (Live Link Face CSV), take.json (BEAT) or take.npz",
    )
    # Named as the fields of a Performance, which also has their defaults.
    request = command.add_argument_group("request", argument_default=argparse.SUPPRESS)
    request.add_argument("--identity", metavar="NAME", help="way of performing; auto: match it to the voice (default)")
    request.add_argument(
        "--emotion", metavar="NAME", help="what the speaker feels; auto: match it to the voice (default)"
    )
    request.add_argument(
        "--intensity", type=float, metavar="X", help="strength of the emotion, 0 (neutral) to 2 (default: 1)"
    )
    request.add_argument(
        "--seed", type=int, metavar="N", help="number of the performance; each seed gives another one (default: 0)"
    )
    request.add_argument(
        "--count", type=int, metavar="N", help="number of takes, with consecutive seeds, written to take_1.csv, ..."
    )
    request.add_argument("--fps", type=float, metavar="F", help="frame rate of the curves (default: 30)")
    command.add_argument("--start", type=float, default=0.0, metavar="S", help="second of the file to start at")
    command.add_argument("--end", type=float, metavar="S", help="second of the file to end at")
    command.add_argument(
        "--strength",
        type=_strength,
        action="append",
        default=[],
        metavar="REGION=FACTOR",
        help="scale the motion of a face region, for example brows=1.5; can be repeated",
    )
    command.add_argument(
        "--smoothing",
        type=float,
        default=0.0,
        metavar="S",
        help="width of the smoothing in seconds, 0 to 0.3; closed lips stay closed",
    )
    command.add_argument(
        "--blinks", type=float, default=1.0, metavar="FACTOR", help="blink rate, 0 to 3; 0.5 removes half of the blinks"
    )
    command.add_argument(
        "--closing",
        type=float,
        default=0.0,
        metavar="BIAS",
        help="close lips that nearly meet (up to 1), or part them (down to -1)",
    )
    command.add_argument(
        "--offset",
        type=float,
        default=0.0,
        metavar="MS",
        help="delay in milliseconds, -200 to 200; negative is earlier",
    )
    command.add_argument("--mirror", action="store_true", help="swap left and right")
    command.add_argument(
        "--text",
        default="",
        metavar="WORDS",
        help="what is said, in English: corrects sounds that the model hears wrong",
    )
    command.add_argument(
        "--full-blinks",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="close the lids in every blink, 10 to 28 times a minute (default: on)",
    )
    command.add_argument(
        "--eye-darts",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="let the eyes rest and jump around where the model looks, as the seed says (default: on)",
    )
    command.add_argument(
        "--sounds", type=Path, metavar="FILE", help="the sounds as they should be: .json, .TextGrid or .tsv (Rhubarb)"
    )

    identities = commands.add_parser("identities", help="rank the model's identities and emotions for a voice")
    identities.set_defaults(command=_identities)
    identities.add_argument("file", type=Path, metavar="FILE", help="a sound file")

    sounds = commands.add_parser("sounds", help="list the sounds of a speech file as the model hears them")
    sounds.set_defaults(command=_sounds)
    sounds.add_argument("file", type=Path, metavar="FILE", help="a sound file")
    sounds.add_argument(
        "--out", type=Path, metavar="SOUNDS", help="write sounds.json, sounds.TextGrid (Praat) or sounds.tsv (Rhubarb)"
    )
    sounds.add_argument(
        "--text",
        default="",
        metavar="WORDS",
        help="what is said: aligns the words, and their sounds replace those heard",
    )
    sounds.add_argument("--start", type=float, default=0.0, metavar="S", help="second of the file to start at")
    sounds.add_argument("--end", type=float, metavar="S", help="second of the file to end at")

    if batch:
        batch.add(commands)

    for name, command in commands.choices.items():
        command.add_argument(
            "--model", type=Path, default=DEFAULT_MODEL, metavar="DIR", help="model folder (default: the bundled model)"
        )
        if name != "batch":  # batch uses one process per core
            command.add_argument(
                "--runtime",
                choices=RUNTIMES,
                default=RUNTIMES[0],
                help="what runs the model (default: auto, which is onnx where it is installed, otherwise numpy)",
            )
    return parser


def _strength(text: str) -> tuple[str, float]:
    region, _, factor = text.partition("=")
    return region, float(factor)  # argparse turns a ValueError into a message


def _serve(options: argparse.Namespace) -> int:
    requests, replies = claim_pipes()
    from .ipc.server_outbox import Outbox

    outbox = Outbox(replies)
    with outbox.busy(0):  # importing may take long on a slow disk
        from .inference.generator import load_model_or
        from .ipc.server import log, serve

    log.info("Backend %s, Python %s, process %d", __version__, platform.python_version(), os.getpid())
    return serve(requests, outbox, lambda report: load_model_or(DEFAULT_MODEL, options.model, options.runtime, report))


def _generate(options: argparse.Namespace) -> int:
    from .curve_files import check_path, write
    from .curves.adjust import Controls, adjust
    from .inference.generate_takes import generate_takes
    from .performance import read_performance
    from .sounds.files import read_transcript
    from .sounds.script import correct, correct_to

    check_path(options.out)
    wanted = read_transcript(options.sounds).shifted(-options.start).sounds if options.sounds else ()
    controls = Controls(
        dict(options.strength),
        options.smoothing,
        options.blinks,
        options.closing,
        options.offset,
        options.mirror,
        options.full_blinks,
        options.eye_darts,
    )
    began = time.monotonic()
    performance = read_performance(options)
    model = _load(options)
    takes = generate_takes(model, options.file, performance, options.start, options.end, _show, notify=_note)
    written = []
    # Write all files or none: an error in the last one must not leave the first ones behind.
    with tempfile.TemporaryDirectory(dir=options.out.absolute().parent, prefix=".takes_") as folder:
        for index, take in enumerate(takes):
            name = _name(options.out, index, performance.count)
            curves = correct(take.curves, take.sounds, options.text, model.sounds, take.identity)
            curves = correct_to(curves, take.sounds, wanted, model.sounds, take.identity)
            curves = replace(curves, start=options.start)
            write(Path(folder) / name, adjust(curves, controls, take.seed) if controls != Controls() else curves)
            identity, emotion = f"identity {take.identity}", f"emotion {take.emotion}"
            written.append(
                (name, f"{len(curves.values)} frames at {curves.fps:g} fps, {identity}, {emotion}, seed {take.seed}")
            )
        for name, _ in written:
            os.replace(Path(folder) / name, options.out.with_name(name))
    for name, what in written:
        print(f"{options.out.with_name(name)}: {what}")
    print(f"{time.monotonic() - began:.2f} s")
    return 0


def _sounds(options: argparse.Namespace) -> int:
    from .audio import read_clip
    from .inference.generator import hear
    from .sounds.files import check_sounds_path, write_transcript
    from .sounds.script import align_script

    if options.out:
        check_sounds_path(options.out)
    model = _load(options)
    clip = read_clip(options.file, options.start, options.end)
    for notice in clip.notices:
        _note(notice)
    transcript = align_script(hear(model, clip.blocks, _show), options.text).shifted(options.start)
    if options.out:
        write_transcript(options.out, transcript)
        print(f"{options.out}: {len(transcript.sounds)} sounds")
        return 0
    words = {word.start: word.text for word in transcript.words}
    print(f"{'Start':>8} {'End':>8}  Phone  {'Shape':<9}" + ("  Word" if words else ""))
    for sound in transcript.sounds:
        word = words.get(sound.start, "")
        print(f"{sound.start:8.3f} {sound.end:8.3f}  {sound.label:<5}  {sound.shape:<9}  {word}".rstrip())
    return 0


def _load(options: argparse.Namespace) -> "Model":
    """Load the model that the options name; slow steps and a notice go to stderr."""
    from .inference.generator import load_model

    model = load_model(options.model, options.runtime, report=lambda stage: print(stage, file=sys.stderr, flush=True))
    for notice in model.notices:
        _note(notice)
    return model


def _note(notice: "UserMessage") -> None:
    print(f"note: {notice}", file=sys.stderr)


def _show(stage: "UserMessage", fraction: float) -> None:
    if sys.stderr.isatty():
        print(f"\r{stage} {fraction:4.0%} ", end="\n" if fraction >= 1 else "", file=sys.stderr, flush=True)


def _name(path: Path, index: int, count: int) -> str:
    return path.name if count == 1 else f"{path.stem}_{index + 1}{path.suffix}"


def _identities(options: argparse.Namespace) -> int:
    from .audio import read_clip
    from .inference.generator import rank_voice

    model = _load(options)
    clip = read_clip(options.file)
    for notice in clip.notices:
        _note(notice)
    ranking = rank_voice(model, clip.samples)
    descriptions = {identity.name: identity.description for identity in model.card.identities}
    width = max(map(len, [*descriptions, *model.card.emotions]))
    for title, ranked in (("Identity", ranking.identities), ("Emotion", ranking.emotions)):
        print(f"{title:<{width}}  Match")
        for name, probability in ranked:
            print(f"{name:<{width}}  {probability:5.1%}  {descriptions.get(name, '')}".rstrip())
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
