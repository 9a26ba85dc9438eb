"""Many lines of speech in one command: the `lines`, the `work` on one of them, and a `run` of all, here or on a `cluster`."""
