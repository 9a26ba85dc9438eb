"""The commands in the README and the docs: the cheap ones run here, the others are steps of .ci/run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import backend.__main__
import training.__main__

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
MAIN = {"backend": backend.__main__.main, "training": training.__main__.main}
PAGES = [README, *(page for folder in ("docs", "backend", "training") for page in (ROOT / folder).rglob("*.md"))]


def _commands(page: Path) -> list[str]:
    """Return the commands in indented and fenced blocks, without their comments."""
    text = page.read_text(encoding="utf-8")
    lines = re.findall(r"^    (\S.*)$", text, re.MULTILINE)
    for block in re.findall(r"^```(?:sh|bash|console)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        lines += block.splitlines()
    return [command for line in lines if (command := re.sub(r"(^|\s+)#.*", "", line).strip())]


def _spans(page: Path) -> list[str]:
    """Return the commands in running text."""
    return re.findall(r"`((?:make|python -m|pip) [^`\n]+)`", page.read_text(encoding="utf-8"))


def _ci_targets() -> set[str]:
    """Return the make targets that .ci/run makes, with their prerequisites."""
    steps = set(re.findall(r"^step ([\w-]+)", (ROOT / ".ci" / "run").read_text(), re.MULTILINE))
    rules = re.findall(r"^([\w\- ]+):(?!=) *([\w\- ]*?)(?: *##.*)?$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return steps | {needed for names, needs in rules if steps & set(names.split()) for needed in needs.split()}


def _run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `python -m backend ...` as in a clone, but in another folder that holds copies of the files it reads."""
    _, *arguments = shlex.split(command)
    for argument in arguments:
        if (source := ROOT / argument).is_file():
            (folder / argument).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / argument)
        elif "/" in argument and source.is_dir():
            shutil.copytree(source, folder / argument)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def _is_runnable(command: str) -> bool:
    """Return True if all files that a backend command reads are in the repository."""
    return command.startswith("python -m backend ") and "tests/data/" in command


RUNNABLE = sorted({c for page in PAGES for c in _commands(page) if _is_runnable(c)})


@pytest.mark.parametrize("command", [*_commands(README), *_spans(README)])
def test_readme_command_is_covered(command: str) -> None:
    program, *arguments = shlex.split(command)
    if program == "make":
        assert arguments[0] in {*_ci_targets(), "help"}  # help: see below
    elif program == "pip":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert arguments == ["install", *project["dependencies"]]
    else:
        assert command in RUNNABLE


@pytest.mark.parametrize("command", RUNNABLE)
def test_documented_command_runs(command: str, tmp_path: Path) -> None:
    result = _run(command, tmp_path)
    assert result.returncode == 0, result.stderr
    out = re.search(r"--out (\S+)", command)
    assert (tmp_path / out[1]).exists() if out else result.stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_help_lists_targets() -> None:
    run = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^  make ([\w-]+) +\S", run.stdout, re.MULTILINE))
    assert {"demo", "test", "lint", "zip"} <= listed


def test_readme_commands_are_found() -> None:
    assert {command.split()[0] for command in _commands(README)} == {"make", "pip", "python"}


def _documented_options() -> dict[str, set[str]]:
    """Return "PACKAGE STAGE" -> the options that any page gives it."""
    options: dict[str, set[str]] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        for package, stage, rest in re.findall(r"-m (backend|training) ([a-z]+)\b([^`\n#;]*)", text):
            options.setdefault(f"{package} {stage}", set()).update(re.findall(r"--[a-z-]+", rest))
    return options


OPTIONS = _documented_options()


@pytest.mark.parametrize("command", sorted(OPTIONS))
def test_documented_options_exist(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    # `prepare` has a command of its own for each dataset.
    kinds = ["beat", "video", "vocaset"] if command == "training prepare" else [""]
    for kind in kinds:
        package, *arguments = f"{command} {kind} --help".split()
        with pytest.raises(SystemExit):
            MAIN[package](arguments)
    assert sorted(OPTIONS[command] - set(re.findall(r"--[a-z-]+", capsys.readouterr().out))) == []
