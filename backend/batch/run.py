"""All lines of a script on this machine, in one process per core. Lines that an earlier run finished are skipped."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

from ..inference.generator import Model, load_model
from ..model_folder import read_card, read_parts
from ..platforms import ignore_interrupts
from . import manifest
from .lines import BadLine, Line
from .work import Result, do_line, is_done, key_of, sha256_of

Job = tuple[Line, str]  # a line and its key
Workers = Callable[[list[Job]], Iterable[Result]]  # yields results as they finish


@dataclass(frozen=True)
class Setting:
    """What all lines have in common. out: an existing folder. form: csv, json or npz."""

    model: Path
    out: Path
    form: str


@dataclass(frozen=True)
class Summary:
    """How a run ended: the number of lines made and of lines skipped as done before, and the results that failed.

    notices: (name of the line, sentence).
    """

    made: int
    skipped: int
    failed: tuple[Result, ...]
    seconds: float  # of sound, of the lines made
    notices: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=1)
def _model(folder: Path) -> Model:
    return load_model(folder, threads=1)  # there is a process per core already


def do_job(job: Job, setting: Setting) -> Result:
    """Do one line in a worker, which loads the model once."""
    line, key = job
    return do_line(line, key, _model(setting.model), setting.out, setting.form)


def run(
    lines: list[Line | BadLine], setting: Setting, workers: Workers, tell: Callable[[int, int, int], None]
) -> Summary:
    """Do the lines that no earlier run into the same folder finished, and append each result to the manifest.

    tell(done, failed, total) is called after each line. Raises ModelError; every other error is a line's result. When interrupted, the
    manifest lists what was done, and the next run continues from there.
    """
    card = read_card(setting.model)
    read_parts(setting.model, card)  # raises once here, instead of for each line
    known = manifest.read_manifest(setting.out)
    good = [line for line in lines if isinstance(line, Line)]
    with ThreadPoolExecutor() as pool:
        jobs = [
            (line, key_of(line, sha, card.sha256, setting.form))
            for line, sha in zip(good, pool.map(_sha, good), strict=True)
        ]
    skipped = {line.name: known[line.name] for line, key in jobs if is_done(known.get(line.name), key, setting.out)}
    results = {line.name: Result(line.name, "", "", error=line.reason) for line in lines if isinstance(line, BadLine)}
    todo = sorted(
        (job for job in jobs if job[0].name not in skipped), key=_size, reverse=True
    )  # the longest first, or one might be left running alone at the end
    made = 0
    with manifest.open_manifest(setting.out) as opened:
        for result in workers(todo):
            manifest.add(opened, result)
            results[result.name] = result
            made += not result.error
            tell(len(skipped) + len(results), sum(bool(each.error) for each in results.values()), len(lines))
    results |= skipped
    manifest.rewrite(setting.out, [results[line.name] for line in lines])
    failed = tuple(results[line.name] for line in lines if results[line.name].error)
    seconds = sum(each.seconds for name, each in results.items() if name not in skipped)
    notices = tuple((line.name, notice) for line in lines for notice in results[line.name].notices)
    return Summary(made, len(skipped), failed, seconds, notices)


def _sha(line: Line) -> str:
    return sha256_of(line.file)


def _size(job: Job) -> float:
    line, _ = job
    try:
        return (line.end - line.start) * 32000 if line.end is not None else os.path.getsize(line.file)
    except OSError:
        return 0.0


def processes(setting: Setting, count: int) -> Workers:
    """Return workers that are processes on this machine. When one dies (killed, out of memory), the other lines still finish."""

    def work(jobs: list[Job]) -> Iterator[Result]:
        left = {line.name: (line, key) for line, key in jobs}
        while left:
            try:
                for result in _pooled(list(left.values()), setting, count):
                    del left[result.name]
                    yield result
            except BrokenProcessPool:
                # Which line was at fault isn't known: those that may have been running are done one at a time.
                for job in list(left.values())[: 2 * count]:
                    del left[job[0].name]
                    yield _alone(job, setting)

    return work


def _pooled(jobs: list[Job], setting: Setting, count: int) -> Iterator[Result]:
    # Not `with`: its own shutdown at the end may take back what this one cancels, and an interrupted batch would run on, unrecorded.
    pool = ProcessPoolExecutor(min(count, len(jobs)), get_context("spawn"), _begin)
    try:
        futures: list[Future[Result]] = [pool.submit(do_job, job, setting) for job in jobs]
        for future in as_completed(futures):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _alone(job: Job, setting: Setting) -> Result:
    try:
        return next(_pooled([job], setting, 1))
    except BrokenProcessPool:
        line, key = job
        return Result(
            line.name,
            key,
            line.file,
            error="Its worker process crashed, even when it ran alone (killed, or out of memory): "
            "free memory, or split the sound.",
        )


def _begin() -> None:
    """Set up a new process: Ctrl-C is for the parent to handle."""
    ignore_interrupts()


def show(began: float) -> Callable[[int, int, int], None]:
    """Return a function that prints progress with the remaining time to stderr; every ten seconds where that isn't a terminal."""
    last = began

    def tell(done: int, failed: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if done < total and now - last < (0.1 if terminal else 10.0):
            return
        last = now
        left = (now - began) / done * (total - done)
        text = f"{done} of {total} lines" + (f", {failed} failed" if failed else "") + f", {left:.0f} s left"
        print(
            f"\r{text:<50}" if terminal else text,
            end="\n" if done == total or not terminal else "",
            file=sys.stderr,
            flush=True,
        )

    return tell
