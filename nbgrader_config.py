"""What nbgrader must know to take Rust. Run nbgrader in a folder that has this file, beside its `source/` (docs/INSTRUCTORS.md)."""

from nbgrader.preprocessors import CheckCellMetadata, ClearOutput, DeduplicateIds, OverwriteCells, OverwriteKernelspec


class DeduplicateCopies(DeduplicateIds):
    """Who copies a cell copies its id. nbgrader 0.9.6 takes it away from all but the last and leaves an empty entry, which it then refuses, with all
    students that follow; without the entry, the copy is a cell like any other."""

    def preprocess_cell(self, cell, resources, cell_index):
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if cell.metadata.get("nbgrader") == {}:
            del cell.metadata["nbgrader"]
        return cell, resources


c = get_config()  # noqa: F821

# What stands in place of a solution in the released notebook. It fits into any function: the cell compiles, and the check says what is missing.
c.ClearSolutions.code_stub = {"rust": 'todo!("your code here")'}

c.Autograde.sanitize_preprocessors = [ClearOutput, DeduplicateCopies, OverwriteKernelspec, OverwriteCells, CheckCellMetadata]

# Seconds for a cell. A check ends an endless loop by itself after ten; this is for loops outside of checks, and for work that takes long.
c.Execute.timeout = 120
# The kernel ends what does not listen to an interrupt after five seconds; nbgrader must wait that long, or it gives the whole notebook up.
c.Execute.iopub_timeout = 30
