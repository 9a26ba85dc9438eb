"""What became of films: films.md, films.csv (a row a film) and plots beside the prepared arrays."""

import csv
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np

from backend.arkit import CHANNELS

from ..data.prepared import Prepared, load_prepared
from ..data.splits import Recorded
from ..data.summary import markdown_table, new_figure, save_figure
from .landmark_curves import KNOWN
from .video_takes import FilmSummary, VideoImport

_SMALL_FACE = 45.0  # pixels between the eyes, below which lips are tracked badly
_FEW_FRAMES = 23.0  # a second
_EXAMPLES = 6  # people in the plot of curves
_SECONDS = 12.0  # of each
_SHOWN = (
    ("jaw", ("jawOpen",)),
    ("rounding", ("mouthPucker", "mouthFunnel")),
    ("smile", ("mouthSmileLeft", "mouthSmileRight")),
    ("lids", ("eyeBlinkLeft", "eyeBlinkRight")),
    ("brows", ("browInnerUp",)),
)


def write_film_report(folder: Path, done: VideoImport) -> Path:
    """Write the report of films that were prepared in a folder, and return films.md's path."""
    data = load_prepared(folder)
    with open(folder / "films.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(FilmSummary)])
        writer.writeheader()
        writer.writerows(asdict(film) for film in done.films)
    _plot_curves(folder / "films_curves.png", data)
    _plot_ranges(folder / "films_ranges.png", data)
    _plot_tracking(folder / "films_tracking.png", done.films)
    path = folder / "films.md"
    path.write_text(_markdown(data, done), encoding="utf-8")
    return path


def _markdown(data: Prepared, done: VideoImport) -> str:
    films = done.films
    rows = []
    for person in done.people:
        theirs = [film for film in films if film.identity == person.identity]
        recorded = [each for each in data.recordings if each.identity == person.identity]
        lags = [each.lag for each in recorded if each.lag is not None]
        used, given = sum(film.used for film in theirs), sum(each.length for each in recorded) / 10
        rows.append(
            [
                f"{person.speaker} {person.identity}",
                str(len(theirs)),
                f"{sum(film.seconds for film in theirs) / 60:.1f}",
                f"{used / 60:.1f}",
                f"{given / 60:.1f}",
                f"{np.mean([film.found for film in theirs]):.1%}",
                f"{np.median([film.eyes for film in theirs]):.0f}",
                f"{np.median([film.fps for film in theirs]):.1f}",
                f"{min(lags):+.3f} to {max(lags):+.3f}" if lags else "not measured",
            ]
        )
    unknown = [name for name in CHANNELS if name not in KNOWN]
    parts = [
        f"# {len(films)} films of {len(done.people)} people",
        f"Faces are tracked at the films' own times and written at 30 fps. Known are {len(KNOWN)} channels.",
        f"The other {len(unknown)} are unknown (NaN), because a film does not tell them: {', '.join(unknown)}.",
        markdown_table(
            [
                "person",
                "films",
                "minutes",
                "with a face and sound",
                "prepared",
                "pictures with a face",
                "pixels between the eyes",
                "pictures a second",
                "lag, s",
            ],
            rows,
        ),
        "What is prepared is less where the lag of a take can't be told: report.md lists these.",
        *_warnings(films),
        "## Curves\n\nThe first seconds of a take of some people, after the correction of the lag. Sound is gray.\n\n![curves](films_curves.png)",
        "## Ranges\n\nThe 98th percentile of each channel. White channels are unknown.\n\n![ranges](films_ranges.png)",
        "## Tracking\n\n![tracking](films_tracking.png)",
    ]
    if done.skipped:
        left = [[film.name, film.reason.replace("|", "\\|")] for film in done.skipped]
        parts += ["## Left out", markdown_table(["film", "reason"], left)]
    return "\n\n".join(parts) + "\n"


def _warnings(films: tuple[FilmSummary, ...]) -> list[str]:
    used = [film for film in films if not film.reason]
    lines = []
    if small := [film.name for film in used if film.eyes < _SMALL_FACE]:
        lines.append(f"In {len(small)} films the face is small, so its lips are tracked badly: {_first(small)}.")
    if slow := [film.name for film in used if film.fps < _FEW_FRAMES]:
        lines.append(f"{len(slow)} films have few pictures a second, so short closures may be missed: {_first(slow)}.")
    if cut := [film.name for film in used if film.cuts]:
        lines.append(f"{len(cut)} films have cuts, at which they were split: {_first(cut)}.")
    return lines


def _first(names: list[str]) -> str:
    return ", ".join(names[:5]) + (" and others" if len(names) > 5 else "")


def _channel(data: Prepared, recording: Recorded, names: tuple[str, ...]) -> np.ndarray:
    face = data.array("faces")[3 * recording.offset : 3 * (recording.offset + recording.length)]
    return face[:, [CHANNELS.index(name) for name in names]].astype(np.float32).mean(1)


def _by_person(data: Prepared) -> dict[str, list[Recorded]]:
    groups: dict[str, list[Recorded]] = {}
    for each in data.recordings:
        groups.setdefault(each.identity, []).append(each)
    return groups


def _plot_curves(path: Path, data: Prepared) -> None:
    people = list(_by_person(data).items())[:_EXAMPLES]
    figure, axes = new_figure(11, 1.7 * len(people) + 0.6)
    for row, (_, recordings) in enumerate(people):
        recording = max(recordings, key=lambda each: each.length)
        frames = min(3 * recording.length, round(30 * _SECONDS))
        mel = data.array("mel")[10 * recording.offset : 10 * (recording.offset + recording.length)]
        level = mel.astype(np.float32).mean(1)
        level = (level - level.min()) / max(float(np.ptp(level)), 1e-6)
        base = -1.25 * row
        sound = level[: round(frames / 0.3)]
        axes.fill_between(np.arange(len(sound)) / 100, base, base + sound, color="0.88", linewidth=0)
        for color, (name, channels) in enumerate(_SHOWN):
            curve = _channel(data, recording, channels)[:frames]
            axes.plot(np.arange(frames) / 30, base + curve, color=f"C{color}", linewidth=1, label=None if row else name)
    axes.set_yticks([-1.25 * row for row in range(len(people))], [identity for identity, _ in people])
    axes.set_xlabel("s")
    axes.set_ylim(-1.25 * (len(people) - 1) - 0.1, 1.5)
    axes.legend(fontsize=7, ncols=len(_SHOWN), loc="upper right")
    save_figure(figure, path)


def _plot_ranges(path: Path, data: Prepared) -> None:
    people = _by_person(data)
    high = []
    for recordings in people.values():
        faces = [data.array("faces")[3 * each.offset : 3 * (each.offset + each.length)] for each in recordings]
        high.append(np.quantile(np.concatenate(faces).astype(np.float32), 0.98, axis=0))
    figure, axes = new_figure(11, 2.6 + 0.22 * len(people))
    picture = axes.imshow(np.array(high), aspect="auto", vmin=0, vmax=1, cmap="viridis")
    axes.set_xticks(range(len(CHANNELS)), list(CHANNELS), rotation=90, fontsize=6)
    axes.set_yticks(range(len(people)), list(people), fontsize=7)
    figure.colorbar(picture, ax=axes, fraction=0.02, pad=0.01)
    save_figure(figure, path)


def _plot_tracking(path: Path, films: tuple[FilmSummary, ...]) -> None:
    figure, axes = new_figure(6, 3)
    for kept, label in ((True, "used"), (False, "left out")):
        chosen = [film for film in films if (not film.reason) == kept and film.eyes]
        if chosen:
            axes.scatter([film.eyes for film in chosen], [100 * film.found for film in chosen], s=14, label=label)
    axes.set_xlabel("pixels between the eyes")
    axes.set_ylabel("pictures with a face, %")
    axes.set_ylim(-3, 103)
    axes.legend(fontsize=7)
    save_figure(figure, path)
