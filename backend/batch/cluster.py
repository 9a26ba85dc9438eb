"""Lines done on a Ray cluster. Every node must see the sounds, the model and the output folder under the same paths."""

from collections.abc import Iterator
from typing import Any

from ..inference.errors import RequestError
from .run import Job, Setting, Workers, do_job
from .work import Result

_AHEAD = 4  # lines asked for at a time, for each of the cluster's cores


class ClusterError(RequestError):
    """Ray isn't installed, or its cluster can't be reached; the message is a sentence for the user."""


def on_ray(setting: Setting, address: str) -> Workers:
    """Return workers that are tasks on the Ray cluster at an address; "" starts one on this machine. Raises ClusterError.

    The lines of a node that is lost are done again on another one.
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
        waiting, running = list(reversed(jobs)), dict[Any, Job]()
        while waiting or running:
            room = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1))) - len(running)
            for _ in range(min(room, len(waiting))):
                job = waiting.pop()
                running[remote.remote(job, setting)] = job
            ready, _ = ray.wait(list(running), timeout=5.0)
            for reference in ready:
                line, key = running.pop(reference)
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
