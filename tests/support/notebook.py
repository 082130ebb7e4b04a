"""Runs a notebook on the real kernel with nbclient and keeps the time of every cell."""

import json
import os
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from .sanitise import on_a_terminal
from .session import KERNEL

# Seconds that a cell may take before its notebook is given up; a notebook as a whole has 120 in CI.
CELL_LIMIT = 120


@dataclass
class Run:
    """A notebook after its run."""

    notebook: nbformat.NotebookNode
    seconds: dict[int, float] = field(default_factory=dict)
    stopped: str | None = None

    def failed(self, index: int) -> str | None:
        """Why a cell failed, unless it is one that must."""
        cell = self.notebook.cells[index]
        if index not in self.seconds:
            return self.stopped or "the cell was not run"
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if may_fail(cell):
            return None if errors else "the cell is tagged raises-exception and did not fail"
        if errors:
            return "\n".join(errors[0].traceback) or f"{errors[0].ename}: {errors[0].evalue}"
        return None


def may_fail(cell) -> bool:
    """A cell that shows an error on purpose."""
    return "raises-exception" in cell.metadata.get("tags", [])


def code_cells(notebook) -> list[int]:
    """The indices of the cells that are run."""
    return [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()]


def run(path: Path, stop_at_error: bool = False, on_cell=lambda run, index: None) -> Run:
    """Runs all cells; one that fails does not keep the others from being run unless `stop_at_error`."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    done = Run(notebook)
    client = NotebookClient(
        notebook, timeout=CELL_LIMIT, kernel_name=KERNEL, record_timing=False, startup_timeout=120,
        resources={"metadata": {"path": str(path.parent)}},
    )
    with client.setup_kernel():
        for index in code_cells(notebook):
            started = time.monotonic()
            try:
                client.execute_cell(notebook.cells[index], index)
            except CellExecutionError:
                pass
            except (CellTimeoutError, DeadKernelError) as error:
                done.stopped = f"the run stopped at cell {index}: {error}"
                break
            done.seconds[index] = time.monotonic() - started
            on_cell(done, index)
            if stop_at_error and done.failed(index):
                done.stopped = f"the run stopped at cell {index}"
                break
        # Whoever opens the notebook without running it sees its widgets as they are now.
        client.set_widgets_metadata()
    return done


def save(done: Run, path: Path) -> None:
    """Writes the outputs into the file: progress as it ended, no paths of this machine, no timing."""
    places = [(os.environ.get("COURSE_CACHE"), "~/.cache/llm-course-rust"), (str(Path(__file__).parents[2]), "."),
              (os.path.expanduser("~"), "~")]
    for cell in done.notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = _portable(on_a_terminal(output.text), places)
            for mime, content in output.get("data", {}).items():
                if isinstance(content, str):
                    output.data[mime] = _portable(content, places)
    _same_ids(done.notebook, path.stem)
    draft = path.with_suffix(f".{os.getpid()}.part")
    try:
        nbformat.write(done.notebook, draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


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
