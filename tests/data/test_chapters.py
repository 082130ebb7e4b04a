"""The data of chapters 3 and 7: what their README says of them holds, nothing of a test set is in a training set, and both sides read the same."""

import gzip
import json
import re
from pathlib import Path

import pytest
from datasets import Dataset, disable_progress_bars, load_dataset

disable_progress_bars()
CHAPTERS = Path(__file__).parents[2] / "chapters"
FILES = sorted(CHAPTERS.glob("0[37]-*/data/*.jsonl.gz"))
TAGS = ["O", *(f"{place}-{kind}" for kind in ("MODULE", "CLASS", "FUNCTION", "EXCEPTION", "VALUE") for place in "BI")]


def rows(name):
    [path] = [path for path in FILES if path.name == f"{name}.jsonl.gz"]
    return [json.loads(line) for line in gzip.open(path, "rt", encoding="utf-8")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.split(".")[0])
def test_a_file_is_read_as_pythons_library_reads_it(parity, path, tmp_path):
    [ours] = parity("load", format="json", data_files={"train": [str(path)]}, cache=str(tmp_path / "ours"))["train"]
    ours = Dataset.from_file(ours)
    theirs = load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "theirs"))
    assert ours.column_names == theirs.column_names
    assert ours[:] == theirs[:]


def test_the_readme_has_the_counts_of_rows():
    text = (CHAPTERS / "03-fine-tuning/data/README.md").read_text()
    for name, count, negative, positive in re.findall(r"`([\w-]+)\.jsonl\.gz` \| ([\d,]+) \| ([\d,]+), ([\d,]+) \|", text):
        labels = [row["label"] for row in rows(name)]
        assert [len(labels), labels.count(0), labels.count(1)] == [int(number.replace(",", "")) for number in (count, negative, positive)]
    text = (CHAPTERS / "07-nlp-tasks/data/README.md").read_text()
    tables = re.findall(r"^\| [\w ]+ \| (`[^|]+) \| ([\d, ]+) \|", text, re.MULTILINE)
    assert len(tables) == 5
    for names, counts in tables:
        first, *others = re.findall(r"`([\w-]+)`", names)
        task = first.rsplit("-", 1)[0]
        found = [len(rows(first)), *(len(rows(name if name.startswith(task) else task + name)) for name in others)]
        assert [f"{count:,}" for count in found] == re.split(r", (?=\d)", counts), task


def test_labels_are_the_signs_of_ratings():
    for name in ("films-train", "films-validation", "films-test", "products-train", "products-test"):
        for row in rows(name):
            assert row["label"] == (row["rating"] > 0) and 0.5 <= abs(row["rating"]) <= 4, row


def test_every_word_has_a_tag_and_names_begin_with_b():
    for split in ("train", "validation", "test"):
        for row in rows(f"entities-{split}"):
            tags = [TAGS[tag] for tag in row["ner_tags"]]
            assert len(tags) == len(row["tokens"])
            for before, tag in zip(["O", *tags], tags):
                assert not tag.startswith("I-") or before[2:] == tag[2:], row


def test_answers_stand_where_they_are_said_to():
    for name in ("questions-train", "questions-validation", "questions-test"):
        for row in rows(name):
            [text], [start] = row["answers"]["text"], row["answers"]["answer_start"]
            assert text and row["context"][start : start + len(text)] == text, row
    assert all(row["answers"] == {"text": [], "answer_start": []} for row in rows("questions-impossible"))


def test_placeholders_are_the_same_in_both_languages():
    for split in ("train", "validation", "test"):
        for row in rows(f"english-french-{split}"):
            english, french = (sorted(re.findall(r"\{\w*\}|%\(\w+\)\w", row["translation"][language])) for language in ("en", "fr"))
            assert english == french, row


@pytest.mark.parametrize(
    "name, key",
    [
        ("films", lambda row: row["text"].lower()),
        ("products", lambda row: row["text"].lower()),
        ("entities", lambda row: " ".join(row["tokens"])),
        ("questions", lambda row: row["context"]),
        ("english-french", lambda row: row["translation"]["en"].lower()),
        ("summaries", lambda row: row["text"]),
        ("python", lambda row: row["content"]),
    ],
)
def test_nothing_of_a_test_set_is_in_a_training_set(name, key):
    seen = {key(row) for row in rows(f"{name}-train")}
    others = [path.name.split(".")[0] for path in FILES if path.name.startswith(name) and "train" not in path.name]
    assert others
    for other in others:
        if other != "questions-impossible":
            assert not seen & {key(row) for row in rows(other)}, other
