"""Evaluate models on all the data that is given, and write the papers' tables, figures and pictures."""

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
from .model_kind import describe_model
from .model_size import measure_size
from .real_lips import real_lips
from .sequences import (
    SECONDS,
    SEEDS,
    evenly_spaced,
    match_voices,
    measure_takes,
    measure_time,
    missing_features,
    recorded_face,
    sample_sequence,
)
from .tables import KNOWN_SPEAKERS, TEST, VOICE, WHOLE_TAKES, ZERO_SHOT, Measured, Table

_WORDS = {TEST: "known speakers' held-out takes", VOICE: "held-out speakers"}


@dataclass(frozen=True)
class Sources:
    """Data to evaluate on, and what its metrics need."""

    data: Prepared
    zero_shot: Prepared | None = None  # data of another kind than the models were trained on
    head: HeadMesh | None = None  # for LVE and EVE
    encoder: Encoder | None = None  # the large encoder, for models without a student encoder
    recordings: Path | None = None  # folder of sounds with lips or phones beside them
    films: Prepared | None = None  # films of people who talk
    limit: int = 40  # sequences of each part, and of each talker in films


def _parts(sources: Sources) -> dict[str, tuple[Prepared, list[Take]]]:
    """Return the sequences of each part of the tables. Of zero-shot data, all but its training and validation parts count."""
    parts = {part: (sources.data, sources.data.sequences(part)) for part in (TEST, VOICE)}
    if sources.zero_shot is not None:
        parts[ZERO_SHOT] = (
            sources.zero_shot,
            [take for part in (TEST, VOICE) for take in sources.zero_shot.sequences(part)],
        )
    return parts


def measure(folder: Path, pipeline: TalkerPipeline, sources: Sources) -> Measured:
    """Measure all figures of one model. Voices are matched on all sequences, curves measured on `limit` of each part."""
    model = describe_model(folder, pipeline.student_encoder is not None)
    figures, matches = {}, {}
    missing = {} if sources.zero_shot else {ZERO_SHOT: "no other data was named (--zero-shot)"}
    for part, (data, takes) in _parts(sources).items():
        if reason := missing_features(pipeline, data):
            missing[part] = reason
        elif not takes:
            missing[part] = f"{data.folder.name} holds no such takes"
        else:
            figures[part] = measure_takes(pipeline, data, evenly_spaced(takes, sources.limit), sources.head)
            if part != ZERO_SHOT and model.personal:
                matches[part] = match_voices(pipeline, data, takes)
                matches[WHOLE_TAKES[part]] = match_voices(pipeline, data, data.part(part))
    if model.personal:
        known = [take for part in ("train", "val", TEST) for take in sources.data.sequences(part)]
        matches[KNOWN_SPEAKERS] = match_voices(pipeline, sources.data, known)
    return Measured(
        model,
        measure_size(pipeline, sources.encoder),
        measure_time(pipeline, sources.encoder),
        time_includes_encoder=pipeline.student_encoder is not None or sources.encoder is not None,
        figures=figures,
        matches=matches,
        missing=missing,
    )


def _example_sequence(sources: Sources) -> Take | None:
    """Return the sequence for the pictures: the first full one with speech, of known speakers if there are any."""
    for part in (TEST, VOICE):
        for take in sources.data.sequences(part):
            if take.length >= SECONDS * 10 and metrics.jaw_opening(recorded_face(sources.data, take)).std() > 0.05:
                return take
    return None


def _draw(models: Sequence[tuple[Measured, TalkerPipeline]], sources: Sources, out: Path) -> None:
    plots.plot_steps([m for m, _ in models], out / "steps.png")
    take = _example_sequence(sources)
    for m, pipeline in models:
        if take is not None and missing_features(pipeline, sources.data) is None:
            title = f"{m.model.label}: {m.model.role}, {m.model.steps} steps, {m.model.encoder} encoder, on {take.id}"
            faces = sample_sequence(pipeline, sources.data, take)
            plots.plot_curves(faces, recorded_face(sources.data, take), title, out / f"curves_{m.model.label}.png")


