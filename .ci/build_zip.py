"""Build the extension: python .ci/build_zip.py [--platform linux-x64] -> dist/diffusion_talker-VERSION-linux_x64.zip

By default for the system that it runs on. Runs in an environment with bpy, whose own tool builds and checks the zip. Wheels come from
PyPI into wheels/, once; the zip is built from a copy under build/, so nothing that git knows is written.
"""

import argparse
import fnmatch
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from platform import machine

ROOT = Path(__file__).resolve().parent.parent
WHEELS = ROOT / "wheels"
PLATFORMS = {"linux-x64": "manylinux*_x86_64", "windows-x64": "win_amd64", "macos-arm64": "macosx_*_arm64"}
PARTS = ("__init__.py", "blender_manifest.toml", "LICENSE", "addon", "backend")
# Blender knows its tags only when it runs as such; these are those of ours that it has.
TAGS = {"add-on": ["Animation", "Sequencer"], "theme": []}


class BuildError(Exception):
    """The extension can't be built; the text says why."""


def this_platform() -> str:
    """Blender's name for the system that this runs on."""
    system = {"linux": "linux", "win32": "windows", "darwin": "macos"}.get(sys.platform, sys.platform)
    return f"{system}-{'arm64' if machine().lower() in ('arm64', 'aarch64') else 'x64'}"


def locked_wheels(platform: str) -> dict[str, str]:
    """File name -> SHA-256 of the wheels for a platform, out of .ci/wheels.txt."""
    lines = (ROOT / ".ci/wheels.txt").read_text().splitlines()
    files = {name: digest for digest, name in (line.split() for line in lines if line and not line.startswith("#"))}
    pattern = PLATFORMS[platform]
    return {name: digest for name, digest in files.items() if name.endswith("-any.whl") or fnmatch.fnmatch(name, f"*-{pattern}.whl")}


def fetch(name: str, digest: str) -> Path:
    """A wheel of that name, downloaded if it isn't there yet. Raises BuildError."""
    path = WHEELS / name
    if not path.is_file():
        package, version, python, _, tags = name.removesuffix(".whl").split("-")
        # cp311 -> 3.11; any version will do for py3
        number = f"3.{python[3:]}" if python.startswith("cp3") else "3.11"
        platforms = [f"--platform={tag}" for tag in tags.split(".")]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
        command += [f"--python-version={number}", *platforms, f"--dest={WHEELS}", f"{package}=={version}"]
        if subprocess.run(command, check=False).returncode or not path.is_file():
            raise BuildError(f"{name} could not be downloaded: see pip's message above.")
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise BuildError(f"{path} is not the file that .ci/wheels.txt names: delete it and build again.")
    return path


def stage(folder: Path, platform: str, wheels: list[Path]) -> None:
    """Copy what belongs into the zip to an empty folder, with a manifest that names the platform and its wheels."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.blend[1-9]"))
        else:
            shutil.copy(source, folder / part)
    (folder / "wheels").mkdir()
    for wheel in wheels:
        (folder / "wheels" / wheel.name).hardlink_to(wheel)
    manifest = folder / "blender_manifest.toml"
    head, brackets, tables = manifest.read_text().partition("\n[")
    listed = "".join(f'  "./wheels/{wheel.name}",\n' for wheel in wheels)
    manifest.write_text(f'{head}\nplatforms = ["{platform}"]\nwheels = [\n{listed}]\n{brackets}{tables}')


def blender_tool() -> Path:
    """Blender's command line for extensions, out of the installed bpy. Raises BuildError."""
    spec = importlib.util.find_spec("bpy")
    tools = sorted(Path(spec.origin).parent.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py")) if spec and spec.origin else []
    if not tools:
        raise BuildError("There is no bpy in this environment, whose tool builds extensions: pip install bpy.")
    return tools[-1]


def build(platform: str) -> Path:
    """Build and validate the zip of a platform. Raises BuildError."""
    if platform not in PLATFORMS:
        raise BuildError(f"There are no wheels for {platform}: choose one of {', '.join(PLATFORMS)}.")
    if not (ROOT / "backend/model/model.json").is_file():
        raise BuildError("There is no model in backend/model: train and export one first.")
    wheels = [fetch(name, digest) for name, digest in locked_wheels(platform).items()]
    staged = ROOT / "build" / "extension" / platform
    stage(staged, platform, wheels)
    manifest = tomllib.loads((staged / "blender_manifest.toml").read_text())
    target = ROOT / "dist" / f"{manifest['id']}-{manifest['version']}-{platform.replace('-', '_')}.zip"
    target.parent.mkdir(exist_ok=True)
    tags = staged.with_name("tags.json")
    tags.write_text(json.dumps(TAGS))
    for command in (["build", f"--source-dir={staged}", f"--output-filepath={target}"], ["validate", str(target)]):
        if subprocess.run([sys.executable, blender_tool(), *command, f"--valid-tags={tags}"], check=False).returncode:
            raise BuildError("Blender's tool refuses the extension: see its message above.")
    return target


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the extension for Blender, into dist/.")
    parser.add_argument("--platform", choices=PLATFORMS, default=this_platform())
    try:
        print(build(parser.parse_args().platform))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
