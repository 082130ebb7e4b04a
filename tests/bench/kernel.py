"""The kernel's figures, measured by a Jupyter client in one run, beside stock evcxr_jupyter where it is installed.

    cargo xtask bench kernel [--rounds N] [--evcxr | --install-evcxr] [--markdown FILE]

Every figure is a median over the rounds, and each round begins by timing rustc on an empty cdylib: what the machine can do at
that moment. `--install-evcxr` builds evcxr_jupyter 0.22.0 into the course's cache folder first (minutes), `--evcxr` drives it
through the same cells with the same crate as `:dep`.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from jupyter_client.kernelspec import KernelSpecManager  # noqa: E402
from jupyter_client.manager import KernelManager  # noqa: E402

EVCXR = "0.22.0"

STD_CELLS = [
    "let a = 1;",
    "let words = vec![\"one\", \"two\", \"three\"];",
    "println!(\"{}\", words.len());",
    "let lengths: Vec<usize> = words.iter().map(|word| word.len()).collect();",
    "println!(\"{lengths:?}\");",
    "fn double(x: i32) -> i32 { x * 2 }",
    "println!(\"{}\", double(a));",
    "let text = words.join(\" \");",
]

COURSE_CELLS = [
    "let x = Tensor::new(&[[1f32, 2.], [3., 4.]], &Device::Cpu)?;",
    "println!(\"{}\", x.matmul(&x)?);",
    "let mean = x.mean_all()?.to_scalar::<f32>()?;",
    "println!(\"{mean}\");",
    "let row = x.get(0)?.to_vec1::<f32>()?;",
    "let frame = df!(\"label\" => [\"a\", \"b\"], \"score\" => [0.25, 0.75])?;",
    "println!(\"{}\", frame.height());",
    "let scaled = (&x * 2.0)?.sum(0)?;",
    "println!(\"{:?}\", scaled.dims());",
]

QUESTIONS = [
    "x.mat", "x.matmul(&x)?.to_v", "words.iter().enumerate().ma", "Tensor::", "Vec::", "String::from_u", "course::polars::prelude::", "std::fs::",
    "pri", "BTreeM", "let y = x.get(0)?;\ny.unsq", "a", "words.iter().rev().enumerate().next().unwrap().1.spl", ":va",
]


class Kernel:
    """A kernel process, and what it takes for a cell."""

    def __init__(self, spec: dict, **environment: str):
        self.begun = time.perf_counter()
        self.manager = KernelManager(kernel_name="rust-course")
        if spec:
            self.manager.kernel_name = "bench"
            self.manager._kernel_spec = KernelSpecManager().kernel_spec_class(**spec)
        # The kernelspec's own variables would win.
        installed = self.manager.kernel_spec
        installed.env = {name: value for name, value in installed.env.items() if name not in environment}
        self.manager.start_kernel(env={**os.environ, **environment})
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        # A bare request, not `wait_for_ready`, which sleeps and asks again.
        request = self.client.kernel_info()
        while self.client.get_shell_msg(timeout=120)["parent_header"].get("msg_id") != request:
            pass
        self.ready = time.perf_counter() - self.begun

    def run(self, code: str, timeout: float = 1800) -> tuple[float, list[dict]]:
        """Seconds from the request to idle, and the messages in between. A failed cell ends the bench."""
        begun = time.perf_counter()
        request = self.client.execute(code)
        messages = []
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                break
            if message["msg_type"] == "error":
                raise SystemExit(f"a cell of the bench failed:\n{code}\n" + "\n".join(content["traceback"]) + content["evalue"])
            messages.append(message)
        return time.perf_counter() - begun, messages

    def ask(self, code: str, kind: str) -> float:
        """Seconds until a completion (`complete`) or inspection (`inspect`) at the end of the code is answered."""
        begun = time.perf_counter()
        request = getattr(self.client, kind)(code, len(code))
        while self.client.get_shell_msg(timeout=60)["parent_header"].get("msg_id") != request:
            pass
        return time.perf_counter() - begun

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def memory(self) -> dict[str, float]:
        """Resident megabytes of the kernel, and of all it started together."""
        pid = self.manager.provisioner.pid
        children = descendants(pid)
        return {"kernel": resident(pid), "children": sum(map(resident, children))}


def descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def resident(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def empty_cdylib() -> float:
    """Seconds that rustc needs for a library with nothing in it: the floor of a compiled cell."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "empty.rs")
        source.write_text("#[unsafe(no_mangle)] pub extern \"C\" fn cell() {}")
        rustc = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
        command = [f"{rustc}/bin/rustc", "--edition", "2024", "--crate-type", "cdylib", "-C", "prefer-dynamic", "empty.rs"]
        begun = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True)
        return time.perf_counter() - begun


