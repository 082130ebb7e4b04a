"""Handing notebooks to other people's tools."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat

KERNELSPEC = {"display_name": "Rust (LLM course)", "language": "rust", "name": "rust-course"}


def chapters(root: Path) -> list[Path]:
    """The chapters' notebooks that have exercises."""
    return [path for path in sorted((root / "chapters").rglob("*.ipynb")) if '"nbgrader"' in path.read_text(encoding="utf-8")]


def notebook(path: Path, *cells: str) -> Path:
    """Writes a notebook of code cells."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata={"kernelspec": KERNELSPEC})
    nbformat.write(made, path)
    return path


def run(*command, folder: Path) -> subprocess.CompletedProcess:
    """Runs a tool's program in a folder."""
    return subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=600, env=os.environ)


def module(*arguments, folder: Path) -> subprocess.CompletedProcess:
    """Runs a module of the tools' Python."""
    return run(sys.executable, "-m", *arguments, folder=folder)
