"""Datasets written by Python's `datasets` and by the course, read by the other; what they print, sort, and say."""

import datetime
import decimal
import json
import math
import random

import datasets
import pyarrow as pa
import pytest
from datasets import Array2D, ClassLabel, Dataset, DatasetDict, Features, Json, LargeList, List, Value

TYPES = [
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "string", "large_string",
    "binary", "large_binary", "date32", "date64", "timestamp[s]", "timestamp[ms]", "timestamp[us]", "timestamp[ns]", "duration[us]", "time32[s]",
    "time64[us]", "decimal128(12, 3)", "string_view", "binary_view",
]
TEXTS = ["", "a", "it's", 'say "x"', "naïve", "日本語", "😀 smile", "two\nlines\tand a tab", "back\\slash", "\u200bzero"]


def value_of(kind, rng):
    """A random value of the type of this name."""
    if kind == "bool":
        return rng.random() < 0.5
    if kind.startswith("int"):
        bits = int(kind[3:])
        return rng.choice([0, 1, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), rng.randrange(-100, 100)])
    if kind.startswith("uint"):
        # What is above i64, Python itself cannot put into a column.
        return rng.choice([0, 1, min(2 ** int(kind[4:]) - 1, 2**63 - 1), rng.randrange(100)])
    if kind.startswith("float"):
        return rng.choice([0.0, 1.0, -0.5, 0.25, 1024.0, 1.0 / 3 if kind == "float64" else 0.125, 1e-5 if kind == "float64" else 2.0])
    if kind.startswith("date"):
        return datetime.date(1970, 1, 1) + datetime.timedelta(days=rng.randrange(-100_000, 100_000))
    if kind.startswith("timestamp"):
        seconds = rng.randrange(-(10**9), 2 * 10**9)
        return datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
    if kind.startswith("duration"):
        return datetime.timedelta(days=rng.randrange(-5, 5), seconds=rng.randrange(86400), microseconds=rng.randrange(10**6))
    if kind.startswith("time"):
        return datetime.time(rng.randrange(24), rng.randrange(60), rng.randrange(60))
    if kind.startswith("decimal"):
        return decimal.Decimal(rng.randrange(-(10**9), 10**9)).scaleb(-3)
    if "binary" in kind:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(4)))
    return rng.choice(TEXTS) + rng.choice(["", "x", "a text that is longer than twelve bytes"])


def random_feature(rng, depth=0):
    """A random feature and a function that makes values of it."""
    kind = rng.randrange(8 if depth < 2 else 3)
    if kind == 3:
        names = [f"class {i}" for i in range(rng.randrange(1, 5))]
        return ClassLabel(names=names), lambda: rng.randrange(-1, len(names))
    if kind in (4, 5):
        inner, make = random_feature(rng, depth + 1)
        wrap = LargeList if rng.random() < 0.2 else List
        return wrap(inner), lambda: [make_or_none(rng, make) for _ in range(rng.randrange(4))]
    if kind == 6:
        inner, make = random_feature(rng, 2)
        return List(inner, length=2), lambda: [make(), make()]
    if kind == 7:
        fields = {f"f{i}": random_feature(rng, depth + 1) for i in range(rng.randrange(1, 4))}
        return {name: feature for name, (feature, _) in fields.items()}, lambda: {
            name: make_or_none(rng, make) for name, (_, make) in fields.items()
        }
    name = rng.choice([t for t in TYPES if not (depth and "view" in t)])
    return Value(name), lambda: value_of(name, rng)


def make_or_none(rng, make):
    return None if rng.random() < 0.2 else make()


def random_dataset(seed):
    rng = random.Random(seed)
    columns = {f"c{i}": random_feature(rng) for i in range(rng.randrange(1, 6))}
    rows = rng.choice([1, 2, 7, 50])
    data = {name: [make_or_none(rng, make) for _ in range(rows)] for name, (_, make) in columns.items()}
    features = Features({name: feature for name, (feature, _) in columns.items()})
    return Dataset.from_dict(data, features=features)


