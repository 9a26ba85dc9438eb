"""A real Blender installs the extension from a static repository on a web server, and updates it from there."""

import functools
import http.server
import json
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import bpy
import pytest
from helpers import IS_UNIVERSAL, ROOT

pytestmark = [
    pytest.mark.skipif(not IS_UNIVERSAL, reason="this Blender tests the fast zip"),
    pytest.mark.skipif(bpy.app.version < (5, 0), reason="Blender 4.2's module has no sound"),
]


@pytest.fixture(scope="module")
def build_repository(build_zip: ModuleType) -> Iterator[ModuleType]:
    """Import the script as a module. It imports the build script by its bare name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / ".ci")
        import build_repository

        yield build_repository


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Serve a folder. Yields it and the address of its index."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}/index.json"
    server.shutdown()
    server.server_close()


def _newer(archive: Path, target: Path, old: str, new: str) -> Path:
    """Copy the extension with a newer version."""
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == "blender_manifest.toml":
                content = content.replace(f'version = "{old}"'.encode(), f'version = "{new}"'.encode())
            elif name == "backend/__init__.py":
                content = content.replace(f'__version__ = "{old}"'.encode(), f'__version__ = "{new}"'.encode())
            copy.writestr(name, content)
    return target


def test_update_keeps_takes_and_settings(
    extension_zip: Path, served: tuple[Path, str], tmp_path: Path, build_repository: ModuleType
) -> None:
    folder, url = served
    build_repository.generate(folder, [extension_zip])
    (entry,) = json.loads((folder / "index.json").read_text())["data"]
    assert entry["id"] == "diffusion_talker" and "platforms" not in entry
    shutil.copy(extension_zip, tmp_path / "old.zip")
    with subprocess.Popen(
        [sys.executable, Path(__file__).with_name("repository_client.py"), url, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as client:
        assert client.stdin and client.stdout
        said = []
        for line in client.stdout:
            said.append(line.strip())
            if line.strip() == "update":
                newer = _newer(extension_zip, tmp_path / "newer.zip", entry["version"], "99.0.0")
                build_repository.generate(folder, [newer])
                client.stdin.write("done\n")
                client.stdin.flush()
    assert client.returncode == 0, "\n".join(said)
    assert f"installed {entry['version']}" in said and "updated 99.0.0" in said and said[-1] == "takes 2"
