"""The papers' tables, built from measured models.

A cell holds a measured figure, a published one in a row marked `paper`, or nothing. A row without data says `no data` and why.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from . import published_figures
from .metrics import classification_scores, storage_saved
from .model_kind import DIRECT, FACEDIFFUSER, STUDENT, TEACHER, ModelKind
from .model_size import HUBERT_BASE, Size, megabytes
from .sequences import CURVES, Figure, VoiceMatches

TEST, VOICE, ZERO_SHOT = "test", "voice", "zero-shot"
WHOLE_TAKES = {TEST: "test, takes whole", VOICE: "voice, takes whole"}  # half a minute each, as users have them
KNOWN_SPEAKERS = "all takes of known speakers, trained on or not, as in v1"
_KINDS = (FACEDIFFUSER, TEACHER, STUDENT, DIRECT)
_ABLATED_STEPS = 8  # of the models in v1's ablation


@dataclass(frozen=True)
class Measured:
    """All figures of a model. figures and matches are by part; missing says why a part has none."""

    model: ModelKind
    size: Size
    time: Figure  # ITF, 1e-4 s per frame
    time_includes_encoder: bool
    figures: dict[str, dict[str, Figure]]
    matches: dict[str, VoiceMatches]
    missing: dict[str, str]


@dataclass(frozen=True)
class Table:
    """A table with its cells as printed."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str = ""


def in_order(models: Iterable[Measured]) -> list[Measured]:
    """Sort models: baselines, teachers, students with a large encoder, with a student encoder, ablations; most steps first."""
    return sorted(
        models,
        key=lambda m: (len(m.model.without), _KINDS.index(m.model.kind), m.model.small, -m.model.steps, m.model.label),
    )


def number(value: float) -> str:
    """Format a number with three significant digits, and without decimals from 100 on."""
    return f"{value:.0f}" if abs(value) >= 99.95 else f"{value:#.3g}"


def cell(figure: Figure | None) -> str:
    """Format a figure like `0.287 ± 0.012`."""
    if figure is None:
        return ""
    if math.isnan(figure.error):
        return number(figure.value)
    return (
        f"{number(figure.value)} ± {figure.error:.0f}"
        if figure.error >= 9.95
        else f"{number(figure.value)} ± {figure.error:#.2g}"
    )


def main_part(models: Sequence[Measured]) -> str:
    """Return the part for tables that show only one: known speakers' held-out takes if any were measured, else held-out speakers."""
    only_voice = any(VOICE in m.figures for m in models) and not any(TEST in m.figures for m in models)
    return VOICE if only_voice else TEST


def _no_data(label: str, header: tuple[str, ...], reason: str) -> tuple[str, ...]:
    return (label, f"no data: {reason}", *[""] * (len(header) - 2))


def _time(m: Measured) -> str:
    return cell(m.time) + ("" if m.time_includes_encoder else " (without its encoder)")


def _storage(m: Measured) -> str:
    return (
        f"{number(megabytes(m.size.talker))} + its encoder" if m.size.total is None else number(megabytes(m.size.total))
    )


def _describe(model: ModelKind) -> str:
    return f"{model.role}, {model.steps} steps, {model.encoder} encoder"


def _paper_rows(title: str, published: dict[str, dict[str, float]], keys: Sequence[str]) -> list[tuple[str, ...]]:
    return [
        (f"paper ({title}): {name}", "", *(f"{row[key]:g}" if key in row else "" for key in keys))
        for name, row in published.items()
    ]


def _row(m: Measured, part: str, keys: Sequence[str]) -> list[str]:
    return [
        _time(m) if key == "ITF" else _storage(m) if key == "MB" else cell(m.figures[part].get(key)) for key in keys
    ]


def _measured_rows(
    models: Sequence[Measured], part: str, keys: Sequence[str], header: tuple[str, ...]
) -> list[tuple[str, ...]]:
    rows = []
    for m in in_order(models):
        if part in m.figures:
            rows.append((m.model.label, _describe(m.model), *_row(m, part, keys)))
        else:
            rows.append(_no_data(m.model.label, header, m.missing.get(part, "not measured")))
    return rows


_COMPARED = (
    "MBE",
    "LBE",
    "FDD",
    "abs FDD",
    "MBE full",
    "LBE full",
    "FDD full",
    "abs FDD full",
    "diversity mouth",
    "diversity upper",
)
_EXPECTED: tuple[tuple[str, Callable[[ModelKind], bool]], ...] = (
    ("FaceDiffuser, 1000 steps", lambda model: model.kind == FACEDIFFUSER and model.steps == 1000),
    ("FaceDiffuser, 8 steps", lambda model: model.kind == FACEDIFFUSER and model.steps == 8),
    ("teacher", lambda model: model.kind == TEACHER and not model.without),
    ("student, large encoder", lambda model: model.kind == STUDENT and not model.small and not model.without),
    ("student, small encoder", lambda model: model.kind == STUDENT and model.small and not model.without),
)