def chapter_cells() -> list[str]:
    cells = []
    for path in sorted((ROOT / "chapters/01-transformer-models").glob("*.ipynb")):
        for cell in json.loads(path.read_text())["cells"]:
            if cell["cell_type"] == "code" and "raises-exception" not in cell["metadata"].get("tags", []):
                cells.append("".join(cell["source"]))
    return cells


def compiled_in(messages: list[dict]) -> float | None:
    """What `:timing` says a cell's compile took."""
    for message in messages:
        text = message["content"].get("data", {}).get("text/plain", "")
        if found := re.search(r"compiled in ([\d.]+) s", text):
            return float(found[1])
    return None


def ours(rounds: int) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {}

    def add(name: str, *values: float) -> None:
        figures.setdefault(name, []).extend(values)

    for _ in range(rounds):
        add("empty", *(empty_cdylib() for _ in range(5)))
        # Compiled anew each time; what the cell cache gives is a figure of its own.
        kernel = Kernel({}, COURSE_CELL_CACHE="off")
        add("ready", kernel.ready)
        kernel.run(COURSE_CELLS[0])
        add("first", time.perf_counter() - kernel.begun)
        kernel.run("use course::polars::prelude::df;")
        add("std", *(kernel.run(cell)[0] for cell in STD_CELLS))
        add("course", *(kernel.run(cell)[0] for cell in COURSE_CELLS))
        asked = [kernel.ask(code, kind) for code in QUESTIONS for kind in ("complete", "inspect")]
        add("question", *asked)
        add("slowest question", max(asked))
        memory = kernel.memory()
        add("kernel MB", memory["kernel"])
        add("child MB", memory["children"])
        kernel.run(":timing")
        for cell in chapter_cells():
            compiled = compiled_in(kernel.run(cell)[1])
            if compiled is not None:
                add("chapter compile", compiled)
        kernel.close()
        add("cached", *cached())
    return figures


def cached() -> list[float]:
    """What the bench's cells take in a kernel that finds them compiled."""
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            kernel = Kernel({}, COURSE_CACHE=folder)
            kernel.run("use course::polars::prelude::df;")
            seconds = [kernel.run(cell)[0] for cell in COURSE_CELLS + STD_CELLS]
            kernel.close()
    return seconds


def evcxr_program(install: bool) -> Path | None:
    cache = Path(os.environ.get("COURSE_CACHE", Path.home() / ".cache/llm-course-rust")) / "evcxr"
    program = cache / "bin/evcxr_jupyter"
    if not program.exists() and install:
        command = ["cargo", "install", "--locked", f"evcxr_jupyter@{EVCXR}", "--root", str(cache)]
        subprocess.run(command, cwd=cache.parent, check=True)
    return program if program.exists() else None


