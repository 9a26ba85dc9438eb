"""The same lines done on a cluster of Ray: every node must see the sounds, the model and the output under the same paths."""

from collections.abc import Iterator
from typing import Any

from ..ipc.server import RequestError
from .run import Job, Setting, Workers, do_job
from .work import Result

_AHEAD = 4  # lines asked for at a time, for each of the cluster's cores


class ClusterError(RequestError):
    """Ray is not there, or its cluster can't be reached; the text is a sentence."""


def on_ray(setting: Setting, address: str) -> Workers:
    """Workers that are tasks on a Ray cluster ("": one of its own on this machine). A lost node's lines are done again elsewhere.

    Raises ClusterError.
    """
    try:
        import ray
    except ImportError as error:
        raise ClusterError(
            "Ray can't be imported ({reason}): pip install ray, here and on every node", reason=error
        ) from error
    try:
        ray.init(address=address or None, ignore_reinit_error=True, log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ClusterError(
            "There is no Ray cluster at {address} ({reason}): start one with `ray start --head`, or leave the address out",
            address=address,
            reason=error,
        ) from error
    remote = ray.remote(num_cpus=1, max_retries=-1)(do_job)

    def work(jobs: list[Job]) -> Iterator[Result]:
        waiting, under_way = list(reversed(jobs)), dict[Any, Job]()
        while waiting or under_way:
            room = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1))) - len(under_way)
            for _ in range(min(room, len(waiting))):
                job = waiting.pop()
                under_way[remote.remote(job, setting)] = job
            ready, _ = ray.wait(list(under_way), timeout=5.0)
            for reference in ready:
                line, key = under_way.pop(reference)
                try:
                    yield ray.get(reference)
                except ray.exceptions.RayError as error:
                    reason = str(error).strip().splitlines()[-1]
                    yield Result(
                        line.name,
                        key,
                        line.file,
                        error=f"The cluster couldn't do it ({reason}): run it again, or without --ray.",
                    )

    return work
