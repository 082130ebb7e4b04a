"""Reads the source of Python's documentation: paragraphs of prose, and what is documented with its name, signature and text."""

import re

ROLE = re.compile(r":(?:[a-z]+:)?([A-Za-z]+):`([^`]+)`")
DIRECTIVE = re.compile(
    r"^( *)\.\. (?:py:)?(function|method|class|exception|data|attribute|decorator|classmethod|staticmethod|coroutinefunction|coroutinemethod)::\s+(.*)$"
)
VERSION = re.compile(r"^( *)\.\. (versionadded|versionchanged|deprecated)::\s+(\S+)\s*(.*)$")


def documents(packages):
    """Pairs (name of the document, its source), such as ("library/json", "…")."""
    for path, text in packages.texts("python3.11-doc", ".rst.txt", "/_sources/"):
        yield path.split("/_sources/")[1].removesuffix(".rst.txt"), text


def shown(role: str, target: str) -> str:
    """What a reader sees of `:role:`target``."""
    if match := re.fullmatch(r"(.*?)\s*<[^>]*>", target, re.DOTALL):
        return match[1]
    target = target.lstrip("!").lstrip(".")
    if target.startswith("~"):
        target = target[1:].split(".")[-1]
    if role.lower() in ("pep", "rfc"):
        return f"{role.upper()} {target}"
    return target.rstrip("()") if role in ("func", "meth") else target


def blocks(text: str):
    """The blocks between empty lines, as lists of lines."""
    block = []
    for line in [*text.splitlines(), ""]:
        if line.strip():
            block.append(line.rstrip())
        elif block:
            yield block
            block = []


def indent(line: str) -> int:
    """How far a line is set in."""
    return len(line) - len(line.lstrip())


def is_prose(block: list[str]) -> bool:
    """Whether a block is a paragraph of text: no directive, heading, list, table, or code."""
    first = block[0].lstrip()
    if (
        first.startswith((".. ", ">>>", "...", "|", "+-", "==", ":", "#", "- ", "* ", "$ ", "%"))
        or len({indent(line) for line in block}) > 1
    ):
        return False
    if any(re.fullmatch(r"\s*([=\-~^*\"'.#+])\1{2,}[=\-~^*\"'.#+ ]*", line) for line in block):
        return False
    text = " ".join(block)
    return bool(re.match(r"[A-Z`:*\"(]", first)) and text.rstrip().endswith((".", ":", "?", "!")) and not text.rstrip().endswith("::")


def entries(text: str):
    """What is documented by directives: (kind, name, signature, paragraphs), the paragraphs as they are in the source."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if not (match := DIRECTIVE.match(line)):
            continue
        depth, body = len(match[1]), []
        for following in lines[number + 1 :]:
            if following.strip() and indent(following) <= depth:
                break
            body.append(following)
        yield match[2], re.match(r"[\w.]*", match[3])[0], match[3], list(paragraphs(body))


def paragraphs(body: list[str]):
    """The paragraphs of prose of an entry, up to the first entry within it; notes on versions become sentences."""
    blocks_of_body = list(blocks("\n".join(body)))
    if not blocks_of_body:
        return
    usual = min(indent(line) for line in blocks_of_body[0] if line.strip())
    for block in blocks_of_body:
        if DIRECTIVE.match(block[0]):
            return
        if match := VERSION.match(block[0]):
            said = {"versionadded": "New in version", "versionchanged": "Changed in version", "deprecated": "Deprecated since version"}[
                match[2]
            ]
            rest = " ".join([match[4], *(line.strip() for line in block[1:])]).strip()
            yield f"{said} {match[3]}" + (f": {rest}" if rest else ".")
        elif (first := block[0].strip()).startswith(".. availability::"):
            yield "Availability: " + first.split("::", 1)[1].strip()
        elif is_prose(block) and indent(block[0]) == usual:
            yield " ".join(line.strip() for line in block)
