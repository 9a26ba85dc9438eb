"""Start the backend in a process of its own: python child.py ROOT [FOLDER ...] -- ARGUMENT ...

ROOT holds the package `backend`. FOLDERs are searched for packages that this Python lacks. ARGUMENTs are the backend's
command line. The search path of this process is set here, because it is a Python with none of Blender's. Blender's own
search path is never changed.
"""

import sys


def main() -> int:
    """Set the search path and run the backend. Returns its exit code."""
    end = sys.argv.index("--")
    root, *folders = sys.argv[1:end]
    del sys.argv[1 : end + 1]
    sys.path.insert(0, root)
    sys.path.extend(folders)
    from backend.__main__ import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
