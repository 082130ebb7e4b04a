"""What nbgrader must know to take Rust. Run nbgrader in a folder that has this file, beside its `source/` (docs/INSTRUCTORS.md)."""

c = get_config()  # noqa: F821

# What stands in place of a solution in the released notebook. It fits into any function: the cell compiles, and the check says what is missing.
c.ClearSolutions.code_stub = {"rust": 'todo!("your code here")'}

# Seconds for a cell. A check ends an endless loop by itself after ten; this is for loops outside of checks, and for work that takes long.
c.Execute.timeout = 120
