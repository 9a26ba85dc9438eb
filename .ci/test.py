"""Run the test suites, all of them whatever fails, and sum them up: python .ci/test.py [--slow | --rounding] [PYTEST OPTION ...]

Each suite runs in the environment that .ci/in_env makes for it, two at a time, each with a folder of its own for temporary files. Lines begin
with the name of their suite. The last line printed is "N passed, N failed, N skipped"; the exit code is 0 when nothing failed.
--rounding: only the tests that compare floats, computed as an older processor does on one thread, and started as a script starts what it
runs in the background.

A test that fails is tried again after all suites, with nothing beside it. If it passes then, it is named as unsteady and doesn't fail the run:
some tests wait for processes that two suites can starve.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "test"
AT_ONCE = min(2, os.cpu_count() or 1)  # a suite seldom keeps more than one core busy
MOST_TRIED_AGAIN = 10  # tests of a suite: more than these fail for a reason
NO_TESTS = 5  # pytest's exit code: none of the tests chosen is here
PYTHONS = ("3.11", "3.13")  # of Blender 4.2 to 5.0, and of 5.1 and 5.2
# What of the backend's tests needs torch or onnx, which no Blender has.
WITH_TORCH = ("tests/backend/test_runtimes.py", "tests/backend/test_external_data.py")
TRAINING = (
    "tests/training",
    "tests/bench",
    *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("tests/test_*.py"))),
)
BLENDER = ("tests/addon", "tests/backend", "tests/demo")
ROUNDING = (
    *(f"tests/training/test_{name}.py" for name in ("scale", "losses", "model_pipeline", "encoders", "export")),
    *(f"tests/backend/test_{name}.py" for name in ("runtimes", "features", "windowed_sampler", "audio_encoding")),
)
# Each library's own switch: the vector instructions of 2008, and no second thread.
OLD_PROCESSOR = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Nehalem",
    "OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Suite:
    """Tests of one environment. paths: files and folders from the repository's root."""

    name: str
    environment: str
    python: str
    paths: tuple[str, ...]
    measured: bool = False  # which lines run


@dataclass(frozen=True)
class Outcome:
    """How many tests ended how, after so many seconds. failures: the names of those that failed, as far as a report tells."""

    passed: int
    failed: int
    skipped: int
    seconds: float
    failures: tuple[str, ...] = ()


def has_python(version: str) -> bool:
    return subprocess.run([ROOT / ".ci/find_python", version], capture_output=True, check=False).returncode == 0


def print_lines(name: str, command: list[str | Path], environment: dict[str, str]) -> int:
    """Run a command and print what it prints, each line with a name before it. Returns its exit code."""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(f"{name}: {line}", end="", flush=True)
    return process.returncode


def run(suite: Suite, options: list[str], measure: bool) -> Outcome:
    """Run a suite, and measure its coverage if asked. One that ends without a report of pytest's (it crashed, or could not begin) counts as one failure more."""
    report = REPORTS / f"{suite.name.replace(' ', '_')}.xml"
    report.unlink(missing_ok=True)
    began = time.monotonic()
    command = [ROOT / ".ci/in_env", suite.environment, suite.python, "python"]
    if measure and suite.measured:
        command += ["-m", "coverage", "run", f"--data-file={report.with_suffix('.coverage')}"]
    # A cache of its own, since the suite beside it would overwrite which tests failed.
    command += ["-m", "pytest", "-rs", f"--junitxml={report}", "-o", f"cache_dir={report.with_suffix('.cache')}"]
    with tempfile.TemporaryDirectory(prefix="tests-", ignore_cleanup_errors=True) as folder:
        code = print_lines(suite.name, [*command, *options, *suite.paths], {**os.environ, "TMPDIR": folder})
    passed = failed = skipped = 0
    failures: list[str] = []
    if report.is_file():
        root = ElementTree.parse(report)
        for counted in root.iter("testsuite"):
            tests, errors, failing, skips = (
                int(counted.get(what, 0)) for what in ("tests", "errors", "failures", "skipped")
            )
            failed, skipped = failed + errors + failing, skipped + skips
            passed += tests - errors - failing - skips
        failures = [
            f"{case.get('classname')}.{case.get('name')}"
            for case in root.iter("testcase")
            if case.find("failure") is not None or case.find("error") is not None
        ]
    if code not in (0, NO_TESTS) and not failed:
        failed = 1
    return Outcome(passed, failed, skipped, time.monotonic() - began, tuple(failures))


