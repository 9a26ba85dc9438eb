"""How a client's child ended."""

import time

from backend.ipc.client import Client, Gone


def until_gone(client: Client, timeout: float = 10) -> Gone:
    """What poll() gives at last, whatever comes before it."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if isinstance(reply := client.poll(0.1), Gone):
            return reply
    raise AssertionError("the client never said that its child is gone")
