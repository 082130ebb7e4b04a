"""Sentences from reviews of films and of electronics, rated by twenty people each (chapter 3)."""

import io
import tarfile

from write import mixed, split_of

# Sentences whose mean rating is nearer to 0 than this say neither, or both; they are left out.
UNDECIDED = 0.5


def reviews(packages):
    """Maps the names of files to their rows."""
    [read] = [read for path, read in packages.members("vadersentiment") if path.endswith("hutto_ICWSM_2014.tar.gz")]
    archive = tarfile.open(fileobj=io.BytesIO(read()))
    films = rows(archive.extractfile("hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt").read().decode(), lambda number: number)
    # Sentences of one review of a product stand together: "309_8" is the eighth of review 309.
    products = rows(
        archive.extractfile("hutto_ICWSM_2014/amazonReviewSnippets_GroundTruth.txt").read().decode(), lambda number: number.split("_")[0]
    )
    files = {}
    for name in ("train", "validation", "test"):
        files[f"films-{name}"] = [row for split, row in films if split == name]
    for name in ("train", "test"):
        files[f"products-{name}"] = [row for split, row in products if (split == "test") == (name == "test")]
    return files


def rows(text: str, key):
    """Pairs (split, row) of the lines `number TAB mean rating TAB sentence`."""
    found, seen = [], set()
    for line in text.splitlines():
        number, rating, sentence = line.split("\t")
        sentence = " ".join(sentence.replace("''", '"').split())
        rating = round(float(rating), 2)
        if abs(rating) < UNDECIDED or sentence.lower() in seen:
            continue
        seen.add(sentence.lower())
        found.append(
            (split_of(key(number), test=0.15 if "_" in number else 0.1), {"text": sentence, "label": int(rating > 0), "rating": rating})
        )
    return mixed(found, lambda pair: pair[1]["text"])