def try_again(suite: Suite, options: list[str], first: Outcome) -> Outcome:
    """Run a suite's failed tests again, with nothing beside them, and count those that pass now as passed."""
    if not 0 < len(first.failures) <= MOST_TRIED_AGAIN:
        return first
    again = run(suite, [*options, "--last-failed"], False)
    unsteady = sorted(set(first.failures) - set(again.failures))
    if again.failed != len(again.failures) or again.passed < len(unsteady):
        return first  # it crashed, or other tests ran
    for name in unsteady:
        print(f"{suite.name}: UNSTEADY, failed at first and passed alone: {name}", flush=True)
    return Outcome(
        first.passed + len(unsteady),
        first.failed - len(unsteady),
        first.skipped,
        first.seconds + again.seconds,
        again.failures,
    )


def suites(rounding: bool) -> list[Suite]:
    """The suites that this machine's Pythons allow."""
    if rounding:
        return [Suite("rounding", "training", ",".join(PYTHONS), ROUNDING)]
    # Of the two Blenders the newer is measured: from Python 3.12 on that costs next to nothing (sys.monitoring).
    blenders = [
        Suite(f"Blender with Python {python}", "blender", python, BLENDER, measured=python == "3.13")
        for python in PYTHONS
        if has_python(python)
    ]
    training = Suite("training", "training", ",".join(PYTHONS), (*TRAINING, *WITH_TORCH), measured=True)
    return [training, *blenders]


def print_coverage() -> None:
    """Print the share of each package's lines that the measured suites ran. Child processes are not counted."""
    parts = [str(path) for path in sorted(REPORTS.glob("*.coverage"))]
    if not parts:
        return
    tool = [ROOT / ".ci/in_env", "training", ",".join(PYTHONS), "coverage"]
    data = f"--data-file={REPORTS / 'coverage'}"
    subprocess.run([*tool, "combine", "--quiet", data, *parts], cwd=ROOT, check=True)
    for package in ("addon", "backend", "training"):
        found = subprocess.run(
            [*tool, "report", data, f"--include={package}/*", "--format=total"],
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
        print(f"Coverage of {package}: {found.stdout.strip() or '0'} % of its lines")


def main(options: list[str]) -> int:
    """Run what the options ask for, and print the summary. Returns the exit code."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    rounding = "--rounding" in options
    if rounding:
        os.environ.update(OLD_PROCESSOR)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited, as with `nohup ... &`
    if "--slow" not in options:
        options = ["-m", "not slow", *options]
    options = [option for option in options if option not in ("--slow", "--rounding")]
    measure = not rounding and options == ["-m", "not slow"]  # the coverage of a selection says nothing
    for part in REPORTS.glob("*.coverage"):
        part.unlink()
    chosen = suites(rounding)
    for suite in chosen:  # one after the other: two of them may share an environment that is yet to be made
        subprocess.run([ROOT / ".ci/in_env", suite.environment, suite.python, "true"], check=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = pool.map(lambda suite: run(suite, options, measure), chosen)
        outcomes = {suite.name: outcome for suite, outcome in zip(chosen, ended, strict=True)}
    outcomes = {suite.name: try_again(suite, options, outcomes[suite.name]) for suite in chosen}
    width = max(map(len, outcomes))
    print(f"\n{'Suite':<{width}}  passed  failed  skipped  seconds")
    for name, one in outcomes.items():
        print(f"{name:<{width}}  {one.passed:6}  {one.failed:6}  {one.skipped:7}  {one.seconds:7.0f}")
    if not rounding:
        for python in PYTHONS:
            if f"Blender with Python {python}" not in outcomes:
                print(f"Not run: the tests in the Blender of Python {python}, since that Python isn't here.")
    if measure:
        print_coverage()
    for name, one in outcomes.items():
        for failure in one.failures:
            print(f"FAILED in {name}: {failure}")
    passed, failed, skipped = (
        sum(getattr(one, what) for one in outcomes.values()) for what in ("passed", "failed", "skipped")
    )
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