def _preface(models: Sequence[Measured], sources: Sources) -> str:
    lines = [
        f"Code: {report.commit()}. Errors are means over the noise seeds {', '.join(map(str, SEEDS))}.",
        f"Data: {sources.data.folder.name}, split `{sources.data.scheme}`.",
        f"Curves are measured on at most {sources.limit} sequences of {SECONDS:g} s a part, voices matched on all.",
        "± is the standard error over sequences. Sequences of one take are not independent, so the true error is larger.",
        f"ITF is the median time per frame for one clip of {SECONDS:g} s at batch 1, from sound to curves, with the encoder unless noted.",
        f"Times were measured on {report.machine()}.",
        "FDD is the signed mean over sequences of truth minus prediction; above 0, the face moves too little.",
        "abs FDD is the mean of the absolute values.",
        "Rows marked `paper` are the papers' own figures, on their data and machines. All other figures were measured here.",
    ]
    if sources.head is not None:
        missing = f" It lacks {', '.join(sources.head.missing)}." if sources.head.missing else ""
        lines.append(f"Head: {sources.head.name}. Its errors are in its unit squared.{missing}")
    for m in tables.in_order(models):
        seeds = ", ".join(map(str, m.model.seeds))
        warn = (
            ""
            if m.model.split == sources.data.scheme
            else ": **it may have been trained on the takes it is measured on**"
        )
        lines.append(f"{m.model.label}: {m.model.role}, trained with seeds {seeds}, split {m.model.split}{warn}.")
    return "# Evaluation\n\n" + "\n".join(f"- {line}" for line in lines) + "\n\n"


def _of_recordings(models: Sequence[tuple[Measured, TalkerPipeline]], sources: Sources) -> list[Table]:
    """Return a table for each kind of recording. A note names the models that could not be measured."""
    if sources.recordings is None:
        return []
    blocks: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    unmeasured = [
        m.model.label for m, pipeline in models if pipeline.student_encoder is None and sources.encoder is None
    ]
    for m, pipeline in models:
        if m.model.label not in unmeasured:
            for name, row in recordings.measure_recordings(pipeline, sources.recordings, sources.encoder).items():
                blocks.setdefault(tuple(row), []).append(
                    (f"{m.model.label}: {name}", *map(tables.number, row.values()))
                )
    note = f"No data for {', '.join(unmeasured)}: name their large encoder (--encoder)." if unmeasured else ""
    return [
        Table(f"Real recordings: {names[0]} and on", ("model", *names), rows, note) for names, rows in blocks.items()
    ]


def _of_films(models: Sequence[tuple[Measured, TalkerPipeline]], sources: Sources) -> list[Table]:
    if sources.films is None:
        return []
    return [real_lips([(m.model.label, pipeline) for m, pipeline in models], sources.films, sources.limit)]


def evaluate(folders: Sequence[Path], sources: Sources, out: Path) -> str:
    """Measure the models and write out/tables.md, figures.csv, steps.png and curves_MODEL.png for each. Return the text of tables.md.

    Raises ValueError if two models have the same name, and FileNotFoundError if a folder holds no model.
    """
    names = [folder.name for folder in folders]
    if len(set(names)) < len(names):
        raise ValueError(
            f"two models have the same name ({', '.join(sorted(names))}): the tables use their folders' names, so rename one"
        )
    out.mkdir(parents=True, exist_ok=True)
    pipelines = [load_pipeline(folder) for folder in folders]
    progress = tqdm(list(zip(folders, pipelines, strict=True)), desc="measure", unit="model")
    pairs = [(measure(folder, pipeline, sources), pipeline) for folder, pipeline in progress]
    models = [m for m, _ in pairs]
    all_tables = [
        *(tables.comparison(models, part, words) for part, words in _WORDS.items()),
        tables.zero_shot(models),
        tables.steps(models),
        tables.ablation(models),
        *(
            tables.voices(models, "identity", part)
            for part in (TEST, WHOLE_TAKES[TEST], KNOWN_SPEAKERS, VOICE, WHOLE_TAKES[VOICE])
        ),
        *(tables.voices(models, "emotion", part) for part in (TEST, WHOLE_TAKES[TEST], VOICE, WHOLE_TAKES[VOICE])),
        tables.sizes(models),
        tables.vertices(models),
        tables.correlations(models),
        tables.alignments(models),
        *_of_recordings(pairs, sources),
        *_of_films(pairs, sources),
        *tables.emotions_confused(models, EMOTIONS),
    ]
    text = _preface(models, sources) + report.as_markdown(all_tables)
    (out / "tables.md").write_text(text)
    report.write_csv(models, out / "figures.csv")
    _draw(pairs, sources, out)
    return text