def comparison(models: Sequence[Measured], part: str, title: str) -> Table:
    """Build v1's comparison on BEAT: errors with the papers' masks and with full ones, diversity, time and storage."""
    keys = (*_COMPARED, "ITF", "MB")
    header = ("model", "what", *_COMPARED, "ITF 1e-4 s", "MB")
    missing = [
        _no_data(role, header, "no such model was named")
        for role, fits in _EXPECTED
        if not any(fits(m.model) for m in models)
    ]
    rows = [
        *_measured_rows(models, part, keys, header),
        *missing,
        *_paper_rows("v1, BEAT", published_figures.BEAT_COMPARISON, keys),
    ]
    return Table(
        f"Comparison: {title}",
        header,
        rows,
        "Errors use the papers' masks. Those marked `full` use all 52 channels, jaw and lips, and the whole upper face.",
    )


def zero_shot(models: Sequence[Measured]) -> Table:
    """Build v1's zero-shot table: the models on data of another kind than they were trained on."""
    keys = ("MBE", "LBE", "FDD", "abs FDD", "diversity mouth", "diversity upper", "LVE", "EVE")
    header = ("model", "what", *keys)
    rows = [
        *_measured_rows(models, ZERO_SHOT, keys, header),
        *_paper_rows("v1, VOCASET", published_figures.VOCASET_ZERO_SHOT, keys),
    ]
    return Table(
        "Zero-shot: data of another kind",
        header,
        rows,
        "Identity and emotion are matched by the voice if the model does not know those of the take. LVE and EVE need --head and are in its unit squared.",
    )


def vertices(models: Sequence[Measured]) -> Table:
    """Build v2's table of vertex errors, for one head."""
    part = main_part(models)
    header = ("model", "what", "LVE", "EVE", "MB")
    if any("LVE" in m.figures.get(part, {}) for m in models):
        rows = _measured_rows(models, part, header[2:], header)
    else:
        rows = [_no_data("all", header, "no head was named (--head)")]
    rows += _paper_rows("v2, 3D-ETF", published_figures.ETF_VERTICES, header[2:])
    return Table(
        f"Vertices: {part}",
        header,
        rows,
        "In the head's unit squared. The paper's figures are of another head in another unit.",
    )


def steps(models: Sequence[Measured]) -> Table:
    """Build v1's table by the number of steps, of models of the whole method with either encoder."""
    part = main_part(models)
    keys = ("MBE", "LBE", "FDD", "abs FDD", "diversity mouth", "diversity upper", "ITF")
    header = ("model", "what", *keys[:-1], "ITF 1e-4 s")
    rows = _measured_rows([m for m in models if is_whole(m.model)], part, keys, header)
    rows = rows or [_no_data("teacher and students", header, "no such model was named")]
    published = {f"{count} steps": row for count, row in published_figures.BEAT_STEPS.items()}
    return Table(f"Steps: {part}", header, [*rows, *_paper_rows("v1, BEAT", published, keys)])


def is_whole(model: ModelKind) -> bool:
    """Return True for a teacher or student of the whole method, not an ablation or baseline."""
    return model.kind in (TEACHER, STUDENT) and not model.without


def ablation(models: Sequence[Measured]) -> Table:
    """Build v1's ablation, of teachers or students.

    `full` are the models of the whole method with as many steps as the ablated ones, or 8 if there are none.
    """
    part = main_part(models)
    keys = ("MBE", "LBE", "FDD", "abs FDD", "MBE full", "LBE full", "abs FDD full", "diversity upper")
    header = ("model", "what", *keys)

    def leaves_out(name: str) -> list[Measured]:
        return [m for m in models if m.model.kind in (TEACHER, STUDENT) and m.model.without == (name,)]

    groups = {
        "no distillation": [m for m in models if m.model.kind == DIRECT and not m.model.without],
        **{f"no {name}": leaves_out(name) for name in ("L_lip", "L_vel", "identity")},
    }
    counts = {m.model.steps for group in groups.values() for m in group} or {_ABLATED_STEPS}
    full = [m for m in models if is_whole(m.model) and m.model.steps in counts]
    rows: list[tuple[str, ...]] = []
    for name, group in {"full": full, **groups}.items():
        named = [(f"{name}: {row[0]}", *row[1:]) for row in _measured_rows(group, part, keys, header)]
        rows += named or [
            _no_data(
                name, header, f"no such model was named{f' with {_ABLATED_STEPS} steps' if name == 'full' else ''}"
            )
        ]
    return Table(f"Ablation: {part}", header, [*rows, *_paper_rows("v1, BEAT", published_figures.BEAT_ABLATION, keys)])


def match_scores(counts: np.ndarray) -> dict[str, float]:
    """Return the scores of a confusion matrix by their names, or nothing if it is empty."""
    if counts.sum() == 0:
        return {}
    score = classification_scores(counts)
    return {"precision": score.precision, "recall": score.recall, "F1": score.f1, "accuracy": score.accuracy}


