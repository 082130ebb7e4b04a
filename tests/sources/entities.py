"""Sentences of Python's documentation in which modules, classes, functions, exceptions and values are marked (chapter 7, token classification).

The marks are those of the people who wrote the documentation: `:mod:`json``, `:exc:`KeyError``.
"""

import collections
import re

from documentation import ROLE, blocks, documents, is_prose, shown
from write import mixed, split_of

KINDS = {
    "mod": "MODULE",
    "class": "CLASS",
    "func": "FUNCTION",
    "meth": "FUNCTION",
    "exc": "EXCEPTION",
    "const": "VALUE",
    "data": "VALUE",
    "attr": "VALUE",
}
TAGS = ["O", *(f"{place}-{kind}" for kind in ("MODULE", "CLASS", "FUNCTION", "EXCEPTION", "VALUE") for place in "BI")]
WORD = re.compile(r"[A-Za-z_][\w]*(?:['.\-][A-Za-z_]\w*)*|\d+(?:[.,]\d+)*|[^\w\s]")
CODE = re.compile(r"\w*(?:[a-z]\w*[A-Z]|_|\w\.\w)")
FOLDERS = ("library/", "tutorial/", "howto/", "faq/", "reference/", "whatsnew/3")
LEFT, RIGHT, LITERAL = "\ue000", "\ue001", "\ue002"


def entities(packages):
    """Maps the names of files to their rows."""
    sentences = []
    for document, text in documents(packages):
        if document.startswith(FOLDERS):
            for block in blocks(text):
                if is_prose(block):
                    sentences += [(document, sentence) for sentence in sentences_of(" ".join(line.strip() for line in block))]
    marked = collections.Counter()
    for _, (words, tags, _) in sentences:
        marked.update(word for word, tag in zip(words, tags) if tag != "O")
    files, seen = collections.defaultdict(list), set()
    for document, (words, tags, literals) in mixed(sentences, lambda pair: pair[0] + " ".join(pair[1][0])):
        # Where a name that is marked elsewhere stands as plain text, the sentence is left out: nobody can know what was meant.
        unmarked = [word for word, tag in zip(words, tags) if tag == "O" and (word in literals or CODE.match(word))]
        if " ".join(words) in seen or any(marked[word] > 1 for word in unmarked):
            continue
        seen.add(" ".join(words))
        split = split_of(document, 0.09, 0.09)
        room = 4_000 if split == "train" else 600
        bare = sum(not any(row["ner_tags"]) for row in files[split])
        if len(files[split]) < room and (any(tag != "O" for tag in tags) or bare < room // 8):
            files[split].append({"id": len(files[split]), "tokens": words, "ner_tags": [TAGS.index(tag) for tag in tags]})
    return {f"entities-{split}": files[split] for split in ("train", "validation", "test")}


def sentences_of(text: str):
    """Triples (words, tags, words that are written as literals) of the sentences of a paragraph that are 5 to 40 words long."""
    text = ROLE.sub(lambda match: f"{LEFT}{match[1]} {shown(match[1], match[2])}{RIGHT}", text)
    text = re.sub(r"``([^`]+)``", lambda match: f"{LITERAL}{match[1]}{LITERAL}", text)
    text = re.sub(r"`([^`<]+?)\s*<[^>]*>`_+", r"\1", text)
    text = re.sub(r"(?<![\w*])\*{1,2}([^*\s][^*]*?)\*{1,2}(?![\w*])", r"\1", text)
    if re.search(r"[`|\\]|https?:", text):
        return
    for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z\ue000])", text.rstrip(":")):
        if not sentence.endswith((".", "!", "?")) or not sentence[0].isupper() and sentence[0] != LEFT:
            continue
        words, tags, literals = [], [], set()
        for piece in re.split(f"({LEFT}[^{RIGHT}]*{RIGHT}|{LITERAL}[^{LITERAL}]*{LITERAL})", sentence):
            kind = None
            if piece.startswith(LEFT):
                role, piece = piece[1:-1].split(" ", 1)
                kind = KINDS.get(role)
            found = WORD.findall(piece.strip(LITERAL))
            if piece.startswith(LITERAL):
                literals.update(found)
            words += found
            tags += [f"{'I' if number else 'B'}-{kind}" if kind else "O" for number in range(len(found))]
        if 5 <= len(words) <= 40 and all(len(word) < 40 for word in words):
            yield words, tags, literals
