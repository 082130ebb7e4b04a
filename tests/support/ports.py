"""Ports for kernels, so that test processes beside each other do not take one another's.

jupyter_client asks the system for a free port, lets it go, and hopes that it is still free when the kernel takes it. Each process here
takes its ports from a slice of its own, below those that the system hands out.
"""

import itertools
import os
import socket

FIRST, SLICE, SLICES = 12_000, 200, 100
_NEXT = itertools.count()


def own_ports(manager):
    """Gives a kernel manager five ports of this process's slice; returns the manager."""
    manager.cache_ports = False
    for name in ("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port"):
        setattr(manager, name, _free())
    return manager


def _free() -> int:
    """A port that can be bound: of the own slice, or of the ones after it."""
    start = FIRST + os.getpid() % SLICES * SLICE
    why = None
    for tries in range(3 * SLICE):
        port = start + next(_NEXT) % SLICE + tries // SLICE * SLICE
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError as error:
                why = error
                continue
        return port
    raise RuntimeError(f"no free port from {start} to {start + 3 * SLICE}: {why}")
