"""Build the extension: python .ci/build_zip.py [--fast | --all] [--python 3.14 ...] -> dist/diffusion_talker-VERSION-universal.zip

The universal zip is pure Python, for every system and every Blender. A fast zip has wheels for one system. Runs in an environment with
bpy, whose own tool builds and checks the zip. Wheels come from PyPI, once, into the user's cache; the zip is built from a copy under
build/, so nothing that git knows is written.
"""

import argparse
import fnmatch
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from platform import machine

ROOT = Path(__file__).resolve().parent.parent
WHEELS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "diffusion_talker" / "wheels"
UNIVERSAL = "universal"
# Blender's names of systems -> how the names of their wheels end.
PLATFORMS = {
    "linux-x64": "manylinux*_x86_64",
    "windows-x64": "win_amd64",
    "macos-arm64": "macosx_*_arm64",
    "macos-x64": "macosx_*_x86_64",
}
PYTHONS = ("3.11", "3.13")  # of Blender 4.2 to 5.0, and of 5.1 and 5.2
PACKAGES = {"cffi", "onnxruntime", "soundfile", "soxr", "typing_extensions"}
PARTS = ("__init__.py", "blender_manifest.toml", "LICENSE", "addon", "backend")
# What needs software from elsewhere, which a listed extension may not. The universal zip leaves it out.
THIRD_PARTY = "THIRD_PARTY.md"
FAST_ONLY = (
    THIRD_PARTY,
    "addon/panels/backend_options.py",
    "backend/audio/film.py",
    "backend/batch/*",
    "backend/runtimes/plans.py",
    "backend/runtimes/tensorrt.py",
    "backend/runtimes/torch.py",
)
# Of the wheels and the libraries in them, as THIRD_PARTY.md has them. Years as their licenses state them, or of the wheel.
HOLDERS = (
    "2026 Microsoft Corporation",
    "2013 Bastian Bechtold",
    "1999-2016 Erik de Castro Lopo",
    "1994-2025 Xiph.Org Foundation",
    "2000-2009 Josh Coalson",
    "1998-2008 The LAME Project and its authors",
    "1995-2025 The mpg123 project",
    "2001-2018 Skype Limited, Octasic, CSIRO, Jean-Marc Valin and others",
    "2021 Myungchul Keum",
    "2007-2018 Rob Sykes",
    "2013 Julien Pommier",
    "2026 Armin Rigo, Maciej Fijalkowski",
    "2001-2026 Python Software Foundation",
)
# All that a zip may hold, beside its wheels; "*" is for folders too.
ALLOWED = (
    "__init__.py",
    "blender_manifest.toml",
    "LICENSE",
    "THIRD_PARTY.md",
    "addon/*.py",
    "backend/*.py",
    "backend/model/*.onnx",
    "backend/model/sounds.npz",
    "backend/model/model.json",
    "backend/model/MODEL_CARD.md",
    "backend/model/LICENSE",
)
MOST = 30e6  # bytes a Python, for its wheels
MOST_UNIVERSAL = 10e6  # bytes
# Blender knows its tags only when it runs as such; these are those of ours that it has.
TAGS = {"add-on": ["Animation", "Sequencer"], "theme": []}


class BuildError(Exception):
    """The extension can't be built; the text says why."""


def this_platform() -> str:
    """Blender's name for the system that this runs on."""
    system = {"linux": "linux", "win32": "windows", "darwin": "macos"}.get(sys.platform, sys.platform)
    return f"{system}-{'arm64' if machine().lower() in ('arm64', 'aarch64') else 'x64'}"


def locked_wheels(platform: str, pythons: Sequence[str] = PYTHONS) -> dict[str, str]:
    """File name -> SHA-256 of the wheels for a platform, out of .ci/wheels.txt.

    A Python beside PYTHONS that lacks a wheel there is left out, with a line that says so. Raises BuildError when one of PYTHONS does.
    """
    if platform == UNIVERSAL:
        return {}
    lines = (ROOT / ".ci/wheels.txt").read_text().splitlines()
    files = {name: digest for digest, name in (line.split() for line in lines if not line.startswith("#"))}
    here = [
        name for name in files if fnmatch.fnmatch(name, f"*-{PLATFORMS[platform]}.whl") or name.endswith("-any.whl")
    ]
    chosen: set[str] = set()
    for python in pythons:
        fitting = {name for name in here if runs_on(name, python)}
        if missing := PACKAGES - {name.partition("-")[0] for name in fitting}:
            lacks = f".ci/wheels.txt has no {' and '.join(sorted(missing))} for Python {python} on {platform}"
            if python in PYTHONS:
                raise BuildError(f"{lacks}: run .ci/lock_wheels.py.")
            print(f"{lacks}: left out.")
        else:
            chosen |= fitting
    return {name: files[name] for name in sorted(chosen)}


def runs_on(wheel: str, python: str) -> bool:
    """Whether a wheel's name says that it is for that Python."""
    tags, abi = wheel.split("-")[-3:-1]
    own, wanted = tags.removeprefix("cp3"), python.removeprefix("3.")
    return "py3" in tags or own == wanted or (abi == "abi3" and int(own) <= int(wanted))


