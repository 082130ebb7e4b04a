"""What differs between two runs of the same cell, and is therefore taken out of both before they are compared.

Each sanitiser has an example beside it that `tests/notebooks/test_sanitise.py` runs.
"""

import re
from dataclasses import dataclass

COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Sanitiser:
    """A pattern, what it becomes, and an example: the text before and after."""

    name: str
    pattern: re.Pattern
    replacement: str
    before: str
    after: str


def _sanitiser(name, pattern, replacement, before, after):
    return Sanitiser(name, re.compile(pattern), replacement, before, after)


_NUMBER = r"\d+(?:[.,]\d+)?"

SANITISERS = [
    _sanitiser("rate", rf"\b{_NUMBER} ?(tokens|tok|it|sentences|steps|samples|rows|[KMG]?i?B)(/s\b| (?:a|per) second\b)",
               r"<rate>", "24 tokens, 41.3 tokens/s", "24 tokens, <rate>"),
    _sanitiser("bare rate", r"\b\d[\d.,]*/s\b", "<rate>", "59 of 59 · 150,266/s", "59 of 59 · <rate>"),
    _sanitiser("minutes", r"\b\d+ ?m(?:in)? \d+ ?s\b", "<time>", "took 3 m 05 s", "took <time>"),
    _sanitiser("time", rf"\b{_NUMBER} ?(?:ns|µs|μs|us|ms|s|seconds?|minutes?)\b(?!\w)", "<time>",
               "compiled 240 ms, ran 1.25s", "compiled <time>, ran <time>"),
    _sanitiser("clock", r"\b(?:\d+:)?\d{1,2}:\d{2}\b", "<time>", "elapsed 00:00:12, left 01:05", "elapsed <time>, left <time>"),
    _sanitiser("date", r"\b20\d\d-\d\d-\d\d(?:[T ]<time>(?::\d\d)?(?:\.\d+)?Z?)?", "<date>", "saved 2026-11-22", "saved <date>"),
    _sanitiser("address", r"\b0x[0-9a-f]{6,16}\b", "<address>", "at 0x7f3a5c0012a0", "at <address>"),
    _sanitiser("cache", r"(?:/[^\s\"'<>:]+)?/(?:llm-course-rust|course)/models\b", "<cache>/models",
               "/home/ana/.cache/llm-course-rust/models/x", "<cache>/models/x"),
    _sanitiser("temporary", r"/tmp/[\w.\-/]+", "<tmp>", "wrote /tmp/x1/y.json", "wrote <tmp>"),
    _sanitiser("process", r"\b(process|pid) \d+\b", r"\1 <pid>", "process 4711 ended", "process <pid> ended"),
]


def without_colours(text: str) -> str:
    """Text without ANSI escapes."""
    return COLOURS.sub("", text)


def on_a_terminal(text: str) -> str:
    """What a line shows in the end: a carriage return goes back to its start and writes over it."""
    lines = []
    for line in text.split("\n"):
        shown = ""
        for piece in line.split("\r"):
            shown = piece + shown[len(piece):]
        lines.append(shown.rstrip())
    return "\n".join(lines)


def sanitise(text: str) -> str:
    """All of it, in order."""
    text = on_a_terminal(without_colours(text))
    for sanitiser in SANITISERS:
        text = sanitiser.pattern.sub(sanitiser.replacement, text)
    return text.strip()
