"""`cargo xtask run NOTEBOOK`: runs a notebook from top to bottom and tells how each cell ended."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support import notebook  # noqa: E402
from support.compare import kind, merged  # noqa: E402


def show(done: notebook.Run, index: int) -> None:
    """One line a cell: its number, time, first line, and what it showed."""
    cell = done.notebook.cells[index]
    problem = done.failed(index)
    first = next((line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("//")), "")
    shown = ", ".join(kind(output) for output in merged(cell.outputs)) or "no output"
    print(f"{'✗' if problem else '✓'} [{cell.execution_count or ' '}] {done.seconds[index]:6.2f} s  {first.strip()[:70]:70}  {shown}", flush=True)
    if problem:
        print(problem, flush=True)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("notebook", type=Path)
    arguments.add_argument("--save", action="store_true", help="write the outputs into the file")
    chosen = arguments.parse_args()
    done = notebook.run(chosen.notebook, stop_at_error=True, on_cell=show)
    cells = notebook.code_cells(done.notebook)
    failed = [index for index in cells if done.failed(index)]
    print(f"\n{len(done.seconds)} of {len(cells)} cells run in {sum(done.seconds.values()):.1f} s")
    if done.stopped:
        print(done.stopped)
    if chosen.save and not failed:
        notebook.save(done, chosen.notebook)
        print(f"outputs written to {chosen.notebook}")
    elif chosen.save:
        print("nothing written: only a notebook that runs to its end is saved")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
