"""Processes below another one, read from /proc."""

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
