"""The papers' tables, assembled from measured models. Every cell is a figure that was measured, a published one in a row marked `paper`, or empty;
a row that should be there and has nothing says `no data` and why."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from . import published_figures
from .metrics import matching, storage_saved
from .model_kind import DIRECT, FACEDIFFUSER, STUDENT, TEACHER, ModelKind
from .model_size import HUBERT_BASE, Size, megabytes
from .sequences import CURVES, Figure, Found

TEST, VOICE, ZERO_SHOT = "test", "voice", "zero-shot"
WHOLE = {TEST: "test, takes whole", VOICE: "voice, takes whole"}  # as a product hears them: half a minute at a time
KNOWN = "all takes of known speakers, trained on or not, as in v1"
_KINDS = (FACEDIFFUSER, TEACHER, STUDENT, DIRECT)
_ABLATED_STEPS = 8  # v1 takes its models apart at 8 steps


@dataclass(frozen=True)
class Measured:
    """All that was measured on a model. figures and found: by part; absent: why a part has none."""

    card: ModelKind
    size: Size
    time: Figure  # ITF, 1e-4 s a frame
    timed_encoder: bool  # whether that includes hearing
    figures: dict[str, dict[str, Figure]]
    found: dict[str, Found]
    absent: dict[str, str]


@dataclass(frozen=True)
class Table:
    """Cells as they are printed."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str = ""


def in_order(models: Iterable[Measured]) -> list[Measured]:
    """Baselines, teachers, students with a large encoder, with a small one, then those that leave something out; many steps first."""
    return sorted(
        models,
        key=lambda m: (len(m.card.without), _KINDS.index(m.card.kind), m.card.small, -m.card.steps, m.card.label),
    )


def number(value: float) -> str:
    """Three significant digits, whole from 100 on."""
    return f"{value:.0f}" if abs(value) >= 99.95 else f"{value:#.3g}"


def cell(figure: Figure | None) -> str:
    """`0.287 ± 0.012`."""
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
    """The part that tables with room for one are about: known speakers' held-out takes, if there are any."""
    return TEST if any(TEST in m.figures for m in models) or not any(VOICE in m.figures for m in models) else VOICE


def _no_data(label: str, header: tuple[str, ...], why: str) -> tuple[str, ...]:
    return (label, f"no data: {why}", *[""] * (len(header) - 2))


def _time(m: Measured) -> str:
    return cell(m.time) + ("" if m.timed_encoder else " (without its encoder)")


def _storage(m: Measured) -> str:
    return (
        f"{number(megabytes(m.size.talker))} + its encoder" if m.size.total is None else number(megabytes(m.size.total))
    )


def _what(card: ModelKind) -> str:
    return f"{card.role}, {card.steps} steps, {card.encoder} encoder"


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
            rows.append((m.card.label, _what(m.card), *_row(m, part, keys)))
        else:
            rows.append(_no_data(m.card.label, header, m.absent.get(part, "not measured")))
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
    ("FaceDiffuser, 1000 steps", lambda card: card.kind == FACEDIFFUSER and card.steps == 1000),
    ("FaceDiffuser, 8 steps", lambda card: card.kind == FACEDIFFUSER and card.steps == 8),
    ("teacher", lambda card: card.kind == TEACHER and not card.without),
    ("student, large encoder", lambda card: card.kind == STUDENT and not card.small and not card.without),
    ("student, small encoder", lambda card: card.kind == STUDENT and card.small and not card.without),
)


def comparison(models: Sequence[Measured], part: str, title: str) -> Table:
    """v1's comparison on BEAT: errors with the papers' masks and with full ones, diversity, time and storage."""
    keys = (*_COMPARED, "ITF", "MB")
    header = ("model", "what", *_COMPARED, "ITF 1e-4 s", "MB")
    missing = [
        _no_data(role, header, "no such model was named")
        for role, fits in _EXPECTED
        if not any(fits(m.card) for m in models)
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
        "Masks: the papers', then (full) all 52 channels, jaw and lips, the whole upper face.",
    )


def zero_shot(models: Sequence[Measured]) -> Table:
    """v1's zero-shot table: the same models on data they were not trained on."""
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
        "Who and which mood by the voice, where the model does not know the take's own. LVE and EVE only with --head, in its unit squared.",
    )


def vertices(models: Sequence[Measured]) -> Table:
    """v2's errors in vertices, for one head."""
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
        "In the head's unit squared; the paper's are of another head in another unit.",
    )


def steps(models: Sequence[Measured]) -> Table:
    """v1's table by steps: the whole method's models, both encoders."""
    part = main_part(models)
    keys = ("MBE", "LBE", "FDD", "abs FDD", "diversity mouth", "diversity upper", "ITF")
    header = ("model", "what", *keys[:-1], "ITF 1e-4 s")
    rows = _measured_rows([m for m in models if is_whole(m.card)], part, keys, header)
    rows = rows or [_no_data("teacher and students", header, "no such model was named")]
    published = {f"{count} steps": row for count, row in published_figures.BEAT_STEPS.items()}
    return Table(f"Steps: {part}", header, [*rows, *_paper_rows("v1, BEAT", published, keys)])


def is_whole(card: ModelKind) -> bool:
    """A model of the whole method, at some number of steps."""
    return card.kind in (TEACHER, STUDENT) and not card.without