class Evcxr:
    """Stock evcxr_jupyter with the course crate as `:dep`, built before any clock runs."""

    def __init__(self, program: Path):
        self.spec = {"argv": [str(program), "--control_file", "{connection_file}"], "display_name": "evcxr", "language": "rust"}
        self.imports = "use course::prelude::*; use course::polars::prelude::df;"
        self.dependency = f":opt 0\n:dep course = {{ path = \"{ROOT / 'crates/course'}\" }}"
        # Kept, since it takes so long to fill; evcxr builds again what has changed. Outside the checkout, whose workspace it would be in.
        self.folder = Path(tempfile.gettempdir()) / "course-bench-evcxr"
        self.folder.mkdir(exist_ok=True)
        print("evcxr builds the course for itself: 10 to 30 minutes the first time …", file=sys.stderr, flush=True)
        begun = time.perf_counter()
        kernel = self.start()
        kernel.run(COURSE_CELLS[0])
        kernel.close()
        self.built = time.perf_counter() - begun
        print(f"built in {self.built:.0f} s", file=sys.stderr, flush=True)

    def start(self) -> Kernel:
        kernel = Kernel(self.spec, EVCXR_TMPDIR=str(self.folder))
        for cell in (self.dependency, self.imports):
            kernel.run(cell)
        return kernel

    def measure(self, rounds: int) -> dict[str, list[float]]:
        figures: dict[str, list[float]] = {}
        for _ in range(rounds):
            kernel = self.start()
            figures.setdefault("ready", []).append(kernel.ready)
            kernel.run(COURSE_CELLS[0])
            figures.setdefault("first", []).append(time.perf_counter() - kernel.begun)
            figures.setdefault("std", []).extend(kernel.run(cell)[0] for cell in STD_CELLS)
            figures.setdefault("course", []).extend(kernel.run(cell)[0] for cell in COURSE_CELLS)
            figures.setdefault("kernel MB", []).append(kernel.memory()["kernel"])
            kernel.close()
        return figures


def table(mine: dict, theirs: dict | None) -> str:
    median = lambda figures, name: statistics.median(figures[name]) if figures and figures.get(name) else None  # noqa: E731
    floor = median(mine, "empty")
    rows = [
        ("kernel start → kernel_info_reply", "ready", "s", "≤ 0.2 s"),
        ("kernel start → first course cell done", "first", "s", "≤ 1.0 s"),
        ("course cell, warm", "course", "s", f"≤ 7 × empty cdylib = {7 * floor:.2f} s"),
        ("compile of a cell of chapter 1", "chapter compile", "s", f"≤ 7 × empty cdylib = {7 * floor:.2f} s"),
        ("std-only cell, warm", "std", "s", f"≤ 3 × empty cdylib = {3 * floor:.2f} s"),
        ("unchanged cell, from the cache", "cached", "s", "≤ 0.03 s"),
        ("completion or inspection", "question", "s", "≤ 0.05 s"),
        ("the slowest of them", "slowest question", "s", "≤ 0.05 s"),
        ("kernel process, resident", "kernel MB", "MB", "≤ 60 MB"),
        ("child with the course crate, resident", "child MB", "MB", "≤ 120 MB"),
        ("rustc on an empty cdylib (the floor)", "empty", "s", ""),
    ]
    lines = ["| | goal | ours | evcxr_jupyter " + EVCXR + " | ratio |", "|---|---|---|---|---|"]
    for label, name, unit, goal in rows:
        ours, other = median(mine, name), median(theirs, name)
        shown = lambda value: "–" if value is None else f"{value:.3f} s" if unit == "s" else f"{value:.0f} MB"  # noqa: E731
        ratio = f"{other / ours:.1f} ×" if ours and other else "–"
        lines.append(f"| {label} | {goal} | {shown(ours)} | {shown(other)} | {ratio} |")
    return "\n".join(lines)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--evcxr", action="store_true", help="also drive evcxr_jupyter")
    arguments.add_argument("--install-evcxr", action="store_true", help="build it first")
    arguments.add_argument("--markdown", type=Path, help="write the table to this file as well")
    options = arguments.parse_args()
    evcxr = None
    if options.evcxr or options.install_evcxr:
        program = evcxr_program(options.install_evcxr)
        if program is None:
            raise SystemExit("evcxr_jupyter is not installed: run with --install-evcxr")
        evcxr = Evcxr(program)
    load = os.getloadavg()[0]
    mine = ours(options.rounds)
    theirs = evcxr.measure(options.rounds) if evcxr else None
    text = table(mine, theirs)
    noise = statistics.quantiles(mine["empty"], n=4)
    text += f"\n\nMedians of {options.rounds} rounds; load average at the start {load:.1f}; "
    text += f"the empty cdylib's quartiles {noise[0]:.3f}–{noise[2]:.3f} s."
    if evcxr:
        text += f" Before that, evcxr took {evcxr.built / 60:.0f} minutes to build the course crate for itself."
    print(text)
    if options.markdown:
        temporary = options.markdown.with_suffix(".tmp")
        temporary.write_text(text + "\n")
        temporary.rename(options.markdown)


if __name__ == "__main__":
    main()
