"""Texts of user interfaces in English and French, as translated by the people of six projects (chapter 7, translation)."""

import gettext
import io
import json
import re

from write import mixed, split_of

CATALOGUES = ["jupyterlab-language-pack-fr-FR", "spyder", "wagtail", "django", "sphinx"]
WORDS = range(2, 31)


def translations(packages):
    """Maps the names of files to their rows."""
    rows, seen = {}, set()
    for source, english, french in pairs(packages):
        english, french = clean(english), clean(french)
        # The same words in both languages, or the same English twice: nothing to learn, or two things at once.
        if english.lower() in seen or not usable(english, french):
            continue
        seen.add(english.lower())
        rows.setdefault(split_of(english.lower(), 0.07, 0.07), []).append((source, english, french))
    files = {}
    for split in ("train", "validation", "test"):
        chosen = mixed(rows[split], lambda row: row[1])
        files[f"english-french-{split}"] = [
            {"id": number, "translation": {"en": english, "fr": french}, "source": source}
            for number, (source, english, french) in enumerate(chosen)
        ]
    return files


def pairs(packages):
    """Triples (package, English, French)."""
    for name in CATALOGUES:
        for path, read in sorted(packages.members(name), key=lambda member: member[0]):
            if path.endswith(".mo") and re.search(r"/(fr|fr_FR)/", path):
                catalogue = gettext.GNUTranslations(io.BytesIO(read()))._catalog
                for english, french in catalogue.items():
                    if isinstance(english, str) and english and isinstance(french, str):
                        yield name, english.split("\x04")[-1], french
    files = dict(packages.members("homeassistant"))
    for path in sorted(files):
        english = path.replace("/fr.json", "/en.json")
        if path.endswith("/translations/fr.json") and english in files:
            yield from (("homeassistant", *pair) for pair in beside(json.loads(files[english]()), json.loads(files[path]())))


def beside(english, french):
    """The texts that stand at the same place in both."""
    if isinstance(english, dict) and isinstance(french, dict):
        for key in english:
            if key in french:
                yield from beside(english[key], french[key])
    elif isinstance(english, str) and isinstance(french, str):
        yield english, french


def clean(text: str) -> str:
    """Without marks of menus, and with plain spaces."""
    return " ".join(re.sub(r"&(?=\w)|\u200b", "", text).split())


def usable(english: str, french: str) -> bool:
    """Whether a pair is a translation of text, of a length that a small model can learn."""
    if re.search(r"[<>\[\]|\\]|https?:|\[%key|%key|^\W*$", english + french) or english.lower() == french.lower():
        return False
    if len(english.split()) not in WORDS or len(french.split()) not in range(1, 41):
        return False
    # A placeholder that is missing on one side, or a length that does not fit: something went wrong.
    holes = [sorted(re.findall(r"%\(\w+\)\w|%\w|\{\w*\}", text)) for text in (english, french)]
    return holes[0] == holes[1] and 0.4 < len(french) / len(english) < 3