def ablation(models: Sequence[Measured]) -> Table:
    """v1's ablation, of teachers or of students. `full` are the whole models with as many steps as those that leave something out; 8 if there
    are none."""
    part = main_part(models)
    keys = ("MBE", "LBE", "FDD", "abs FDD", "MBE full", "LBE full", "abs FDD full", "diversity upper")
    header = ("model", "what", *keys)

    def leaves_out(name: str) -> list[Measured]:
        return [m for m in models if m.card.kind in (TEACHER, STUDENT) and m.card.without == (name,)]

    groups = {
        "no distillation": [m for m in models if m.card.kind == DIRECT and not m.card.without],
        **{f"no {name}": leaves_out(name) for name in ("L_lip", "L_vel", "identity")},
    }
    counts = {m.card.steps for group in groups.values() for m in group} or {_ABLATED_STEPS}
    full = [m for m in models if is_whole(m.card) and m.card.steps in counts]
    rows: list[tuple[str, ...]] = []
    for name, group in {"full": full, **groups}.items():
        named = [(f"{name}: {row[0]}", *row[1:]) for row in _measured_rows(group, part, keys, header)]
        rows += named or [
            _no_data(
                name, header, f"no such model was named{f' with {_ABLATED_STEPS} steps' if name == 'full' else ''}"
            )
        ]
    return Table(f"Ablation: {part}", header, [*rows, *_paper_rows("v1, BEAT", published_figures.BEAT_ABLATION, keys)])


def found_in(counts: np.ndarray) -> dict[str, float]:
    """What a confusion matrix comes to, or nothing if it is empty."""
    if counts.sum() == 0:
        return {}
    score = matching(counts)
    return {"precision": score.precision, "recall": score.recall, "F1": score.f1, "accuracy": score.accuracy}


def voices(models: Sequence[Measured], of: str, part: str) -> Table:
    """v1's matching of voices with the library; of: identity | emotion."""
    keys = ("precision", "recall", "F1", "accuracy")
    header = ("model", "what", *keys, "n")
    rows: list[tuple[str, ...]] = []
    for m in in_order(models):
        counts = getattr(m.found[part], of) if part in m.found else np.zeros((0, 0))
        if not m.card.personal:
            rows.append(_no_data(m.card.label, header, "a model without identities and emotions"))
        elif scores := found_in(counts):
            rows.append((m.card.label, _what(m.card), *(f"{scores[key]:.4f}" for key in keys), str(counts.sum())))
        else:
            rows.append(_no_data(m.card.label, header, m.absent.get(part, "no voice that the model knows")))
    if of == "identity":
        rows += _paper_rows("v1, all of BEAT", {"DiffusionTalker": published_figures.BEAT_IDENTITY}, (*keys, "n"))
    about = (
        ""
        if of != "identity" or part not in (VOICE, WHOLE[VOICE])
        else "Identities that other speakers have too: which of them sounds most like this voice. "
    )
    note = (
        about
        + "Precision, recall and F1 are means over the classes (macro); accuracy is their value counted over sequences (micro)."
    )
    return Table(f"{of.capitalize()} by the voice: {part}", header, rows, note)


def emotions_confused(models: Sequence[Measured], names: Sequence[str]) -> list[Table]:
    """Each model's emotions, true (rows) and found (columns), as counts."""
    tables = []
    for m in in_order(models):
        parts = [part for part in (TEST, VOICE) if part in m.found]
        counts = np.sum([m.found[part].emotion for part in parts], axis=0)
        if m.card.personal and counts.sum():
            rows = [(name, *(str(n) if n else "·" for n in row)) for name, row in zip(names, counts, strict=True)]
            tables.append(Table(f"Emotions of {m.card.label}: {' and '.join(parts)}", ("truth \\ found", *names), rows))
    return tables


def sizes(models: Sequence[Measured]) -> Table:
    """v2's compaction. Saved against the papers' kind of teacher (HuBERT base and this talker), and against the largest teacher given."""
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
    teachers = [m.size.total for m in models if m.card.kind == TEACHER and m.size.total is not None]
    rows: list[tuple[str, ...]] = []
    for m in in_order(models):
        size = m.size
        parts = [f"{size.personalizer / 1e6:.2f}", f"{size.decoder / 1e6:.2f}"]
        if size.total is None or size.encoder is None:
            rows.append((m.card.label, _what(m.card), "no data: --encoder", *parts, "", _storage(m), "", ""))
            continue
        saved = f"{storage_saved(size.total, HUBERT_BASE + size.talker):.1f}"
        of_teacher = (
            f"{storage_saved(size.total, max(teachers)):.1f}" if teachers else "no data: no teacher with its encoder"
        )
        whole = [f"{size.total / 1e6:.2f}", number(megabytes(size.total)), saved, of_teacher]
        rows.append((m.card.label, _what(m.card), f"{size.encoder / 1e6:.2f}", *parts, *whole))
    rows.append(("paper (v2): teacher", "", "", "", "", "", "334", "", ""))
    rows.append(("paper (v2): student", "", "", "", "", "", "45", "", "86.4"))
    note = f"HuBERT base is {HUBERT_BASE / 1e6:.1f} M parameters, {megabytes(HUBERT_BASE):.1f} MB. 1 MB = 1e6 bytes."
    return Table("Storage", header, rows, note)


def correlations(models: Sequence[Measured]) -> Table:
    """Pearson's r with the truth of what a viewer looks at first, and blinks."""
    part = main_part(models)
    keys = (*(f"r {name}" for name in CURVES), "blinks/min", "blinks/min truth")
    header = ("model", "what", *keys)
    note = "r with the recorded face, over the sequences in which it moves; every channel's is in figures.csv. Brows and blinks are free: r near 0 is no fault."
    return Table(f"Curves: {part}", header, _measured_rows(models, part, keys, header), note)