def voices(models: Sequence[Measured], library: str, part: str) -> Table:
    """Build v1's table of the voice match. library: identity | emotion."""
    keys = ("precision", "recall", "F1", "accuracy")
    header = ("model", "what", *keys, "n")
    rows: list[tuple[str, ...]] = []
    for m in in_order(models):
        counts = getattr(m.matches[part], library) if part in m.matches else np.zeros((0, 0))
        if not m.model.personal:
            rows.append(_no_data(m.model.label, header, "a model without identities and emotions"))
        elif scores := match_scores(counts):
            rows.append((m.model.label, _describe(m.model), *(f"{scores[key]:.4f}" for key in keys), str(counts.sum())))
        else:
            rows.append(_no_data(m.model.label, header, m.missing.get(part, "no voice that the model knows")))
    if library == "identity":
        rows += _paper_rows("v1, all of BEAT", {"DiffusionTalker": published_figures.BEAT_IDENTITY}, (*keys, "n"))
    note = "Precision, recall and F1 are means over the classes (macro). Accuracy is their value counted over sequences (micro)."
    if library == "identity" and part in (VOICE, WHOLE_TAKES[VOICE]):
        note = (
            f"Each held-out speaker shares an identity with other speakers, and should be matched with that one. {note}"
        )
    return Table(f"{library.capitalize()} by the voice: {part}", header, rows, note)


def emotions_confused(models: Sequence[Measured], names: Sequence[str]) -> list[Table]:
    """Build each model's confusion matrix of emotions, as counts: true rows, matched columns."""
    tables = []
    for m in in_order(models):
        parts = [part for part in (TEST, VOICE) if part in m.matches]
        counts = np.sum([m.matches[part].emotion for part in parts], axis=0)
        if m.model.personal and counts.sum():
            rows = [(name, *(str(n) if n else "·" for n in row)) for name, row in zip(names, counts, strict=True)]
            tables.append(
                Table(f"Emotions of {m.model.label}: {' and '.join(parts)}", ("truth \\ found", *names), rows)
            )
    return tables


def sizes(models: Sequence[Measured]) -> Table:
    """Build v2's table of storage.

    Savings are against the papers' teacher (HuBERT base with the model's own talker), and against the largest teacher measured.
    """
    header = (
        "model",
        "what",
        "encoder M",
        "personalizer M",
        "decoder M",
        "total M",
        "MB fp32",
        "saved % of HuBERT's",
        "saved % of its teacher's",
    )
    teachers = [m.size.total for m in models if m.model.kind == TEACHER and m.size.total is not None]
    rows: list[tuple[str, ...]] = []
    for m in in_order(models):
        size = m.size
        parts = [f"{size.personalizer / 1e6:.2f}", f"{size.decoder / 1e6:.2f}"]
        if size.total is None or size.encoder is None:
            rows.append((m.model.label, _describe(m.model), "no data: --encoder", *parts, "", _storage(m), "", ""))
            continue
        saved = f"{storage_saved(size.total, HUBERT_BASE + size.talker):.1f}"
        saved_of_teacher = (
            f"{storage_saved(size.total, max(teachers)):.1f}" if teachers else "no data: no teacher with its encoder"
        )
        totals = [f"{size.total / 1e6:.2f}", number(megabytes(size.total)), saved, saved_of_teacher]
        rows.append((m.model.label, _describe(m.model), f"{size.encoder / 1e6:.2f}", *parts, *totals))
    rows.append(("paper (v2): teacher", "", "", "", "", "", "334", "", ""))
    rows.append(("paper (v2): student", "", "", "", "", "", "45", "", "86.4"))
    note = f"HuBERT base has {HUBERT_BASE / 1e6:.1f} M parameters, {megabytes(HUBERT_BASE):.1f} MB. 1 MB is 1e6 bytes."
    return Table("Storage", header, rows, note)


def alignments(models: Sequence[Measured]) -> Table:
    """Build the table of metrics that allow for shifts in time, and of jitter."""
    part = main_part(models)
    keys = ("MTM ms", "r lip gap", "LBE full", "soft LBE", "jitter mouth")
    header = ("model", "what", *keys)
    note = (
        "MTM: mean temporal misalignment of the gap between the lips (arXiv 2503.20308). Soft LBE: LBE over the best alignments in time "
        "(arXiv 2606.01031). Jitter: mean absolute third difference of jaw and lips (arXiv 2507.18352)."
    )
    return Table(f"Timing: {part}", header, _measured_rows(models, part, keys, header), note)


def correlations(models: Sequence[Measured]) -> Table:
    """Build the table of Pearson's r with the recorded curves that a viewer notices first, and of blinks."""
    part = main_part(models)
    keys = (*(f"r {name}" for name in CURVES), "blinks/min", "blinks/min truth")
    header = ("model", "what", *keys)
    note = (
        "r is the correlation with the recorded face over the sequences in which it moves. figures.csv has it for every channel. "
        "Sound does not decide brows and blinks, so r near 0 is no error there."
    )
    return Table(f"Curves: {part}", header, _measured_rows(models, part, keys, header), note)
