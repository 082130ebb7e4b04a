"""Descriptions of functions and classes, each with the line that sums it up, both by the people who wrote the code (chapter 7, summarization)."""

import re

from docstrings import docstrings, sections
from write import mixed, split_of


def summaries(packages):
    """Maps the names of files to their rows."""
    rows, seen = {}, set()
    for library, module, name, documentation in docstrings(packages):
        parts = sections(documentation)
        summary, _, description = parts[""].strip().partition("\n\n")
        notes = re.split(r"\n\n", parts.get("Notes", "").strip())
        summary, text = prose(summary), " ".join(filter(None, [prose(description), *(prose(note) for note in notes[:2])]))
        words = text.split()
        if not 4 <= len(summary.split()) <= 20 or not 25 <= len(words) or not good(summary, text) or text[:200] in seen or summary in seen:
            continue
        seen.update((text[:200], summary))
        text = " ".join(words[:160]) + (" …" if len(words) > 160 else "")
        # Functions of one module resemble each other: they stay together.
        split = split_of(f"{library} {module}", 0.08, 0.08)
        rows.setdefault(split, []).append({"name": name, "library": library, "text": text, "summary": summary})
    return {
        f"summaries-{split}": mixed(rows[split], lambda row: row["library"] + row["name"] + row["summary"])
        for split in ("train", "validation", "test")
    }


def prose(text: str) -> str:
    """A text without the marks of reStructuredText, and without code, formulas on lines of their own, and directives."""
    kept = []
    for block in re.split(r"\n\s*\n", text):
        first = block.lstrip()
        if first.startswith((".. ", ">>>", "- ", "* ", "+-", "==", "|", "#")) or block.startswith("    ") and kept:
            continue
        kept.append(" ".join(block.split()))
    text = " ".join(kept)
    text = re.sub(
        r":(?:\w+:)?\w+:`~?\.?([^`<]+?)(?:\s*<[^>]*>)?`|``([^`]+)``|`~?\.?([^`]+)`_?", lambda match: match[1] or match[2] or match[3], text
    )
    text = re.sub(r"(?<=[.:]) [^.:]*(?:[Ee]xample|following)[^.:]*:+$", "", text)
    text = re.sub(r"\s*\[[\w-]+\]_|\\(?=\w\b)", "", text)
    return re.sub(r"(?<!\w)\*{1,2}([^*\s]+)\*{1,2}(?!\w)", r"\1", text).replace("::", ":").strip()


def good(summary: str, text: str) -> bool:
    """Whether both are sentences of English."""
    letters = sum(letter.isalpha() or letter == " " for letter in text) / len(text)
    return (
        summary[0].isupper()
        and summary.endswith(".")
        and letters > 0.88
        and not re.search(r"[\\{}]|https?:|deprecated|%\(", summary + text)
        and summary not in text
    )