def fetch(name: str, digest: str) -> Path:
    """A wheel of that name, downloaded if it isn't there yet. Raises BuildError."""
    path = WHEELS / name
    if not path.is_file():
        package, version, python, _, tags = name.removesuffix(".whl").split("-")
        # cp311 -> 3.11; any version will do for py3
        number = f"3.{python[3:]}" if python.startswith("cp3") else "3.11"
        platforms = [f"--platform={tag}" for tag in tags.split(".")]
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
        ]
        WHEELS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=WHEELS) as folder:  # all of the file or none, whoever else builds just now
            command += [f"--python-version={number}", *platforms, f"--dest={folder}", f"{package}=={version}"]
            if subprocess.run(command, check=False).returncode or not Path(folder, name).is_file():
                raise BuildError(f"{name} could not be downloaded: see pip's message above.")
            os.replace(Path(folder, name), path)
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise BuildError(f"{path} is not the file that .ci/wheels.txt names: delete it and build again.")
    return path


def matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def stage(folder: Path, platform: str, wheels: Sequence[Path]) -> None:
    """Copy what belongs into the zip to an empty folder, with a manifest that names the platform and its wheels, if there are any."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.blend[1-9]"))
        else:
            shutil.copy(source, folder / part)
    if platform == UNIVERSAL:
        for path in folder.rglob("*.py"):
            if matches(path.relative_to(folder).as_posix(), FAST_ONLY):
                path.unlink()
        return
    (folder / "wheels").mkdir()
    for wheel in wheels:
        shutil.copy(wheel, folder / "wheels")
    shutil.copy(ROOT / THIRD_PARTY, folder)
    manifest = folder / "blender_manifest.toml"
    head, brackets, tables = manifest.read_text().partition("\n[")
    listed = "".join(f'  "./wheels/{wheel.name}",\n' for wheel in wheels)
    head = head.replace("copyright = [", f"copyright = [{''.join(f'{json.dumps(holder)}, ' for holder in HOLDERS)}")
    manifest.write_text(f'{head}\nplatforms = ["{platform}"]\nwheels = [\n{listed}]\n{brackets}{tables}')


def blender_tool() -> Path:
    """Blender's command line for extensions, out of the installed bpy. Raises BuildError."""
    spec = importlib.util.find_spec("bpy")
    tools = (
        sorted(Path(spec.origin).parent.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
        if spec and spec.origin
        else []
    )
    if not tools:
        raise BuildError("There is no bpy in this environment, whose tool builds extensions: pip install bpy.")
    return tools[-1]


def check(archive: Path, wheels: Collection[str], most: float) -> None:
    """Compare what a zip holds with ALLOWED and its wheels. Raises BuildError for anything else in it, and for more than `most` bytes.

    A zip without wheels may hold nothing of FAST_ONLY.
    """
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    wanted = {f"wheels/{name}" for name in wheels}
    astray = [
        name
        for name in names
        if name not in wanted and (not matches(name, ALLOWED) or (not wheels and matches(name, FAST_ONLY)))
    ]
    if astray:
        raise BuildError(f"{archive.name} holds what it should not: {', '.join(astray)}.")
    if lost := wanted - {*names}:
        raise BuildError(f"{archive.name} lacks {', '.join(sorted(lost))}.")
    if (size := archive.stat().st_size) > most:
        raise BuildError(f"{archive.name} is too large: {size / 1e6:.1f} MB where {most / 1e6:.0f} are allowed.")


def build(platform: str, pythons: Sequence[str] = PYTHONS) -> Path:
    """Build, validate and check the universal zip, or that of a platform with wheels for these Pythons. Raises BuildError."""
    if platform not in (UNIVERSAL, *PLATFORMS):
        raise BuildError(f"There are no wheels for {platform}: build for one of {', '.join(PLATFORMS)}.")
    if not (ROOT / "backend/model/model.json").is_file():
        raise BuildError("There is no model in backend/model: train and export one first.")
    locked = locked_wheels(platform, pythons)
    with ThreadPoolExecutor(4) as pool:  # pip waits for the network most of the time
        wheels = [*pool.map(fetch, locked, locked.values())]
    staged = ROOT / "build" / "extension" / platform
    stage(staged, platform, wheels)
    manifest = tomllib.loads((staged / "blender_manifest.toml").read_text())
    target = ROOT / "dist" / f"{manifest['id']}-{manifest['version']}-{platform.replace('-', '_')}.zip"
    target.parent.mkdir(exist_ok=True)
    tags = staged.with_name(f"tags-{platform}.json")
    tags.write_text(json.dumps(TAGS))
    for command in (["build", f"--source-dir={staged}", f"--output-filepath={target}"], ["validate", str(target)]):
        done = subprocess.run(
            [sys.executable, blender_tool(), *command, f"--valid-tags={tags}"],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise BuildError(f"Blender's tool refuses the extension: {done.stdout}{done.stderr}".rstrip())
    check(target, locked, MOST_UNIVERSAL if platform == UNIVERSAL else MOST * len(pythons))
    return target


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the extension for Blender, into dist/.")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--fast", action="store_true", help="with wheels, for this system")
    kinds.add_argument("--all", action="store_true", help="the universal zip, and a fast one for every system")
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="3.N",
        help="fast zips have wheels for this Python too; may be repeated",
    )
    options = parser.parse_args()
    if wrong := [python for python in options.python if not re.fullmatch(r"3\.\d+", python)]:
        parser.error(f"{wrong[0]} is no Python: write 3.14, for example")
    pythons = [*dict.fromkeys([*PYTHONS, *options.python])]
    try:
        fast = [*PLATFORMS] if options.all else [this_platform()] * options.fast
        for platform in [UNIVERSAL] * (not options.fast) + fast:
            path = build(platform, pythons)
            print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
