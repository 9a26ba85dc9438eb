"""Files of the project that state the same fact agree."""

import re
import tomllib
from pathlib import Path

import backend

ROOT = Path(__file__).resolve().parents[1]
MANIFEST = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))


def test_versions_agree() -> None:
    """backend.__version__ is the version. The literal that Blender reads must equal it; setuptools reads the attribute."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "backend.__version__"}
    assert project["project"]["dynamic"] == ["version"] and "version" not in project["project"]
    assert MANIFEST["version"] == backend.__version__


def test_workflow_starts_at_the_oldest_blender() -> None:
    text = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^ +blender: \[(.*)\]$", text, re.MULTILINE)
    blenders = [tuple(map(int, version.strip('" ').split("."))) for version in listed.split(",")]
    assert min(blenders) == tuple(map(int, MANIFEST["blender_version_min"].split(".")[:2]))
    modules = re.findall(r'blender: "([\d.]+)", python: "[\d.]+", bpy: "([\d.]+)"', text)
    assert len(modules) == len(blenders) and all(module.startswith(f"{blender}.") for blender, module in modules)


def test_workflow_runs_ci_script() -> None:
    text = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert re.search(r"^ +- run: \.ci/run$", text, re.MULTILINE)
