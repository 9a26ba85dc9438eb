"""Run the installed add-on in a separate Blender, which may be killed or crash: python another_blender.py COMMAND [ARGUMENT...].

generate [TIMES]   takes of every kind, TIMES times or forever; a line of JSON after each: its kind, its Actions' digests, its folder
                   and whether that is there
change FIRST LAST  change the file during a job, with the seeds FIRST to LAST - 1, see job_interruptions.py; a line of JSON before and after each
"""

import faulthandler
import importlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path

HERE = Path(__file__).parent


def start(*command: object, **environment: str) -> "subprocess.Popen[str]":
    """Start it from a test. Its stdout can be read."""
    return subprocess.Popen(
        [sys.executable, str(HERE / "another_blender.py"), *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | environment,
    )


def own_extensions(folder: Path) -> dict[str, str]:
    """Return an environment with copies of the installed extensions, since disabling one deletes its packages."""
    shutil.copytree(os.environ["BLENDER_USER_RESOURCES"], folder, copy_function=_link)
    return {"BLENDER_USER_RESOURCES": str(folder)}


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copy2(source, target)


def tell(**what: object) -> None:
    print("@" + json.dumps(what), flush=True)


def read_line(process: "subprocess.Popen[str]") -> "dict[str, object]":
    """Read the next line of JSON. Raises AssertionError with all other output when the process ends first."""
    assert process.stdout
    other = []
    for line in process.stdout:
        if line.startswith("@"):
            return json.loads(line[1:])
        other.append(line)
    raise AssertionError(f"Blender ended with {process.wait()}:\n{''.join(other[-40:])}")


def _generate(times: "range | itertools.count[int]") -> None:
    from helpers import part
    from running_job import KINDS, begin, made, stage, take_back

    stage()
    for _ in times:
        for kind in KINDS:
            running = begin(kind)
            assert running.finish() == {"FINISHED"}, running.reports
            folder = part("addon.generation.backend_process").process._folder
            tell(kind=kind, made=made(), folder=folder.name, there=folder.is_dir())
            take_back()


def main() -> None:
    faulthandler.enable()
    sys.path[:0] = [str(HERE), str(HERE.parents[1])]
    import bpy
    from helpers import PACKAGE

    bpy.ops.preferences.addon_enable(module=PACKAGE)
    command, *arguments = sys.argv[1:]
    try:
        if command == "generate":
            _generate(range(int(arguments[0])) if arguments else itertools.count())
        else:
            from job_interruptions import change

            for n in range(*map(int, arguments)):
                change(n)
        importlib.import_module(f"{PACKAGE}.addon").unregister()  # as at the end of Blender, where nothing is disabled
        tell(ended=True)
    except Exception:  # noqa: BLE001 - the test reads it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(0)  # Blender 4.5 never ends by itself after its scripts were reloaded


if __name__ == "__main__":
    main()
