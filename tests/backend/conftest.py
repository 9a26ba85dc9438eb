"""Children that misbehave, in place of the backend."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.ipc.client import Client, launch

REPOSITORY = Path(__file__).parents[2]
TALK = """
import os, sys, time
sys.path.append({repository!r})
def say(data):
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
progress = b'{{"type": "Progress", "nbytes": 0, "id": 1, "stage": "a", "fraction": 0.5}}\\n'
done = b'{{"type": "Done", "nbytes": 0, "id": 1}}\\n'
def main():
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Client]]:
    """Launches a child that runs these lines in place of the backend."""
    clients: list[Client] = []

    def start(lines: str) -> Client:
        package = tmp_path / "root" / "backend"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
        body = "".join(f"    {line}\n" for line in lines.splitlines())
        (package / "__main__.py").write_text(TALK.format(repository=str(REPOSITORY)) + body)
        clients.append(launch(sys.executable, package.parent, [], tmp_path / "log" / "backend.log"))
        return clients[-1]

    yield start
    for client in clients:
        client.stop()
