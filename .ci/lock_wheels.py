"""Write .ci/wheels.txt anew: python .ci/lock_wheels.py

Asks pip for the wheels of the versions below, for every platform and Python that has them. Nothing is downloaded but their metadata.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

LIST = Path(__file__).with_name("wheels.txt")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# Blender's platform -> pip's, which takes macOS's for that version and every older one, but Linux's as they are.
PLATFORMS = {
    "linux-x64": ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "windows-x64": ("win_amd64",),
    "macos-arm64": ("macosx_14_0_arm64",),
    "macos-x64": ("macosx_14_0_x86_64",),
}
PACKAGES = ("cffi==2.1.1", "onnxruntime==1.31.1", "soundfile==0.14.0", "soxr==1.1.0", "typing_extensions==4.16.0")
# The last version with wheels for a platform, where that is no longer the one above.
LAST = {("macos-x64", "onnxruntime==1.31.1"): "onnxruntime==1.23.2"}
HEAD = """\
# What the backend needs beside Blender's Python, as PyPI has it: SHA-256 and file. The child process imports nothing else
# (what onnxruntime lists further is for its tools). Made by .ci/lock_wheels.py.
"""


def find(package: str, platform: str, python: str) -> str:
    """The line of the list for one wheel; "" when there is none."""
    tags = [f"--platform={tag}" for tag in PLATFORMS[platform]]
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--dry-run",
        "--ignore-installed",
    ]
    command += ["--no-deps", "--only-binary=:all:", f"--python-version={python}", *tags, "--report=-", package]
    with tempfile.TemporaryDirectory() as target:  # pip wants one where the platform may be another than its own
        answer = subprocess.run([*command, f"--target={target}"], check=False, capture_output=True, text=True)
    if answer.returncode:
        if "No matching distribution" not in answer.stderr:
            sys.exit(answer.stderr)
        return ""
    (entry,) = json.loads(answer.stdout)["install"]
    found = entry["download_info"]
    return f"{found['archive_info']['hashes']['sha256']}  {found['url'].rpartition('/')[2]}"


def main() -> None:
    lines = set()
    for platform in PLATFORMS:
        for python in PYTHONS:
            for package in PACKAGES:
                wanted = LAST.get((platform, package), package)
                line = find(wanted, platform, python)
                lines.add(line)
                if not line:
                    print(f"{platform}, Python {python}: there is no {wanted}")
    LIST.write_text(HEAD + "".join(f"{line}\n" for line in sorted(lines - {""}, key=lambda line: line.split()[1])))


if __name__ == "__main__":
    main()
