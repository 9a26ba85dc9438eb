"""How sounds move the mouth: each phone's targets, how strongly it dominates its neighbors, and how early and late it acts.

The dominance of a phone decays exponentially before and after it, as in Cohen & Massaro (1993, "Modeling coarticulation in synthetic visual
speech"). The order of openings and of resistances to coarticulation follows them and JALI (Edwards et al. 2016). The values were set by hand
and then fitted to films of people who talk (revision/fit_performer.py).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# The degrees of freedom that phones have targets for; lips.py turns them into ARKit channels.
ARTICULATORS: tuple[str, ...] = ("jaw", "lower", "upper", "spread", "pucker", "funnel")

_BUNDLED = Path(__file__).with_name("articulation.json")
_SAME = {"ZH": "SH", "CH": "SH", "JH": "SH", "G": "K", "NG": "K"}
_OTHER = "HH"  # stands in for a phone without a row: the mouth of its neighbors

Values = tuple[float, ...]  # one of each articulator


@dataclass(frozen=True)
class Articulation:
    """What phones do to the articulators.

    targets: of jaw opening (as jawOpen at an ordinary loudness), lower lip down, upper lip up, spread, pucker and funnel. dominances: of the
    phone over its neighbors. Tongue-only sounds have little, so they take the lips of their neighbors. The lips part most where the teeth show
    (s, ee, sh), and less where the jaw already opens the mouth.
    attack, release: time constants (s) of the dominance before and after the phone. Rounding starts early and ends late; the jaw and the
    vertical lips are quick. lag: s by which the articulator comes after the sound. The jaw is heavy: it is widest after the middle of its
    vowel, and artists part the lips with it.
    """

    targets: Mapping[str, Values]
    dominances: Mapping[str, Values]
    attack: Values
    release: Values
    lag: Values

    def row(self, phone: str) -> str:
        """Return the name under which a phone, ARPAbet without stress, has its targets and dominances."""
        name = _SAME.get(phone, phone)
        return name if name in self.targets else _OTHER


@cache
def bundled_articulation() -> Articulation:
    """Return the articulation that comes with this package."""
    return read_articulation(_BUNDLED)


def read_articulation(path: Path) -> Articulation:
    """Read what `write_articulation` wrote. Raises ValueError for anything else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["articulators"] != list(ARTICULATORS):
            raise ValueError("it has other articulators")
        rows = content["phones"]
        found = Articulation(
            {name: _values(row["targets"]) for name, row in rows.items()},
            {name: _values(row["dominances"]) for name, row in rows.items()},
            *(_values(content[name]) for name in ("attack", "release", "lag")),
        )
        if _OTHER not in found.targets:
            raise ValueError(f"it has no {_OTHER}")
        return found
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} holds no articulation ({error}): the stage `fit` writes one") from error


def write_articulation(path: Path, articulation: Articulation) -> None:
    """Write an articulation as JSON, with one line a phone."""
    rows = [
        f'  "{name}": {{"targets": {_list(articulation.targets[name])}, "dominances": {_list(articulation.dominances[name])}}}'
        for name in articulation.targets
    ]
    head = [f' "{name}": {_list(getattr(articulation, name))},' for name in ("attack", "release", "lag")]
    lines = [
        "{",
        f' "articulators": {json.dumps(list(ARTICULATORS))},',
        *head,
        ' "phones": {',
        ",\n".join(rows),
        " }",
        "}",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _values(row: list[float]) -> Values:
    values = tuple(map(float, row))
    if len(values) != len(ARTICULATORS):
        raise ValueError(f"{len(values)} values and not {len(ARTICULATORS)}")
    return values


def _list(values: Values) -> str:
    return json.dumps([round(value, 4) for value in values])
