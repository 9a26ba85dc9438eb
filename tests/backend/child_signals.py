"""Signals of a child as a terminal's program has them, whatever started the tests: a script ignores SIGINT for what it runs behind."""

import signal


def default_signals() -> None:
    """For Popen's preexec_fn, on POSIX."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
