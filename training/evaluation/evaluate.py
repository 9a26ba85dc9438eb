"""Measures models on whatever data is given, prints and writes the papers' tables with pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from backend.arkit import EMOTIONS

from ..data.prepared import Prepared, Take
from ..encoders import Encoder
from ..model.pipeline import TalkerPipeline, load_pipeline
from . import metrics, plots, recordings, report, tables
from .head_mesh import HeadMesh
from .model_kind import describe
from .model_size import size_of
from .sequences import SECONDS, SEEDS, evenly_spaced, lacks, on_takes, on_voices, recorded_face, sample_sequence, timed
from .tables import KNOWN, TEST, VOICE, WHOLE, ZERO_SHOT, Measured, Table

_WORDS = {TEST: "known speakers' held-out takes", VOICE: "held-out speakers"}


@dataclass(frozen=True)
class Given:
    """What there is to measure on."""

    data: Prepared
    zero_shot: Prepared | None = None
    head: HeadMesh | None = None
    encoder: Encoder | None = None
    recordings: Path | None = None
    limit: int = 40  # sequences of each part


def _parts(given: Given) -> dict[str, tuple[Prepared, list[Take]]]:
    """Which sequences each part of the tables is measured on. Other data counts wherever it was not set aside for training or choosing."""
    parts = {part: (given.data, given.data.sequences(part)) for part in (TEST, VOICE)}
    if given.zero_shot is not None:
        parts[ZERO_SHOT] = (
            given.zero_shot,
            [take for part in (TEST, VOICE) for take in given.zero_shot.sequences(part)],
        )
    return parts


def measure(folder: Path, pipeline: TalkerPipeline, given: Given) -> Measured:
    """All figures of one model. Voices are matched on all sequences, curves on `limit` of each part."""
    card = describe(folder, pipeline.student_encoder is not None)
    figures, found, absent = {}, {}, {} if given.zero_shot else {ZERO_SHOT: "no other data was named (--zero-shot)"}
    for part, (data, takes) in _parts(given).items():
        if reason := lacks(pipeline, data):
            absent[part] = reason
        elif not takes:
            absent[part] = f"{data.folder.name} holds no such takes"
        else:
            figures[part] = on_takes(pipeline, data, evenly_spaced(takes, given.limit), given.head)
            if part != ZERO_SHOT and card.personal:
                found[part] = on_voices(pipeline, data, takes)
                found[WHOLE[part]] = on_voices(pipeline, data, data.part(part))
    if card.personal:
        found[KNOWN] = on_voices(
            pipeline, given.data, [take for part in ("train", "val", TEST) for take in given.data.sequences(part)]
        )
    heard = pipeline.student_encoder is not None or given.encoder is not None
    return Measured(
        card, size_of(pipeline, given.encoder), timed(pipeline, given.encoder), heard, figures, found, absent
    )


def _shown(given: Given) -> Take | None:
    """The sequence of the pictures: the first whole one in which somebody speaks, of known speakers if there are any."""
    for part in (TEST, VOICE):
        for take in given.data.sequences(part):
            if take.length >= SECONDS * 10 and metrics.jaw_opening(recorded_face(given.data, take)).std() > 0.05:
                return take
    return None


def _draw(models: Sequence[tuple[Measured, TalkerPipeline]], given: Given, out: Path) -> None:
    plots.plot_steps([m for m, _ in models], out / "steps.png")
    take = _shown(given)
    for m, pipeline in models:
        if take is not None and lacks(pipeline, given.data) is None:
            title = f"{m.card.label}: {m.card.role}, {m.card.steps} steps, {m.card.encoder} encoder, on {take.id}"
            faces = sample_sequence(pipeline, given.data, take)
            plots.plot_curves(faces, recorded_face(given.data, take), title, out / f"curves_{m.card.label}.png")


def _preface(models: Sequence[Measured], given: Given) -> str:
    lines = [
        f"Code: {report.commit()}. Noise seeds {', '.join(map(str, SEEDS))}; errors are means over them.",
        f"Data: {given.data.folder.name}, split `{given.data.scheme}`; sequences of {SECONDS:g} s, at most {given.limit} a part, voices matched on all.",
        "± is the standard error over sequences; sequences of one take are not independent, so the true one is larger.",
        f"ITF: median time of one clip of {SECONDS:g} s at batch 1, from sound to curves, encoder included where not said otherwise; {report.machine()}.",
        "FDD is the signed mean over sequences, truth less prediction (above 0: moves too little); abs FDD the mean of its absolute values.",
        "Rows marked `paper` are the papers' own figures, on their data and machines; nothing else here is.",
    ]
    if given.head is not None:
        gone = f"; it lacks {', '.join(given.head.missing)}" if given.head.missing else ""
        lines.append(f"Head: {given.head.name}, in its unit squared{gone}.")
    for m in tables.in_order(models):
        seeds = ", ".join(map(str, m.card.seeds))
        warn = (
            "" if m.card.split == given.data.scheme else ": **it may have been trained on the takes it is measured on**"
        )
        lines.append(f"{m.card.label}: {m.card.role}, trained with seeds {seeds}, split {m.card.split}{warn}.")
    return "# Evaluation\n\n" + "\n".join(f"- {line}" for line in lines) + "\n\n"


def _of_recordings(models: Sequence[tuple[Measured, TalkerPipeline]], given: Given) -> list[Table]:
    """A table for each kind of recording; models whose encoder isn't at hand say so."""
    if given.recordings is None:
        return []
    blocks: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    silent = [m.card.label for m, pipeline in models if pipeline.student_encoder is None and given.encoder is None]
    for m, pipeline in models:
        if m.card.label not in silent:
            for name, row in recordings.on_recordings(pipeline, given.recordings, given.encoder).items():
                blocks.setdefault(tuple(row), []).append((f"{m.card.label}: {name}", *map(tables.number, row.values())))
    note = f"No data for {', '.join(silent)}: they hear with a large encoder (--encoder)." if silent else ""
    return [
        Table(f"Real recordings: {names[0]} and on", ("model", *names), rows, note) for names, rows in blocks.items()
    ]


