"""The same lines on a real Ray cluster of two nodes on this machine, one of them killed in the middle."""

from pathlib import Path

import numpy as np
import pytest

from backend.batch import manifest
from backend.batch.cluster import on_ray
from backend.batch.lines import Line
from backend.batch.run import Setting, processes, run
from backend.curve_files import read
from backend.performance import Performance

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install ray")
from ray.cluster_utils import Cluster

ROOT = Path(__file__).parents[2]
CLIPS = sorted((ROOT / "tests/data").rglob("*.ogg"))


@pytest.mark.slow
def test_lost_node_lines_run_elsewhere(tmp_path: Path) -> None:
    lines: list[Line] = [
        Line(f"{number} {clip.stem}", str(clip), performance=Performance(seed=number))
        for number in range(25)
        for clip in CLIPS
    ]
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    other = cluster.add_node(num_cpus=1)
    told: list[int] = []

    def tell(done: int, failed: int, total: int) -> None:
        told.append(done)
        if done == total // 5:
            cluster.remove_node(other, allow_graceful=False)

    folders = [tmp_path / name for name in ("ray", "here")]
    for folder in folders:
        folder.mkdir()
    model = ROOT / "backend/model"
    try:
        summary = run(
            list(lines),
            Setting(model, folders[0], "csv"),
            on_ray(Setting(model, folders[0], "csv"), cluster.address),
            tell,
        )
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert (summary.made, summary.skipped, summary.failed) == (len(lines), 0, ())
    assert told == list(range(1, len(lines) + 1))
    assert len((folders[0] / manifest.NAME).read_text().splitlines()) == len(lines)

    setting = Setting(model, folders[1], "csv")
    run(list(lines), setting, processes(setting, 2), lambda *told: None)
    one, two = map(manifest.read_manifest, folders)
    assert list(one) == list(two) == [line.name for line in lines]
    for name in one:
        assert (one[name].key, one[name].outputs, one[name].identity) == (
            two[name].key,
            two[name].outputs,
            two[name].identity,
        )
        np.testing.assert_array_equal(
            read(folders[0] / one[name].outputs[0]).values, read(folders[1] / two[name].outputs[0]).values
        )
