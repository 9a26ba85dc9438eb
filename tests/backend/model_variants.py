"""Build model folders as an untrusted source could."""

import hashlib
import json
from pathlib import Path
from typing import Any


def read_metadata(folder: Path) -> dict[str, Any]:
    """Return the content of model.json."""
    return json.loads((folder / "model.json").read_text())


def sign(folder: Path, **parts: bytes) -> None:
    """Write parts, and their sha256 into model.json."""
    metadata = read_metadata(folder)
    for part, content in parts.items():
        (folder / f"{part}.onnx").write_bytes(content)
        metadata["files"][f"{part}.onnx"] = hashlib.sha256(content).hexdigest()
    (folder / "model.json").write_text(json.dumps(metadata))