def evaluate(folders: Sequence[Path], given: Given, out: Path) -> str:
    """Measure the models and write out/tables.md, figures.csv, steps.png and a curves_MODEL.png each; returns the tables' text.

    Raises ValueError if two models have the same name, or none is there.
    """
    names = [folder.name for folder in folders]
    if len(set(names)) < len(names):
        raise ValueError(
            f"two of the models are called alike ({', '.join(sorted(names))}); their folders' names are their names in the tables"
        )
    out.mkdir(parents=True, exist_ok=True)
    performers = [load_pipeline(folder) for folder in folders]
    work = tqdm(list(zip(folders, performers, strict=True)), desc="measure", unit="model")
    pairs = [(measure(folder, pipeline, given), pipeline) for folder, pipeline in work]
    models = [m for m, _ in pairs]
    every = [
        *(tables.comparison(models, part, words) for part, words in _WORDS.items()),
        tables.zero_shot(models),
        tables.steps(models),
        tables.ablation(models),
        *(tables.voices(models, "identity", part) for part in (TEST, WHOLE[TEST], KNOWN, VOICE, WHOLE[VOICE])),
        *(tables.voices(models, "emotion", part) for part in (TEST, WHOLE[TEST], VOICE, WHOLE[VOICE])),
        tables.sizes(models),
        tables.vertices(models),
        tables.correlations(models),
        *_of_recordings(pairs, given),
        *tables.emotions_confused(models, EMOTIONS),
    ]
    text = _preface(models, given) + report.as_markdown(every)
    (out / "tables.md").write_text(text)
    report.write_csv(models, out / "figures.csv")
    _draw(pairs, given, out)
    return text
