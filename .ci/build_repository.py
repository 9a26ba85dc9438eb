"""Build a static extension repository: python .ci/build_repository.py -> dist/repository/index.json and the zips beside it

Any web space can serve the folder. A Blender that is pointed at its index.json installs the extension from it and offers
updates. The fast zips have an index of their own, in dist/repository/fast: Blender chooses the one for its system.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from build_zip import PLATFORMS, ROOT, UNIVERSAL, BuildError, blender_tool, build

REPOSITORY = ROOT / "dist" / "repository"


def generate(folder: Path, zips: Sequence[Path]) -> Path:
    """Fill a folder with zips and write its index.json, with Blender's own tool. Returns the index. Raises BuildError."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.zip"):
        old.unlink()
    for archive in zips:
        shutil.copy(archive, folder)
    done = subprocess.run(
        [sys.executable, blender_tool(), "server-generate", f"--repo-dir={folder}"],
        check=False,
        capture_output=True,
        text=True,
    )
    index = folder / "index.json"
    if done.returncode or not index.is_file():
        raise BuildError(f"Blender's tool makes no repository: {done.stdout}{done.stderr}".rstrip())
    return index


def main() -> int:
    parser = argparse.ArgumentParser(description="Build a static extension repository, into dist/repository.")
    parser.add_argument("--no-fast", action="store_true", help="the universal zip only")
    options = parser.parse_args()
    try:
        print(generate(REPOSITORY, [build(UNIVERSAL)]))
        if not options.no_fast:
            print(generate(REPOSITORY / "fast", [build(platform) for platform in PLATFORMS]))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
