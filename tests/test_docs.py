"""The documentation: links lead somewhere, names exist, and the words are those of docs/glossary.md."""

import re
from functools import lru_cache
from pathlib import Path

import pytest

from tests.demo import architecture

ROOT = Path(__file__).resolve().parents[1]
INDEX = ROOT / "docs" / "README.md"
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(page for folder in ("docs", "backend", "training") for page in (ROOT / folder).rglob("*.md")),
    ]
)

# Words that the glossary replaces, as far as they have no ordinary use in these pages.
PRIVATE_WORDS = re.compile(
    r"\b(anew|bells?|ears?|field\sof\sview|hand\sedits?|manners?|moods?|so\smany|the\stake\sthat\smoves|told|wish(es)?"
    r"|(?<!standard\s)deviations?)\b",
    re.IGNORECASE,
)
BRITISH_SPELLING = re.compile(
    r"\b(\w*(behaviour|colour|favour|neighbour)\w*|centred?|cancelled|cancelling|grey|labelled|licence|modelled|whilst"
    r"|(analy|calibr|initial|normal|optim|recogn|standard|summar|synthes|visual)(ise|ised|ises|ising|isation))\b",
    re.IGNORECASE,
)
BARE_NUMBER = re.compile(r"(?<![\w.])\.\d")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


every_page = pytest.mark.parametrize("page", PAGES, ids=_name)


def _without_code(page: Path) -> str:
    """Return the text of a page, line by line, without code blocks, code spans and the targets of links."""
    lines, in_block = [], False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            in_block = not in_block
        is_code = in_block or line.startswith(("```", "    "))
        lines.append("" if is_code else re.sub(r"\]\([^)]*\)", "]", re.sub(r"`[^`]*`", "`", line)).strip())
    return "\n".join(lines)


def _code(page: Path) -> list[str]:
    """Return the code spans of a page and the lines of its code blocks."""
    text = page.read_text(encoding="utf-8")
    return [*re.findall(r"`([^`\n]+)`", text), *re.findall(r"^    (\S.*)$", text, re.MULTILINE)]


def _links(page: Path) -> list[str]:
    """Return the relative links and images of a page."""
    text = re.sub(r"`[^`\n]*`", "`", page.read_text(encoding="utf-8"))
    return [link for link in _LINK.findall(text) if not re.match(r"[a-z]+:", link)]


@lru_cache(maxsize=64)
def _anchors(page: Path) -> frozenset[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def _found(page: Path, pattern: re.Pattern[str]) -> list[str]:
    text = _without_code(page)
    return [f"line {text.count(chr(10), 0, match.start()) + 1}: {match[0]}" for match in pattern.finditer(text)]


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in _links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


def test_index_links_every_page() -> None:
    linked = {(INDEX.parent / link.partition("#")[0]).resolve() for link in _links(INDEX)}
    assert [_name(page) for page in PAGES if page != INDEX and page not in linked] == []


def test_readme_links_the_index() -> None:
    assert "docs/README.md" in _links(ROOT / "README.md")


def test_pictures_are_all_shown() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in _links(page)}
    pictures = [path for path in (ROOT / "docs").rglob("*") if path.suffix in (".png", ".jpg", ".svg", ".webp")]
    assert [_name(picture) for picture in pictures if picture not in shown] == []


@every_page
def test_numbers_have_leading_zeros(page: Path) -> None:
    assert _found(page, BARE_NUMBER) == []


@every_page
def test_spelling_is_american(page: Path) -> None:
    assert _found(page, BRITISH_SPELLING) == []


@every_page
def test_pages_use_glossary_words(page: Path) -> None:
    assert _found(page, PRIVATE_WORDS) == []


@every_page
def test_named_paths_exist(page: Path) -> None:
    """Paths of the repository in code spans, such as `addon/rig/visemes.py`. A * may stand for part of a name."""
    paths = [
        path for code in _code(page) for path in re.findall(r"^(?:addon|backend|training|tests|\.ci)/[\w./*-]+", code)
    ]
    assert [path for path in paths if not list(ROOT.glob(path.rstrip("/.")))] == []


@every_page
def test_named_tests_exist(page: Path) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    names = {name for code in _code(page) for name in re.findall(r"\btest_[a-z0-9_]+\b(?!\.py)", code)}
    assert [name for name in sorted(names) if f"def {name}(" not in text] == []


@every_page
def test_named_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([\w\- ]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    known = {name for line in targets for name in line.split()}
    named = {match for code in _code(page) for match in re.findall(r"^make ([a-z][a-z-]*)", code)}
    assert sorted(named - known) == []


def test_architecture_picture_names_real_modules() -> None:
    modules = [module for step in architecture.STEPS for module in step.modules]
    paths = [*modules, *(path for _, _, path in architecture.ROOMS), *architecture.SHARED, *architecture.TRAINING]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_architecture_picture_is_current(tmp_path: Path) -> None:
    """The texts of the committed picture are those of the script. Lines may differ between versions of matplotlib."""
    pytest.importorskip("matplotlib", reason="draws the picture")
    architecture.draw(tmp_path / "drawn.svg")
    pictures = tmp_path / "drawn.svg", ROOT / "docs" / "architecture.svg"
    drawn, committed = (re.findall(r"<text[^>]*>(.*?)</text>", picture.read_text()) for picture in pictures)
    assert "10. Write the take" in drawn
    assert drawn == committed
