"""Compares a cell's outputs with the committed ones, by MIME type.

A cell's policy is `metadata.course.check`: `"text"` (the default: plain text exactly, after sanitising; floats nearly),
`"structure"` (the same outputs of the same types, whatever they say) or `"none"`.
"""

import re
from html.parser import HTMLParser

from .sanitise import sanitise

POLICIES = ("text", "structure", "none")
# Relative; sums in another order and other processors' fused operations stay far below it.
TOLERANCE = 1e-3
NUMBER = re.compile(r"[-+]?(?:\d+\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)")


def policy(cell) -> str:
    """The policy of a cell."""
    chosen = cell.metadata.get("course", {}).get("check", "text")
    assert chosen in POLICIES, f"metadata.course.check is {chosen!r}, not one of {POLICIES}"
    return chosen


def differences(expected: list, actual: list, how: str = "text") -> list[str]:
    """What differs, each in a line or two; empty when nothing does."""
    if how == "none":
        return []
    expected, actual = merged(expected), merged(actual)
    kinds = [kind(output) for output in expected], [kind(output) for output in actual]
    if kinds[0] != kinds[1]:
        return [f"expected the outputs {kinds[0]}\n     got the outputs {kinds[1]}"]
    if how == "structure":
        return []
    found = []
    for number, (before, after) in enumerate(zip(expected, actual), 1):
        found += [f"output {number}: {line}" for line in _output(before, after)]
    return found


def merged(outputs: list) -> list:
    """Outputs with neighbouring pieces of one stream put together, and streams that show nothing left out."""
    joined = []
    for output in outputs:
        output = dict(output)
        if output["output_type"] == "stream":
            if joined and joined[-1]["output_type"] == "stream" and joined[-1]["name"] == output["name"]:
                joined[-1]["text"] += output["text"]
                continue
        joined.append(output)
    return [output for output in joined if output["output_type"] != "stream" or sanitise(output["text"])]


def kind(output: dict) -> str:
    """`stdout`, `error`, or the MIME types of a display."""
    match output["output_type"]:
        case "stream":
            return output["name"]
        case "error":
            return "error"
        case other:
            return f"{other}({', '.join(sorted(output['data']))})"


def _output(before: dict, after: dict) -> list[str]:
    if before["output_type"] == "stream":
        return _text(before["text"], after["text"])
    if before["output_type"] == "error":
        return _text(f"{before['ename']}: {before['evalue']}", f"{after['ename']}: {after['evalue']}")
    found = []
    for mime in before["data"]:
        if mime == "text/plain":
            found += _text(before["data"][mime], after["data"][mime])
        elif mime in ("text/html", "image/svg+xml"):
            found += _structure(mime, before["data"][mime], after["data"][mime])
    return found


def _text(before: str, after: str) -> list[str]:
    before, after = sanitise(_joined(before)), sanitise(_joined(after))
    if same_text(before, after):
        return []
    old, new = before.split("\n"), after.split("\n")
    for number, (left, right) in enumerate(zip(old, new), 1):
        if not same_text(left, right):
            return [f"line {number}: expected {left!r}\n        got {right!r}"]
    return [f"expected {len(old)} lines, got {len(new)}; the last of them: {after[-200:]!r}"]


def same_text(before: str, after: str) -> bool:
    """Equal but for floats, which may differ by the tolerance or by one in the last place printed."""
    if before == after:
        return True
    if NUMBER.sub("#", before) != NUMBER.sub("#", after):
        return False
    return all(_near(left, right) for left, right in zip(NUMBER.findall(before), NUMBER.findall(after)))


def _near(left: str, right: str) -> bool:
    place = max(_last_place(left), _last_place(right))
    return abs(float(left) - float(right)) <= max(TOLERANCE * abs(float(left)), 1.01 * place)


def _last_place(number: str) -> float:
    digits, _, exponent = number.lower().partition("e")
    decimals = len(digits.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals)


def _structure(mime: str, before: str, after: str) -> list[str]:
    old, new = shape(_joined(before)), shape(_joined(after))
    if old[0] != new[0]:
        return [f"{mime}: the elements differ: {_first_difference(old[0], new[0])}"]
    return [f"{mime}: {line}" for line in _text("\n".join(old[1]), "\n".join(new[1]))]


def _first_difference(old: list, new: list) -> str:
    for place, (left, right) in enumerate(zip(old, new)):
        if left != right:
            return f"element {place + 1}: expected <{left}>, got <{right}>"
    return f"expected {len(old)} elements, got {len(new)}"


def shape(markup: str) -> tuple[list[str], list[str]]:
    """The elements of HTML or SVG in order, and its texts; attributes may change freely."""
    reader = _Shape()
    reader.feed(markup)
    reader.close()
    return reader.elements, reader.texts


class _Shape(HTMLParser):
    def __init__(self):
        super().__init__()
        self.elements, self.texts = [], []
        self._style = 0

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self._style += tag == "style"

    def handle_startendtag(self, tag, attrs):
        self.elements.append(tag)

    def handle_endtag(self, tag):
        self._style -= tag == "style"

    def handle_data(self, data):
        if data.strip() and not self._style:
            self.texts.append(data.strip())


def _joined(text) -> str:
    return "".join(text) if isinstance(text, list) else text
