"""Thousands of distinct cells in one kernel: what grows, and by how much a cell.

    cargo xtask bench soak [--cells 5000] [--every 250] [--minutes N] [--markdown FILE]

No two cells are alike, so no cache helps; variables, functions and types are redefined in turns, so the session stays as large as
it is. The table has the memory of kernel and child without files (`Anonymous` of smaps), the child's divided into what the
libraries of cells keep (relocated tables, statics: a page each at least) and all else, the heap above all. It fails when
something that must not grow has grown. A run that is stopped, by Ctrl-C or after `--minutes`, is judged by what it has seen, and its table
is in FILE: what one kernel remembers cannot be taken up by another, so a stopped run is not gone on with.
"""

import argparse
import os
import re
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.kernel import empty_cdylib  # noqa: E402
from support.processes import children, runtime_of  # noqa: E402
from support.session import Session  # noqa: E402

# Each with its number in it, in turns. Together they go through every way a cell can end.
CELLS = [
    "let count = {i}u64;",
    "println!(\"{{}} {i}\", count);",
    "let words: Vec<String> = (0..{i} % 50).map(|n| format!(\"w{{n}}-{i}\")).collect();",
    "fn step_{slot}(x: u64) -> u64 {{ x.wrapping_mul({i}) }}\nstep_{slot}(count)",
    "#[derive(Debug, Clone)] struct Point{slot} {{ x: u64, y: [u8; {size}] }}\nlet point = Point{slot} {{ x: {i}, y: [1; {size}] }};",
    "let x = Tensor::full({i}f32, (2, 3), &Device::Cpu)?; x.sum_all()?",
    "for n in 0..40 {{ println!(\"{{n}} of {i}\"); }}",
    "display(&Html::new(\"<b>{i}</b>\"));",
    "let mut total = {i}u64; for n in 0..1000u64 {{ total = total.wrapping_add(n * n); }} total",
    "let parsed: i64 = \"no number {i}\".parse()?;",
    "assert_eq!({i}, 0, \"a panic\");",
    "let thread = std::thread::spawn(|| {i}u64); thread.join().unwrap()",
    "missing_{i}()",
    "!echo {i}",
]

# Those that must fail.
FAIL = ("parse()?", "assert_eq!", "missing_")

# Bytes a cell, from the 500th on, below which a line counts as flat: noise of the allocator over thousands of cells.
FLAT = {"kernel": 6_000, "heap": 4_000}
SETTLED = 500


@dataclass
class Sample:
    """The state after some cells."""

    cells: int
    seconds: float
    floor: float
    kernel: int
    heap: int
    libraries: int
    loaded: int
    mappings: int
    kernel_files: int
    child_files: int
    left: int


def cell(number: int) -> str:
    """The cell with this number; no other is like it."""
    template = CELLS[number % len(CELLS)]
    return template.format(i=number, slot=number % 20, size=1 + number % 300)


def anonymous(pid: int, within: str | None = None) -> tuple[int, int, int]:
    """Anonymous bytes of a process outside and inside the mappings whose path has `within`, and how many of those there are."""
    outside = inside = mappings = 0
    in_library = False
    for line in Path(f"/proc/{pid}/smaps").open():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            in_library = within is not None and within in line
            mappings += in_library
        elif line.startswith("Anonymous:"):
            size = int(line.split()[1]) << 10
            inside += size * in_library
            outside += size * (not in_library)
    return outside, inside, mappings


def libraries(pid: int) -> int:
    """How many different libraries of cells are mapped."""
    return len({line.split(maxsplit=5)[5] for line in Path(f"/proc/{pid}/maps").open() if "cell-" in line})


def files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def sample(session: Session, cells: int, times: list[float], temporary: Path) -> Sample:
    child = runtime_of(session.pid)
    heap, kept, mappings = anonymous(child, "cell-")
    return Sample(
        cells=cells,
        seconds=statistics.median(times),
        floor=statistics.median(empty_cdylib() for _ in range(3)),
        kernel=anonymous(session.pid)[0],
        heap=heap,
        libraries=kept,
        loaded=libraries(child),
        mappings=mappings,
        kernel_files=files(session.pid),
        child_files=files(child),
        left=sum(len(names) for _, _, names in os.walk(temporary)),
    )


