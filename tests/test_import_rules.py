"""The import rules. The code is parsed, not run, so they hold for every environment.

A room is a sub-package: rooms of a package may not import each other in a circle. Modules at the root of a package belong to no room.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("addon", "backend", "training")
MAY_IMPORT = {"addon": {"addon", "backend"}, "backend": {"backend"}, "training": {"training", "backend"}}
BLENDER = {"bpy", "bmesh", "mathutils", "gpu", "blf", "bl_ui", "bpy_extras"}
TORCH_MODULE = "backend.runtimes.torch"
MODULES_A_ROOM = 15
# Names that a module has in several rooms because it means the same thing there: a feature's operators beside its panel and its
# data, a command beside what it calls, and the base that each family of modules shares.
SHARED_NAMES = {
    "__main__",
    "base",
    "batch_manifest",
    "bones",
    "cast",
    "controls",
    "evaluate",
    "export",
    "import_export",
    "locks",
    "mapping",
    "preferences",
    "rotations",
    "take_sounds",
    "takes",
}


@cache
def _modules() -> dict[str, Path]:
    """Return all modules by their dotted names; a package has its own name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _statements(node: ast.AST, deferred: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the import statements that run when the module is imported; deferred: those in functions and for types too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        for_later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
            isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")
        )
        if deferred or not for_later:
            yield from _statements(child, deferred)


@cache
def _imports(name: str, deferred: bool) -> frozenset[str]:
    """Return the absolute names of what a module imports: our modules in full, others as they are written."""
    path = _modules()[name]
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found = set()
    for statement in _statements(ast.parse(path.read_text(encoding="utf-8")), deferred):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
            continue
        start = package[: len(package) - statement.level + 1] if statement.level else []
        base = ".".join([*start, *([statement.module] if statement.module else [])])
        for alias in statement.names:
            full = f"{base}.{alias.name}"
            found.add(full if full in _modules() else base)
    return frozenset(found)


def _room(name: str) -> str:
    """Return the sub-package that a module is in, or "" for one at the root of its package, which has no room."""
    parts = name.split(".")
    in_room = len(parts) > 2 or (len(parts) == 2 and _modules()[name].name == "__init__.py")
    return ".".join(parts[:2]) if in_room else ""


def _circle(graph: dict[str, set[str]]) -> list[str]:
    """Return a circle of a graph, or nothing."""
    done: set[str] = set()

    def walk(node: str, way: list[str]) -> list[str]:
        if node in way:
            return [*way[way.index(node) :], node]
        if node not in done:
            for after in sorted(graph.get(node, ())):
                if found := walk(after, [*way, node]):
                    return found
            done.add(node)
        return []

    return next((found for node in sorted(graph) if (found := walk(node, []))), [])


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_what_they_may(package: str) -> None:
    for name in _modules():
        if name.split(".")[0] == package:
            ours = {other.split(".")[0] for other in _imports(name, True)} & {*PACKAGES, "tests"}
            assert ours <= MAY_IMPORT[package], name


def test_only_the_add_on_imports_blender() -> None:
    for name in _modules():
        if name.split(".")[0] != "addon":
            assert not {other.split(".")[0] for other in _imports(name, True)} & BLENDER, name


def test_torch_is_imported_where_allowed() -> None:
    for name in _modules():
        if name.split(".")[0] != "training" and name != TORCH_MODULE:
            assert "torch" not in {other.split(".")[0] for other in _imports(name, True)}, name


def test_no_modules_import_in_a_circle() -> None:
    graph = {name: {other for other in _imports(name, False) if other in _modules()} for name in _modules()}
    assert _circle(graph) == []


def test_no_rooms_import_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for name in _modules():
        others = {_room(other) for other in _imports(name, True) if other in _modules()}
        if here := _room(name):
            graph.setdefault(here, set()).update(others - {"", here})
    assert _circle(graph) == []


def test_circles_are_found() -> None:
    assert _circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert _circle({"a": {"b", "c"}, "b": {"c"}}) == []


def test_rooms_have_at_most_fifteen_modules() -> None:
    sizes = Counter(path.parent for path in _modules().values() if path.name != "__init__.py")
    assert {str(folder): size for folder, size in sizes.items() if size > MODULES_A_ROOM} == {}


def test_module_names_mean_one_thing() -> None:
    names = Counter(
        path.stem
        for path in _modules().values()
        if path.name != "__init__.py" and "presets" not in path.parts and "locale" not in path.parts
    )
    twice = {name for name, times in names.items() if times > 1}
    assert twice <= SHARED_NAMES, "rename one of them, or say here why they mean the same"
    assert twice >= SHARED_NAMES, "no longer shared: take it off the list"


def test_only_the_child_process_sets_its_search_path() -> None:
    """Blender's moderators refuse extensions that change the search path of Blender's Python."""
    shipped = {name: path for name, path in _modules().items() if not name.startswith("training")}
    assert [name for name, path in shipped.items() if "sys.path" in path.read_text(encoding="utf-8")] == [
        "backend.ipc.child"
    ]
