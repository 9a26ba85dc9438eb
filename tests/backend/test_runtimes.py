"""The runtimes leave nothing on the user's machine."""

import os
import subprocess
import sys
from pathlib import Path


def test_onnx_runtime_writes_nothing_into_the_home_folder(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "USERPROFILE": str(tmp_path)}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", "import backend.runtimes.onnx"], check=True, cwd=root, env=environment)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