def same(one, other):
    """Equal, with NaN equal to itself."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or math.isnan(one) and math.isnan(other)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other


@pytest.mark.parametrize("seed", range(40))
def test_what_python_saved_comes_back_as_it_was(parity, tmp_path, seed):
    data = random_dataset(seed)
    data.save_to_disk(tmp_path / "python")
    parity("dataset-resave", **{"from": str(tmp_path / "python"), "to": str(tmp_path / "course"), "shards": 1 + seed % 3})
    back = datasets.load_from_disk(str(tmp_path / "course"))
    assert back.features == data.features
    assert back.features.arrow_schema.equals(data.features.arrow_schema)
    assert same(back.to_list(), data.to_list())


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_printed_alike(parity, tmp_path, seed):
    data = random_dataset(1000 + seed)
    # Dates of nanoseconds come as pandas timestamps, which print otherwise.
    data = data.select_columns([name for name, feature in data.features.items() if "[ns]" not in str(feature) and "date64" not in str(feature)])
    if not data.column_names:
        return
    data.save_to_disk(tmp_path / "python")
    words = parity("dataset-words", **{"from": str(tmp_path / "python")})
    assert words["dataset"] == repr(data)
    assert words["features"] == repr(data.features)
    assert words["json"] == json.loads(json.dumps(data.features.to_dict()))
    assert words["rows"] == [repr(row) for row in data]
    assert words["columns"] == [repr(data[name]) for name in data.column_names]


def test_kinds_of_their_own(parity, tmp_path):
    features = Features({"a": Array2D((2, 2), "float32"), "j": Json(), "l": List(Json()), "n": Value("null"), "t": Value("timestamp[s, tz=UTC]")})
    rows = {
        "a": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]],
        "j": [{"a": [1, None]}, "x"],
        "l": [[1, "x"], []],
        "n": [None, None],
        "t": [datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), None],
    }
    data = Dataset.from_dict(rows, features=features)
    data.save_to_disk(tmp_path / "python")
    parity("dataset-resave", **{"from": str(tmp_path / "python"), "to": str(tmp_path / "course")})
    back = datasets.load_from_disk(str(tmp_path / "course"))
    assert back.features == data.features
    assert back.to_list() == data.to_list()


def test_splits(parity, tmp_path):
    splits = DatasetDict({"train": random_dataset(1), "test": random_dataset(2).select([0])})
    splits.save_to_disk(tmp_path / "python")
    answer = parity("dataset-resave-dict", **{"from": str(tmp_path / "python"), "to": str(tmp_path / "course")})
    assert answer["words"] == repr(splits)
    back = datasets.load_from_disk(str(tmp_path / "course"))
    assert list(back) == ["train", "test"]
    for name in back:
        assert same(back[name].to_list(), splits[name].to_list())
        assert str(back[name].split) == name


def test_an_empty_dataset(parity, tmp_path):
    data = Dataset.from_dict({"a": [], "b": []}, features=Features({"a": Value("string"), "b": List(Value("int8"))}))
    full = Dataset.from_dict({"a": ["x"], "b": [[1]]}, features=data.features)
    full.save_to_disk(tmp_path / "python")
    DatasetDict({"none": data, "some": full})
    parity("dataset-resave", **{"from": str(tmp_path / "python"), "to": str(tmp_path / "course")})
    assert datasets.load_from_disk(str(tmp_path / "course")).features == data.features


def test_the_older_layout(parity, tmp_path):
    """As version 1 wrote it: one file of rows, one of the numbers of those that were selected, `Sequence` of a struct."""
    folder = tmp_path / "old"
    folder.mkdir()
    struct = pa.struct({"text": pa.list_(pa.string())})
    table = pa.table({"n": pa.array([10, 11, 12], pa.int64()), "answers": pa.array([{"text": ["a"]}, None, {"text": []}], struct)})
    for name, rows in {"dataset.arrow": table, "indices.arrow": pa.table({"indices": pa.array([2, 0], pa.uint64())})}.items():
        with pa.OSFile(str(folder / name), "wb") as sink, pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows)
    value = {"id": None, "_type": "Value"}
    features = {
        "n": {"dtype": "int64", **value},
        "answers": {"feature": {"text": {"dtype": "string", **value}}, "length": -1, "id": None, "_type": "Sequence"},
    }
    (folder / "dataset_info.json").write_text(json.dumps({"features": features, "citation": "c", "builder_name": "csv"}))
    state = {
        "_data_files": [{"filename": "dataset.arrow"}], "_fingerprint": "f", "_format_columns": None, "_format_kwargs": {}, "_format_type": None,
        "_indexes": {}, "_indices_data_files": [{"filename": "indices.arrow"}], "_output_all_columns": False, "_split": "train",
    }
    (folder / "state.json").write_text(json.dumps(state))
    parity("dataset-resave", **{"from": str(folder), "to": str(tmp_path / "course")})
    back = datasets.load_from_disk(str(tmp_path / "course"))
    assert back.to_list() == [{"n": 12, "answers": {"text": []}}, {"n": 10, "answers": {"text": ["a"]}}]
    assert (str(back.split), back.info.citation, back.info.builder_name) == ("train", "c", "csv")


@pytest.mark.parametrize("seed", range(12))
def test_sorting(parity, tmp_path, seed):
    rng = random.Random(seed)
    rows = rng.choice([1, 5, 300])
    data = Dataset.from_dict(
        {
            "i": [rng.choice([None, 1, 2, 3, -5]) for _ in range(rows)],
            "j": [rng.randrange(10) for _ in range(rows)],
            "f": [rng.choice([0.0, -0.0, 1.5, float("nan"), float("inf"), -2.0]) for _ in range(rows)],
            "s": [rng.choice(TEXTS) for _ in range(rows)],
            "b": [rng.random() < 0.5 for _ in range(rows)],
            "row": list(range(rows)),
        }
    )
    data.save_to_disk(tmp_path / "data")
    for keys in [["i"], ["j"], ["f"], ["s"], ["b"], ["s", "i"], ["b", "f", "i"]]:
        reverse = [rng.random() < 0.5 for _ in keys]
        first = rng.random() < 0.5
        select = [rng.randrange(rows) for _ in range(rows)] if rng.random() < 0.5 else None
        chosen = data if select is None else data.select(select)
        wanted = chosen.sort(keys, reverse=reverse, null_placement="at_start" if first else "at_end")["row"]
        found = parity("dataset-sort", **{"from": str(tmp_path / "data"), "keys": list(zip(keys, reverse)), "nulls_first": first, "select": select})
        assert found == list(wanted), (keys, reverse, first, select)


def test_methods_one_after_the_other(parity, tmp_path):
    data = Dataset.from_dict(
        {
            "text": ["b", "a", None, "é", "b", "10", "9"],
            "n": [3, 10, 9, None, 3, 1, 1],
            "deep": [{"x": 1, "y": {"z": ["a"]}}, None, {"x": None, "y": None}, {"x": 2, "y": {"z": None}}, None, {"x": 5, "y": {"z": []}}, None],
        }
    )
    data.save_to_disk(tmp_path / "data")
    found = parity("dataset-steps", **{"from": str(tmp_path / "data")})

    def seen(data):
        return {"features": repr(data.features), "rows": [repr(row) for row in data]}

    assert found["flatten"] == seen(data.flatten())
    assert found["class_encode"] == seen(data.class_encode_column("text"))
    assert found["class_encode_number"] == seen(data.class_encode_column("n"))
    assert found["unique"] == [repr(value) for value in data.unique("text")]
    assert found["shard"] == seen(data.shard(3, 1))
    assert found["shard_interleaved"] == seen(data.shard(3, 1, contiguous=False))
    assert found["shuffle"] == seen(data.shuffle(seed=7))
    assert found["concatenate"] == seen(datasets.concatenate_datasets([data, data.shuffle(seed=1).remove_columns("n")]))
    assert found["add_column"] == seen(data.add_column("more", list(range(len(data)))))
    assert found["rename"] == seen(data.rename_column("n", "m"))
    assert found["repeat"] == seen(data.take(2).repeat(2))
    assert found["dict"] == repr(DatasetDict({"train": data, "test": data.take(1)}))


def test_map_says_what_python_says(parity, tmp_path):
    data = Dataset.from_dict({"condition": ["a", "b", "c"], "n": [1, 2, 3]})
    data.save_to_disk(tmp_path / "data")
    with pytest.raises(pa.ArrowInvalid) as error:
        data.map(lambda batch: {"new": list(range(2 * len(batch["n"])))}, batched=True)
    said = parity("dataset-map-error", **{"from": str(tmp_path / "data")})
    assert said.splitlines()[0] == str(error.value)


def test_exports_are_read_by_python(parity, tmp_path):
    data = Dataset.from_dict(
        {
            "text": ["a,b", None, 'say "x"\nagain', ""],
            "n": [1, None, 3, 4],
            "f": [0.1, 1.0, 1e-5, 1e20],
            "b": [True, False, True, True],
            "l": [["x"], [], ["y", "z"], []],
            "when": [datetime.datetime(2020, 1, 1), None, datetime.datetime(1999, 12, 31, 23, 59, 59), datetime.datetime(2020, 1, 1)],
        },
        features=Features({"text": Value("string"), "n": Value("int64"), "f": Value("float64"), "b": Value("bool"), "l": List(Value("string")), "when": Value("timestamp[s]")}),
    )
    data.save_to_disk(tmp_path / "data")
    parity("dataset-export", **{"from": str(tmp_path / "data"), "to": str(tmp_path / "out")})
    parquet = Dataset.from_parquet(str(tmp_path / "out.parquet"), cache_dir=str(tmp_path / "cache"))
    # Parquet has no seconds; Python's own files come back so too.
    data.to_parquet(tmp_path / "python.parquet")
    assert parquet.features == Dataset.from_parquet(str(tmp_path / "python.parquet"), cache_dir=str(tmp_path / "cache")).features
    assert parquet.to_list() == data.to_list()
    lines = Dataset.from_json(str(tmp_path / "out.jsonl"), cache_dir=str(tmp_path / "cache"))
    assert lines.remove_columns("when").to_list() == data.remove_columns("when").to_list()
    plain = data.select_columns(["text", "n", "f", "b"])
    plain.to_csv(tmp_path / "python.csv")
    plain.save_to_disk(tmp_path / "plain")
    parity("dataset-export", **{"from": str(tmp_path / "plain"), "to": str(tmp_path / "plain-out")})
    assert (tmp_path / "plain-out.csv").read_text() == (tmp_path / "python.csv").read_text()
