"""What `push_to_hub` of the course leaves in a repository, read by Python's `datasets`."""

import random

import pytest
import yaml
from datasets import ClassLabel, Dataset, DatasetDict, Features, LargeList, List, Value, get_dataset_config_names, load_dataset

FEATURES = {
    "text": Value("string"),
    "n": Value("int32"),
    "score": Value("float32"),
    "yes": Value("bool"),
    "label": ClassLabel(names=["neg", "no", "1", "it's: odd", "größe"]),
    "ids": List(Value("int64")),
    "pair": List(Value("int8"), length=2),
    "far": LargeList(Value("string")),
    "a: b": {"who": Value("string"), "marks": List({"at": Value("timestamp[us]"), "by": ClassLabel(names=["x", "y"])})},
}


def value(feature, rng):
    if isinstance(feature, dict):
        return {name: value(inner, rng) for name, inner in feature.items()}
    if isinstance(feature, List | LargeList):
        return [value(feature.feature, rng) for _ in range(getattr(feature, "length", -1) if getattr(feature, "length", -1) > 0 else rng.randrange(3))]
    if isinstance(feature, ClassLabel):
        return rng.randrange(len(feature.names))
    kind = feature.dtype
    if kind.startswith("int"):
        return rng.randrange(100)
    if kind.startswith("float"):
        return rng.randrange(8) / 4
    if kind.startswith("timestamp"):
        return rng.randrange(10**15)
    return rng.random() < 0.5 if kind == "bool" else rng.choice(["", "a", "日本語", "two\nlines", "naïve: #x"])


def dataset(rng, features, rows):
    return Dataset.from_list([{name: value(feature, rng) for name, feature in features.items()} for _ in range(rows)], features=features)


def head(folder):
    _, front, _ = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front)


@pytest.mark.parametrize("seed", range(4))
def test_python_reads_what_was_pushed(parity, tmp_path, seed):
    rng = random.Random(seed)
    names = rng.sample(sorted(FEATURES), rng.randrange(2, len(FEATURES) + 1))
    features = Features({name: FEATURES[name] for name in names})
    splits = DatasetDict({name: dataset(rng, features, rng.randrange(1, 40)) for name in ["train", "test", "dev.small"][: rng.randrange(1, 4)]})
    splits.save_to_disk(str(tmp_path / "splits"))
    more = dataset(rng, features, 7)
    more.save_to_disk(str(tmp_path / "more"))
    other = DatasetDict({"train": dataset(rng, Features({"x": Value("int64")}), 3)})
    other.save_to_disk(str(tmp_path / "other"))
    pushes = [
        {"from": str(tmp_path / "splits"), "config": "default"},
        {"from": str(tmp_path / "more"), "config": "default", "split": "validation"},
        {"from": str(tmp_path / "other"), "config": "other"},
    ]
    parity("dataset-push", pushes=pushes, to=str(tmp_path / "repository"))

    info = {entry["config_name"]: entry for entry in head(tmp_path / "repository")["dataset_info"]}
    assert info["default"]["features"] == features._to_yaml_list()
    assert {split["name"]: split["num_examples"] for split in info["default"]["splits"]} == {
        **{name: len(rows) for name, rows in splits.items()},
        "validation": 7,
    }
    assert get_dataset_config_names(str(tmp_path / "repository")) == ["default", "other"]
    read = load_dataset(str(tmp_path / "repository"), "default", cache_dir=str(tmp_path / "cache"))
    assert set(read) == {*splits, "validation"}
    for name, rows in {**splits, "validation": more}.items():
        assert read[name].features == features
        assert read[name].to_list() == rows.to_list(), name
    assert load_dataset(str(tmp_path / "repository"), "other", split="train", cache_dir=str(tmp_path / "cache"))["x"][:] == other["train"]["x"][:]