def run(cells: int, every: int, deadline: float, seen) -> tuple[list[Sample], list[str]]:
    """Runs the cells, at most until the deadline; hands each sample to `seen`, and gives them all, and what went wrong."""
    samples, wrong, times = [], [], []
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        temporary = Path(folder, "tmp")
        temporary.mkdir()
        with Session(folder=Path(folder), TMPDIR=str(temporary), COURSE_CELL_CACHE="off") as session:
            child = runtime_of(session.pid)
            for number in numbers(cells, deadline):
                code = cell(number)
                begun = time.perf_counter()
                ran = session.run(code)
                times.append(time.perf_counter() - begun)
                if (ran.status == "error") != any(mark in code for mark in FAIL):
                    wrong.append(f"cell {number} came out wrong: {code!r}: {ran.outline()}")
                if (number + 1) % every == 0:
                    samples.append(sample(session, number + 1, times, temporary))
                    times = []
                    seen(samples)
                if len(wrong) > 3:
                    break
            if runtime_of(session.pid) != child:
                wrong.append("the child was replaced on the way")
            below = children(session.pid)
            if len(below) > 2:
                wrong.append(f"processes were left: {below}")
    return samples, wrong + grown(samples)


def numbers(cells: int, deadline: float):
    """The cells' numbers, until there are enough, the time is over, or someone presses Ctrl-C."""
    stopped = []
    before = signal.signal(signal.SIGINT, lambda *_: stopped.append(True))
    try:
        for number in range(cells):
            if stopped or time.monotonic() > deadline:
                print(f"stopped after {number} of {cells} cells", flush=True)
                return
            yield number
    finally:
        signal.signal(signal.SIGINT, before)


def slope(samples: list[Sample], value: str) -> float:
    """Bytes a cell, by least squares over the samples after the first `SETTLED` cells."""
    settled = [entry for entry in samples if entry.cells >= SETTLED] or samples
    if len(settled) < 2:
        return 0.0
    return statistics.linear_regression([entry.cells for entry in settled], [getattr(entry, value) for entry in settled]).slope


def grown(samples: list[Sample]) -> list[str]:
    """What must not have grown."""
    if len(samples) < 2:
        return []
    first, last = samples[0], samples[-1]
    wrong = []
    if any(entry.cells > SETTLED for entry in samples):
        wrong += [f"{name} grows by {slope(samples, name):.0f} bytes a cell" for name, most in FLAT.items() if slope(samples, name) > most]
    for name in ("kernel_files", "child_files"):
        before, after = getattr(first, name), getattr(last, name)
        if after > before + 2:
            wrong.append(f"{name}: {before} open descriptors have become {after}")
    if last.left:
        wrong.append(f"{last.left} files were left in the temporary folder")
    return wrong


HEADER = [
    "| cells | cell, median | empty cdylib | kernel | child but its cells' libraries | those libraries | loaded | a library | mappings | files of kernel / child | left |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
]


def row(entry: Sample) -> str:
    """One line of the table."""
    each = entry.libraries / max(entry.loaded, 1) / 1000
    return (
        f"| {entry.cells} | {entry.seconds:.2f} s | {entry.floor:.3f} s | {entry.kernel / 1e6:.1f} MB | {entry.heap / 1e6:.1f} MB "
        f"| {entry.libraries / 1e6:.1f} MB | {entry.loaded} | {each:.1f} KB | {entry.mappings} "
        f"| {entry.kernel_files} / {entry.child_files} | {entry.left} |"
    )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cells", type=int, default=5000)
    options.add_argument("--every", type=int, default=250)
    options.add_argument("--minutes", type=float, default=float("inf"), help="stop after so long")
    options.add_argument("--markdown", type=Path, help="keep the table in this file as well")
    chosen = options.parse_args()

    def seen(samples: list[Sample]) -> None:
        print(row(samples[-1]), flush=True)
        if chosen.markdown:
            chosen.markdown.write_text("\n".join(HEADER + [row(entry) for entry in samples]) + "\n")

    print(f"load average {os.getloadavg()[0]:.1f} at the start", *HEADER, sep="\n", flush=True)
    samples, wrong = run(chosen.cells, chosen.every, time.monotonic() + 60 * chosen.minutes, seen)
    for name in FLAT:
        print(f"{name}: {slope(samples, name):+.0f} bytes a cell after the first {SETTLED}")
    for line in wrong:
        print(f"wrong: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
