"""Runs notebooks for `cargo xtask notebooks`: a job in JSON on each line of stdin, what becomes of it in JSON on stdout.

A job names a notebook (`path`), the folder it runs in, and what must become of its cells (`must`: an id → `pass`, `fail`, `stub` or `unsolved`).
With `compare` the outputs are compared with those in the file, with `save` they are written into it. Every cell gives an event when it
has run, and a notebook one when it is over.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).parents[1]))

from support import compare, notebook  # noqa: E402


def perform(job: dict, tell) -> None:
    """Runs one job; `tell` gets its events."""
    path = Path(job["path"])
    committed = nbformat.read(path, as_version=4)
    must = job.get("must", {})
    started = time.monotonic()

    def event(run: notebook.Run, index: int) -> None:
        cell = run.notebook.cells[index]
        problem, differs = run.failed(index, must.get(cell.id)), []
        if not problem and job.get("compare"):
            before = committed.cells[index]
            differs = compare.differences(before.outputs, cell.outputs, compare.policy(before))
        tell({"event": "cell", "cell": cell.id, "count": cell.execution_count, "first": first_line(cell),
              "seconds": round(run.seconds.get(index, 0), 3), "shown": shown(cell), "problem": problem, "differs": differs})

    with tempfile.TemporaryDirectory() as own:
        done = notebook.run(
            path, stop_at_error=job.get("stop", False), on_cell=event, folder=Path(job["folder"]),
            cell_budget=job.get("cell_budget", notebook.CELL_BUDGET),
            notebook_budget=job.get("notebook_budget", notebook.NOTEBOOK_BUDGET),
            # A learner's progress is not ours to touch, and neither is their history.
            COURSE_PROGRESS=str(Path(own) / "progress.json"), COURSE_HISTORY="off",
        )
    not_run = [index for index in notebook.code_cells(done.notebook) if index not in done.seconds]
    # The first of them says what stopped the run; the others only would say it again.
    for index in not_run[:1]:
        event(done, index)
    failed = any(done.failed(index, must.get(done.notebook.cells[index].id)) for index in notebook.code_cells(done.notebook))
    saved = bool(job.get("save")) and not failed
    if saved:
        notebook.save(done, path)
    tell({"event": "done", "seconds": round(time.monotonic() - started, 3), "memory_mb": round(done.memory_mb),
          "not_run": len(not_run), "saved": saved})


def first_line(cell) -> str:
    """The first line that is code."""
    return next((line.strip() for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("//")), "")


def shown(cell) -> str:
    """The kinds of outputs."""
    return ", ".join(compare.kind(output) for output in compare.merged(cell.outputs)) or "no output"


def main() -> None:
    for line in sys.stdin:
        job = json.loads(line)

        def tell(event: dict) -> None:
            print(json.dumps(event), flush=True)

        try:
            perform(job, tell)
        except Exception as error:  # noqa: BLE001 - whatever it was, the others are still to run
            tell({"event": "broken", "problem": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
