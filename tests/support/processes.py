"""Processes below another one, read from /proc."""

import threading
import time
from pathlib import Path


def children(pid: int) -> dict[int, str]:
    """All descendants of a process: id → command line."""
    parents, commands = {}, {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            status = (folder / "stat").read_text()
            commands[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        state, parent = status.rsplit(")", 1)[1].split()[:2]
        if state != "Z":
            parents[int(folder.name)] = int(parent)
    found, queue = {}, [pid]
    while queue:
        above = queue.pop()
        for process, parent in parents.items():
            if parent == above:
                found[process] = commands[process]
                queue.append(process)
    return found


def runtime_of(pid: int) -> int:
    """The child of a kernel that runs its cells."""
    (child,) = [process for process, command in children(pid).items() if " runtime " in f"{command} "]
    return child


def resident_mb(pid: int) -> float:
    """Resident memory in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1000


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie. One whose first thread has ended is none as long as others go on: its parent cannot
    know of its end yet."""
    try:
        ended = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
        return not ended or len(list(Path(f"/proc/{pid}/task").iterdir())) > 1
    except OSError:
        return False


def marked(mark: str) -> dict[int, str]:
    """The living processes that have `mark` in their environment, whoever their parent is: id → command line."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if mark.encode() in (folder / "environ").read_bytes() and alive(int(folder.name)):
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def wait_until(condition, seconds: float = 60, what: str = "it did not happen") -> None:
    """Waits for something that must happen; generous, since machines are busy."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


# A constant that the compiler has to evaluate for a long time.
LONG_COMPILE = """
const fn spin(n: u64) -> u64 { let mut i = 0; let mut s = 0u64; while i < n { s = s.wrapping_mul(31).wrapping_add(i); i += 1; } s }
#[allow(long_running_const_eval)]
const SLOW: u64 = spin(4_000_000_000);
SLOW
"""


def compilers(pid: int) -> list[int]:
    """The compilers that run for a kernel."""
    return [process for process, command in children(pid).items() if "rustc" in command.split(" ")[0]]


class Peak:
    """The most memory that a process and those below it held at a time, in MB, looked at twice a second."""

    def __init__(self, pid: int):
        self.pid, self.mb = pid, 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.is_set():
            held = 0.0
            for pid in [self.pid, *children(self.pid)]:
                try:
                    held += resident_mb(pid)
                except (OSError, ValueError):
                    continue
            self.mb = max(self.mb, held)
            self._over.wait(0.5)
