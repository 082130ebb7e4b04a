"""Runs a notebook on the real kernel with nbclient, within a budget, and keeps the time of every cell."""

import json
import os
import signal
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from .ports import own_ports
from .processes import Peak
from .sanitise import on_a_terminal, sanitise, without_colours
from .session import KERNEL

# What a learner will wait for, and far more than a notebook takes: seconds for a cell, and for a notebook from start to end.
CELL_BUDGET = 60
NOTEBOOK_BUDGET = 120
# A cell that is interrupted has this long to end; then its kernel is killed.
PATIENCE = 45
# What a learner's copy says where its solution was.
STUB = "your code here"


@dataclass
class Run:
    """A notebook after its run."""

    notebook: nbformat.NotebookNode
    seconds: dict[int, float] = field(default_factory=dict)
    late: dict[int, float] = field(default_factory=dict)
    stopped: str | None = None
    memory_mb: float = 0

    def error(self, index: int):
        """The error that a cell ended with."""
        return next((output for output in self.notebook.cells[index].get("outputs", []) if output.output_type == "error"), None)

    def is_stub(self, index: int) -> bool:
        """Whether a cell failed because it has no solution yet."""
        error = self.error(index)
        return error is not None and STUB in "\n".join([error.evalue, *error.traceback])

    def failed(self, index: int, must: str | None = None) -> str | None:
        """Why a cell did not end as it must: `pass`, `fail`, `stub` (it may fail for want of a solution), `unsolved` (it must fail for that)."""
        cell = self.notebook.cells[index]
        must = must or ("fail" if may_fail(cell) else "pass")
        if index not in self.seconds:
            return self.stopped or "the cell was not run"
        if index in self.late:
            return f"the cell was interrupted: it had not ended after {self.late[index]:.0f} s"
        error = self.error(index)
        if error is None and must in ("fail", "unsolved"):
            why = "it is tagged raises-exception" if must == "fail" and may_fail(cell) else "its exercise is not solved"
            return f"the cell did not fail, and it must: {why}"
        # A variable that a stub was to make is missing in the check, which then says no more than that.
        unsolved = must == "unsolved" and (error.ename == "CheckFailed" or any(self.is_stub(at) for at in range(index + 1)))
        if error is None or must == "fail" or unsolved or (must == "stub" and self.is_stub(index)):
            return None
        return without_colours("\n".join(error.traceback)) or f"{error.ename}: {error.evalue}"


def may_fail(cell) -> bool:
    """A cell that shows an error on purpose."""
    return "raises-exception" in cell.metadata.get("tags", [])


def code_cells(notebook) -> list[int]:
    """The indices of the cells that are run."""
    return [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()]


def run(path: Path, stop_at_error: bool = False, on_cell=lambda run, index: None, folder: Path | None = None,
        cell_budget: float = CELL_BUDGET, notebook_budget: float = NOTEBOOK_BUDGET, **environment: str) -> Run:
    """Runs all cells in `folder`, the notebook's own if not given; one that fails does not keep the others from being run
    unless `stop_at_error`."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    done = Run(notebook)
    begun = time.monotonic()
    allowed = {"seconds": cell_budget}
    client = NotebookClient(
        notebook, km=own_ports(AsyncKernelManager(kernel_name=KERNEL)), record_timing=False, startup_timeout=120, interrupt_on_timeout=True,
        timeout_func=lambda cell: max(1, round(allowed["seconds"])), resources={"metadata": {"path": str(folder or path.parent)}},
    )
    with client.setup_kernel(cleanup_kc=True, env={**os.environ, **environment}), Peak(client.km.provisioner.pid) as peak:
        for index in code_cells(notebook):
            left = notebook_budget - (time.monotonic() - begun)
            if left <= 0:
                done.stopped = f"the notebook has taken its {notebook_budget:.0f} s, and this cell was not run"
                break
            allowed["seconds"] = min(cell_budget, left)
            started = time.monotonic()
            kill = threading.Timer(allowed["seconds"] + PATIENCE, os.kill, (client.km.provisioner.pid, signal.SIGKILL))
            kill.daemon = True
            kill.start()
            try:
                client.execute_cell(notebook.cells[index], index)
            except CellExecutionError:
                pass
            except (CellTimeoutError, DeadKernelError) as error:
                done.stopped = f"the run stopped at this cell: {error}"
                break
            finally:
                kill.cancel()
            done.seconds[index] = time.monotonic() - started
            if done.seconds[index] >= max(1, round(allowed["seconds"])):
                done.late[index] = allowed["seconds"]
            on_cell(done, index)
            if stop_at_error and done.failed(index):
                done.stopped = "the run stopped at an earlier cell"
                break
        # Whoever opens the notebook without running it sees its widgets as they are now.
        client.set_widgets_metadata()
    done.memory_mb = peak.mb
    return done


def save(done: Run, path: Path) -> None:
    """Writes the outputs into the file: progress as it ended, no paths of this machine, no timing. What only differs in
    what is never compared (a time, an address) stays as it was."""
    places = [(os.environ.get("COURSE_CACHE"), "~/.cache/llm-course-rust"), (str(Path(__file__).parents[2]), "."),
              (os.path.expanduser("~"), "~")]
    committed = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"}
    for cell in done.notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = _portable(on_a_terminal(output.text), places)
            for mime, content in output.get("data", {}).items():
                if isinstance(content, str):
                    output.data[mime] = _portable(content, places)
    _same_ids(done.notebook, path.stem)
    for cell in done.notebook.cells:
        before = committed.get(cell.get("id"))
        if cell.cell_type == "code" and before is not None and _sanitised(before.outputs) == _sanitised(cell.outputs):
            cell.outputs = before.outputs
    draft = path.with_suffix(f".{os.getpid()}.part")
    try:
        nbformat.write(done.notebook, draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _sanitised(outputs: list) -> str:
    """All that outputs say but for what differs from run to run."""
    def clean(value):
        match value:
            case str():
                return sanitise(value)
            case dict():
                return {key: clean(inner) for key, inner in value.items() if key != "execution_count"}
            case list():
                return [clean(inner) for inner in value]
            case other:
                return other

    return json.dumps(clean(outputs), sort_keys=True)


def _same_ids(notebook, name: str) -> None:
    """Gives widgets ids that are the same at the next run: by their order in this notebook."""
    states = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    text = json.dumps(notebook)
    for number, model in enumerate(states):
        text = text.replace(model, uuid.uuid5(uuid.NAMESPACE_OID, f"{name}/{number}").hex)
    renamed = nbformat.from_dict(json.loads(text))
    notebook.cells, notebook.metadata = renamed.cells, renamed.metadata


def _portable(text: str, places: list) -> str:
    for folder, shown in places:
        if folder and len(folder) > 1:
            text = text.replace(folder, shown)
    return text
