"""`cargo xtask notebooks format` writes what Python's nbformat writes, byte by byte, whatever a notebook holds."""

import json
import os
import random
import shutil
import subprocess

import nbformat
import pytest
from nbformat import v4

ODD = ["", "a\n", "\n\n", "a\r\nb\rc", "line\u2028separator\u2029s", "form\x0cfeed \x0b\x1c\x1d\x1e\x85", "tab\t\"quote\" \\ \x00\x01\x7f", "🦀 é ￿",
       "no newline", "</script>", " "]


def odd_notebook():
    """Every kind of cell and output, with everything in them that a writer may stumble over."""
    made = v4.new_notebook()
    for number, text in enumerate(ODD):
        made.cells.append(v4.new_markdown_cell(text, id=f"m-{number}", attachments={"a b.png": {"image/png": "aGk=\n", "text/plain": text}}))
        made.cells.append(v4.new_raw_cell(text, id=f"r-{number}", metadata={"format": "text/x"}))
        outputs = [
            v4.new_output("stream", name="stderr", text=text),
            v4.new_output("error", ename="E", evalue=text, traceback=[text, "x"]),
            v4.new_output("display_data", {"text/plain": text, "text/html": text, "image/svg+xml": text, "application/javascript": text,
                                           "image/png": text, "application/json": {"b": [text], "a": None},
                                           "application/vnd.x+json": [text, "y"]}, metadata={"isolated": True}),
            v4.new_output("execute_result", {"text/plain": text}, execution_count=number),
        ]
        made.cells.append(v4.new_code_cell(text, id=f"c-{number}", outputs=outputs, execution_count=number or None,
                                           metadata={"tags": ["é"], "trusted": True}))
    numbers = [0, -0.0, 0.1, 1e-5, 1e-4, 1e15, 1e16, 1.5e300, 5e-324, 2**63, -(2**63), 123456789.0, 0.30000000000000004, 1e22, True, None]
    made.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"x": {"model_module": "m", "model_module_version": "1",
                                                                                           "model_name": "n", "state": {"value": numbers}}},
                                                                           "version_major": 2, "version_minor": 0}}
    made.metadata.update(zebra=1, Alpha={"ß": 1, "z": 2, "🦀": 3}, orig_nbformat=3)
    return made


def random_value(draw: random.Random, depth=0):
    """Any JSON value."""
    kinds = ["text", "number", "float", "bool", "null"] + (["list", "object"] if depth < 3 else [])
    match draw.choice(kinds):
        case "text":
            return "".join(draw.choice(ODD) for _ in range(draw.randrange(3)))
        case "number":
            return draw.randrange(-(2**63), 2**64)
        case "float":
            return draw.uniform(-1, 1) * 10.0 ** draw.randrange(-300, 300)
        case "bool":
            return draw.random() < 0.5
        case "list":
            return [random_value(draw, depth + 1) for _ in range(draw.randrange(4))]
        case "object":
            return {draw.choice(ODD) + str(draw.randrange(9)): random_value(draw, depth + 1) for _ in range(draw.randrange(4))}
        case _:
            return None


def random_notebook(seed: int):
    """A notebook with any metadata and outputs."""
    draw = random.Random(seed)
    made = v4.new_notebook(metadata={"mine": random_value(draw)})
    for number in range(draw.randrange(6)):
        text = "".join(draw.choice(ODD) for _ in range(3))
        cell = v4.new_code_cell(text, id=f"cell-{number}", metadata={"course": random_value(draw)})
        cell.outputs = [v4.new_output("display_data", {"text/html": text, "application/json": random_value(draw)})]
        made.cells.append(cell)
    return made


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory):
    """Notebooks, each as nbformat has written it, and the same in another form."""
    folder = tmp_path_factory.mktemp("notebooks")
    for seed in range(60):
        made = odd_notebook() if seed == 0 else random_notebook(seed)
        nbformat.write(made, folder / f"{seed}.wanted")
        # Keys in another order, texts in one piece, everything escaped, no indentation: what another program may write.
        whole = json.loads((folder / f"{seed}.wanted").read_text())
        for cell in whole["cells"]:
            cell["source"] = "".join(cell["source"])
        shuffled = dict(reversed(whole.items()))
        (folder / f"{seed}.ipynb").write_text(json.dumps(shuffled, ensure_ascii=True))
    return folder


def test_every_byte_is_nbformats(root, notebooks):
    xtask = os.environ.get("XTASK") or shutil.which("xtask", path=str(root / "target" / "release"))
    done = subprocess.run([xtask, "notebooks", "format", str(notebooks)], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    differ = [path.name for path in notebooks.glob("*.ipynb") if path.read_bytes() != path.with_suffix(".wanted").read_bytes()]
    assert not differ, f"{differ[0]}: {(notebooks / differ[0]).read_text()[:500]}"
    again = subprocess.run([xtask, "notebooks", "format", str(notebooks)], cwd=root, capture_output=True, text=True)
    assert again.stdout == "", "what it has written is written as it is"
