"""Commands that make training data: synthesise, perform, imitate, prepare, features."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SOME_LEFT_OUT = 3  # exit code, as of a batch


def add(stages: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this module's stages to the command line."""
    p = stages.add_parser("synthesise", help="synthesize speech with phone times from sentences, in many voices")
    p.add_argument("out", type=Path)
    p.add_argument(
        "--lines",
        type=Path,
        metavar="FILE",
        help="text file with one English sentence a line (default: built-in sentences)",
    )
    p.add_argument("--speakers", type=int, default=24)
    p.add_argument("--hours", type=float, default=1.0, help="approximate total length of the speech")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument(
        "--first",
        type=int,
        default=1,
        metavar="SPEAKER",
        help="number of the first speaker, for corpora that will be joined",
    )
    p.set_defaults(run=_synthesise)

    p = stages.add_parser("perform", help="animate faces for speech with phone times, in BEAT's layout")
    p.add_argument("speech", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--articulation", type=Path, metavar="FILE", help="how sounds move the mouth, as `fit` wrote it")
    p.set_defaults(run=_perform)

    p = stages.add_parser(
        "fit", help="fit how `perform` moves the mouth to films whose words are known, such as GRID's"
    )
    p.add_argument("prepared", type=Path, help="folder that `prepare video` wrote")
    p.add_argument("recordings", type=Path, help="its sounds and TextGrids: PREPARED/recordings")
    p.add_argument("out", type=Path, metavar="OUT.json")
    p.set_defaults(run=_fit)

    p = stages.add_parser(
        "imitate",
        help="make pseudo-labels: generate faces for recordings without one, in BEAT's layout, to distill a student encoder on",
    )
    p.add_argument("model", type=Path, help="folder that train or distill wrote")
    p.add_argument("sounds", type=Path, help="folder of recordings")
    p.add_argument("out", type=Path, help="folder for the takes; may hold other recordings")
    p.add_argument("--encoder", help="the model's large encoder, if it has no student encoder")
    p.add_argument("--takes", type=int, default=4, help="number of takes of each recording, each with another identity")
    p.add_argument("--first", type=int, default=901, metavar="SPEAKER", help="number of the first identity in OUT")
    p.set_defaults(run=_imitate)

    sources = stages.add_parser("prepare", help="convert recordings to arrays, with a report").add_subparsers(
        dest="source", required=True
    )
    for name, run, words in (
        ("beat", _prepare_beat, "BEAT, or anything in its layout, such as performed speech"),
        ("livelink", _prepare_livelink, "takes of LiveLinkFace (.csv with .wav or .mov), by way of OUT/recordings"),
        ("vocaset", _prepare_vocaset, "VOCASET's meshes, fitted with a basis of blendshapes, by way of OUT/recordings"),
        ("video", _prepare_video, "films of people who talk, such as GRID's and CREMA-D's, by way of OUT/recordings"),
    ):
        p = sources.add_parser(name, help=words)
        p.add_argument("recordings", type=Path)
        p.add_argument("out", type=Path)
        p.add_argument(
            "--hold-out", type=int, nargs="*", default=[], metavar="SPEAKER", help="speakers to keep for evaluation"
        )
        p.add_argument("--workers", type=int, help="number of processes (default: one a core)")
        if name in ("beat", "livelink", "video"):
            p.add_argument(
                "--aligned",
                action="store_true",
                help="sound and face are in sync, as in performed takes; do not estimate the lag",
            )
        if name == "video":
            add_tracker(p)
        if name == "vocaset":
            p.add_argument(
                "--basis",
                type=Path,
                required=True,
                help="ARKit's blendshapes in FLAME topology: folder of .obj files, or .npz",
            )
        p.set_defaults(run=run)

    p = stages.add_parser("features", help="cache a large frozen encoder's features")
    p.add_argument("prepared", type=Path)
    p.add_argument("recordings", type=Path)
    p.add_argument("--encoder", required=True, help="a HuBERT or Whisper: hub name, folder, or package:NAME")
    p.set_defaults(run=_features)


def add_tracker(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """Add the option that names the face tracker."""
    parser.add_argument(
        "--tracker", type=Path, required=required, metavar="TASK", help="MediaPipe's face_landmarker.task, from Google"
    )


def _synthesise(args: argparse.Namespace) -> None:
    from ..synthetic.speech.synthesise import builtin_sentences, synthesise

    texts = args.lines.read_text(encoding="utf-8").splitlines() if args.lines else builtin_sentences()
    made = synthesise(args.out, texts, args.speakers, args.hours, args.seed, first=args.first)
    print(
        f"{made.written} utterances ({made.seconds / 60:.1f} min) written to {args.out}, {made.present} were there, skipped:",
        len(made.skipped),
    )
    for reason in made.skipped:
        print(f"  {reason}")


def _perform(args: argparse.Namespace) -> None:
    from ..synthetic.performer.articulation import read_articulation
    from ..synthetic.performer.performed_takes import perform_folder

    articulation = read_articulation(args.articulation) if args.articulation else None
    perform_folder(args.speech, args.out, seed=args.seed, articulation=articulation)


def _fit(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..revision.fit_performer import CURVES, agreement, fit_articulation, read_clips
    from ..synthetic.performer.articulation import bundled_articulation, write_articulation

    clips = read_clips(load_prepared(args.prepared), args.recordings)
    start = bundled_articulation()
    print(f"{len(clips)} takes of {len({clip.talker for clip in clips})} people, correlation with the performer:")

    def show(title: str, found: "np.ndarray") -> None:
        print(f"  {title}:", ", ".join(f"{name} {r:.3f}" for name, r in zip(CURVES, found, strict=True)), flush=True)

    fitted = fit_articulation(clips, start, lambda step, found: show(f"step {step}", found))
    show("fitted", agreement(clips, fitted))
    write_articulation(args.out, fitted)


def _imitate(args: argparse.Namespace) -> int:
    from ..encoders import load_encoder
    from ..synthetic.pseudo_label import write_pseudo_labels

    encoder = load_encoder(args.encoder) if args.encoder else None
    made = write_pseudo_labels(args.model, args.sounds, args.out, encoder, args.takes, args.first)
    print(f"{made.written} takes ({made.seconds / 60:.1f} min) written to {args.out}, skipped:", len(made.skipped))
    for reason in made.skipped:
        print(f"  {reason}")
    return SOME_LEFT_OUT if made.skipped else 0


def _prepare(args: argparse.Namespace, recordings: Path, align: bool = True) -> None:
    from ..data.prepared import prepare
    from ..data.summary import write_report

    prepare(recordings, args.out, args.hold_out, args.workers, align)
    print(f"wrote {write_report(args.out)}")


def _prepare_beat(args: argparse.Namespace) -> None:
    _prepare(args, args.recordings, align=not args.aligned)


def _prepare_livelink(args: argparse.Namespace) -> int:
    from ..data.livelink_takes import import_livelink

    done = import_livelink(args.recordings, args.out / "recordings")
    print("speakers:", ", ".join(f"{person.speaker} {person.identity}" for person in done.people))
    _prepare(args, args.out / "recordings", align=not args.aligned)
    return SOME_LEFT_OUT if done.skipped else 0


def _prepare_vocaset(args: argparse.Namespace) -> None:
    from ..data.vocaset import import_vocaset

    done = import_vocaset(args.recordings, args.basis, args.out / "recordings")
    for person in done.people:
        if person.identity in done.residuals:
            row = done.residuals[person.identity]
            print(
                f"{person.speaker:2} {person.identity}: {row.frames} frames move {row.motion_mm:.2f} mm from the template; the fit is "
                f"{row.residual_mm:.2f} mm from them ({row.worst_mm:.2f} mm in the worst frame)"
            )
    # Sound and face were recorded together, and sentences of 3 s are too short to estimate a lag.
    _prepare(args, args.out / "recordings", align=False)


def _prepare_video(args: argparse.Namespace) -> int:
    from ..video.film_report import write_film_report
    from ..video.spoken_words import bundled_listener
    from ..video.video_takes import import_video

    done = import_video(
        args.recordings,
        args.tracker,
        args.out / "recordings",
        args.out / "tracked",
        args.workers,
        bundled_listener(),
    )
    print("speakers:", ", ".join(f"{person.speaker} {person.identity}" for person in done.people))
    _prepare(args, args.out / "recordings", align=not args.aligned)
    print(f"wrote {write_film_report(args.out, done)}")
    return SOME_LEFT_OUT if done.skipped else 0


def _features(args: argparse.Namespace) -> None:
    from ..data.prepared import load_prepared
    from ..encoders import cache_features, load_encoder

    cache_features(load_prepared(args.prepared), args.recordings, load_encoder(args.encoder))
