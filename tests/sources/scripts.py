"""Short scripts in Python that use pandas, scikit-learn, matplotlib, seaborn and their like (chapter 7, a language model of code)."""

import ast
import json
import re

from docstrings import docstrings, sections
from write import draw, mixed, split_of


def scripts(packages):
    """Maps the names of files to their rows."""
    rows, seen = {}, set()
    for library, path, code in [*galleries(packages), *examples(packages)]:
        code = code.strip() + "\n"
        if len(code) < 120 or len(code) > 12_000 or code in seen or not parses(code):
            continue
        seen.add(code)
        rows.setdefault(split_of(path, 0.05, 0.0), []).append({"repo": library, "path": path, "content": code})
    return {f"python-{split}": mixed(rows[split], lambda row: row["path"] + row["content"]) for split in ("train", "validation")}


def galleries(packages):
    """(library, path, code) of the example scripts, their long introductions taken off."""
    for library, name, suffix, below in [
        ("scikit-learn", "python-sklearn-doc", ".py", "/examples/"),
        ("scikit-image", "python-skimage-doc", ".py", "/_downloads/"),
        ("networkx", "networkx-source", ".py", "/examples/"),
        ("seaborn", "seaborn-source", ".py", "/examples/"),
    ]:
        for path, text in packages.texts(name, suffix, below):
            text = re.sub(r'^\s*(?:#[^\n]*\n)*\s*[rR]?("""|\'\'\').*?\1\s*', "", text, count=1, flags=re.DOTALL)
            # The cells of sphinx-gallery: lines of # that are prose, not comments on code.
            text = re.sub(r"(?m)^# ?%%.*(?:\n#.*)*\n?|^#{20,}.*(?:\n#.*)*\n?", "", text)
            text = re.sub(r"(?mi)^# (?:authors?|modified by|licen[cs]e|copyright|spdx)\b.*\n(?:# {3,}.*\n)*(?:#\s*\n)?", "", text)
            yield library, f"{library}/{re.sub('^[0-9a-f]{32}/', '', path.split(below)[1])}", text
    for path, text in packages.texts("seaborn-source", ".ipynb", "/doc/"):
        cells = ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        yield "seaborn", f"seaborn/{path.split('/doc/')[1]}", "\n\n".join(cell for cell in cells if not cell.lstrip().startswith("%"))


def examples(packages):
    """(library, path, code) of the examples in documentations: what stands after `>>>`, four lines or more."""
    for library, module, name, documentation in docstrings(packages):
        lines = [line.strip() for line in sections(documentation).get("Examples", "").splitlines()]
        code = [line[4:] for line in lines if line.startswith((">>> ", "... "))]
        if len(code) >= 4 and draw(f"example {module} {name}") < 0.75:
            code = [re.sub(r"\s*# doctest:.*", "", line) for line in code]
            yield library, f"{library}/{module}.{name}", "\n".join(code)


def parses(code: str) -> bool:
    """Whether it is Python 3."""
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        return False
    return True
