"""Reads the small notebooks of this folder: plain Rust with what must happen beside it.

A file is one theme. A line that begins with one of these marks is not code:

    //# title         a new notebook begins: nothing of the one before is left
    //- …             the cell ends; it must run, print nothing and show nothing (the rest of the line is a comment)
    //> text          the cell ends; it prints or shows exactly these lines (one mark for each)
    //~ text          … and a note of the kernel has this text in it
    //! E0382 line 2: text
                      the cell ends; it fails with this name, the report speaks of this line, and has this text in it;
                      `line 2 of 1` is a line of the notebook's first cell; line and text may be left out
    //+ text          … and the report has this text as well
    //= text          … and the report does not have this text
    //% 2             the cell costs this many rustc runs (1 where nothing is said)

A cell that fails may cost any number of runs; every other one is counted.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

FAILURE = re.compile(r"(?P<name>\S+?)(?: line (?P<line>\d+)(?: of (?P<cell>\d+))?)?(?:: (?P<text>.*))?$")


@dataclass
class Cell:
    """One cell, and what must come of it."""

    code: str
    line: int
    shown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failure: re.Match | None = None
    contained: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    runs: int = 1


@dataclass
class Notebook:
    """A title and its cells."""

    title: str
    path: Path
    cells: list[Cell] = field(default_factory=list)


def read(path: Path) -> list[Notebook]:
    """The notebooks of a file."""
    notebooks, code, cell, begun = [], [], None, 1
    for number, line in enumerate(path.read_text().splitlines(), 1):
        mark, text = line[:3], line[3:].removeprefix(" ")
        if mark not in ("//#", "//-", "//>", "//~", "//!", "//+", "//=", "//%"):
            if cell is not None:
                code, cell, begun = [], None, number
            if code or line.strip():
                code.append(line)
            else:
                begun = number + 1
            continue
        if mark == "//#":
            assert not any(code) or cell is not None, f"{path.name}:{number}: the cell before has no mark"
            notebooks.append(Notebook(text.strip(), path))
            code, cell, begun = [], None, number + 1
            continue
        if cell is None:
            cell = Cell("\n".join(code).rstrip(), begun)
            notebooks[-1].cells.append(cell)
        match mark:
            case "//>":
                cell.shown.append(text)
            case "//~":
                cell.notes.append(text)
            case "//!":
                cell.failure = FAILURE.match(text)
                assert cell.failure, f"{path.name}:{number}: not a failure: {text}"
            case "//+":
                cell.contained.append(text)
            case "//=":
                cell.absent.append(text)
            case "//%":
                cell.runs = int(text)
    assert cell is not None, f"{path.name}: the last cell has no mark"
    titles = [notebook.title for notebook in notebooks]
    assert len(set(titles)) == len(titles), f"{path.name}: two notebooks have one title"
    return notebooks
