"""Questions about Python's library, each with the passage of the documentation that answers it and the place of the answer (chapter 7).

A question is made of a sentence of the documentation that has one of the forms below; the answer is a part of that sentence. The passage is
the whole entry, so that a model has to find the sentence among others.
"""

import collections
import re

from documentation import ROLE, documents, entries, shown
from write import draw, mixed, split_of

# Marks around names of parameters and around names of things, removed once the forms below have been looked for.
P, Q, N, M = "\ue000", "\ue001", "\ue002", "\ue003"
PARAMETER, NAME = f"{P}[^{Q}]*{Q}", f"{N}[^{M}]*{M}"
REST = r"[^.:;]*?(?:[.:]\w[^.:;]*?)*?"

START, END = r"(?:^|(?<=\. )|(?<=\): ))", r"(?=[.;](?:\s|$))"

# (name of the form, pattern with a group `answer`, ways to ask). In a question {name} is what the entry documents, {0} and {1} are the other groups.
FORMS = [
    (
        "added",
        r"New in version (?P<answer>[\d.]*\d)\b",
        ["In which version was {name} added?", "Since which version is there {name}?", "Which version of Python brought {name}?"],
    ),
    (
        "deprecated",
        r"Deprecated since version (?P<answer>[\d.]*\d)\b",
        ["Since which version is {name} deprecated?", "Which version deprecated {name}?"],
    ),
    (
        "changed",
        rf"Changed in version ([\d.]*\d): (?P<answer>{REST}){END}",
        ["What changed in {name} in version {0}?", "What is different in {name} since Python {0}?"],
    ),
    (
        "available",
        r"Availability: (?P<answer>[^.]+?)(?=\.|$| New in| Changed in)",
        ["On which systems is {name} available?", "Where can {name} be used?"],
    ),
    (
        "raises-what",
        rf"(?:[Rr]aises?|[Rr]aising) (?:an? |the )?(?P<answer>{NAME})(?: exception)? (?:if|when) ({REST}){END}",
        ["What is raised if {0}?", "Which exception does {name} raise if {0}?", "What happens if {0}?"],
    ),
    (
        "raises-what",
        rf"{START}If ({REST}), (?:an? |the )?(?P<answer>{NAME})(?: exception)? (?:is|will be) raised",
        ["What is raised if {0}?", "Which exception do I get if {0}?"],
    ),
    (
        "raises-when",
        rf"(?:[Rr]aises?|[Rr]aising) (?:an? |the )?({NAME})(?: exception)? (?P<answer>(?:if|when) {REST}){END}",
        ["When does {name} raise {0}?", "When is {0} raised?"],
    ),
    (
        "raised-when",
        rf"{START}(?:This exception is )?[Rr]aised (?P<answer>(?:when|if|by|for|to) {REST}){END}",
        ["When is {name} raised?", "What does {name} tell?", "When do I get {name}?"],
    ),
    (
        "returns",
        rf"{START}Returns? (?P<answer>{REST})(?=[.;](?:\s|$)|, (?:or|and|if|but) )",
        ["What does {name} return?", "What do I get from {name}?", "What is the result of {name}?"],
    ),
    (
        "condition",
        rf"{START}If ({PARAMETER} (?:is|are|has|evaluates|contains|does)\b[^,.;:]*), (?:then )?(?P<answer>[a-z\ue000\ue002]{REST}){END}",
        ["What happens if {0}?", "And if {0}?", "What does {name} do if {0}?"],
    ),
    (
        "default",
        rf"({PARAMETER})(?: argument| parameter)? defaults to (?P<answer>{REST})(?=[.;,)])",
        ["What is the default of {0}?", "What does {0} default to?", "Which value has {0} if I do not give one?"],
    ),
    (
        "default",
        rf"(?:The default|By default,?)(?: value)? (?:for|of) ({PARAMETER}) is (?P<answer>{REST})(?=[.;,)])",
        ["What is the default of {0}?"],
    ),
    (
        "parameter",
        rf"{START}(?:The )?(?:optional )?(?:argument |parameter )?({PARAMETER})(?: argument| parameter)? (?:specifies|determines|controls|sets|indicates|gives|describes|defines) (?P<answer>{REST}){END}",
        ["What does {0} specify?", "What is {0} for?", "What is {0} in {name}?"],
    ),
    (
        "parameter",
        rf"{START}(?:The )?(?:optional )?({PARAMETER})(?: argument| parameter)? (?:must|should|can|may) be (?P<answer>{REST}){END}",
        ["What must {0} be?", "What can I give as {0}?"],
    ),
    (
        "same",
        rf"(?:[Ee]quivalent to|[Ss]ame as|[Aa]lias (?:for|of)|[Ss]horthand for) (?P<answer>(?:the )?{NAME})",
        ["What is {name} equivalent to?", "What is {name} another name for?"],
    ),
    (
        "subclass",
        rf"(?:[Ss]ubclass of|[Ii]nherits from|[Dd]erived from) (?P<answer>{NAME})",
        ["What is {name} a subclass of?", "From what does {name} inherit?"],
    ),
]
ROOM = {"returns": 900, "added": 500, "changed": 600, "condition": 900}


def questions(packages):
    """Maps the names of files to their rows."""
    rows, impossible = collections.defaultdict(list), []
    asked = collections.Counter()
    for document, kind, name, context, marked in mixed(list(passages(packages)), lambda passage: passage[0] + passage[3]):
        split = split_of(document, 0.13, 0.1)
        found = {}
        for form, pattern, ways in FORMS:
            for match in re.finditer(pattern, marked):
                answer = plain(match["answer"]).strip(" ,")
                others = [plain(group) for group in match.groups() if group != match["answer"]]
                start = len(plain(marked[: match.start("answer")])) + len(plain(match["answer"])) - len(plain(match["answer"]).lstrip(" ,"))
                if (
                    not 1 <= len(answer.split()) <= 22
                    or any(len(other.split()) > 16 for other in others)
                    or context[start : start + len(answer)] != answer
                ):
                    continue
                way = ways[int(draw(f"way {context} {form} {match.start()}") * len(ways))]
                question = way.format(*others, name=name)
                if question not in found:
                    found[question] = (
                        form,
                        {
                            "id": "",
                            "title": document,
                            "context": context,
                            "question": question,
                            "answers": {"text": [answer], "answer_start": [start]},
                        },
                    )
        forms = {form for form, _ in found.values()}
        for question, (form, row) in found.items():
            if split == "train" and asked[form] >= ROOM.get(form, 600):
                continue
            asked[form] += split == "train"
            rows[split].append(row)
        for form, pattern, ways in FORMS:
            if (
                form in ("added", "deprecated", "available", "same", "subclass")
                and form not in forms
                and split != "train"
                and draw(f"impossible {context} {form}") < 0.06
            ):
                row = {
                    "id": "",
                    "title": document,
                    "context": context,
                    "question": ways[0].format(name=name),
                    "answers": {"text": [], "answer_start": []},
                }
                impossible.append(row)
    files = {
        "questions-train": rows["train"][:4_000],
        "questions-validation": rows["validation"][:500],
        "questions-test": rows["test"][:500],
        "questions-impossible": impossible[:200],
    }
    for file, chosen in files.items():
        for number, row in enumerate(chosen):
            row["id"] = f"{file.split('-')[1]}-{number}"
    return files


def passages(packages):
    """(document, kind, name, passage, the passage with marks) of every entry with 25 to 220 words."""
    seen = set()
    for document, text in documents(packages):
        if not document.startswith("library/"):
            continue
        for kind, name, signature, paragraphs in entries(text):
            text = " ".join(paragraphs)
            if len(paragraphs) < 1 or not name or name in seen or re.search(r"\|\w|`_|\\\w", text):
                continue
            marked = ROLE.sub(lambda match: f"{N}{shown(match[1], match[2])}{M}", text)
            marked = re.sub(r"``([^`]+)``", rf"{N}\1{M}", marked)
            marked = re.sub(r"\*\*([^*\s][^*]*?)\*\*", r"\1", marked)
            marked = re.sub(r"(?<![\w*])\*([^*\s][^*]*?)\*(?![\w*])", rf"{P}\1{Q}", marked)
            if "`" in marked or "http" in marked or not 25 <= len(marked.split()) <= 200 or len(signature) > 160:
                continue
            seen.add(name)
            marked = f"{signature.strip()}: {marked}"
            yield document, kind, name, plain(marked), marked


def plain(text: str) -> str:
    """The text without the marks."""
    return re.sub(f"[{P}{Q}{N}{M}]", "", text)
