"""Random numbers, splits and files: the same as NumPy's and Python's datasets', on sizes and seeds of every kind."""

import csv
import gzip
import io
import json
import random
import string

import numpy
import pyarrow
import pyarrow.parquet
import pytest
import zstandard
from datasets import ClassLabel, Dataset, disable_progress_bars, load_dataset

disable_progress_bars()
CHANCE = random.Random(20251125)
SEEDS = [0, 1, 42, 2**32 - 1, 2**32, 2**53 + 1, 2**64 - 1] + [CHANCE.randrange(2 ** CHANCE.randrange(1, 64)) for _ in range(20)]


def test_seeds_are_spread_as_numpy_spreads_them(parity):
    expected = [numpy.random.SeedSequence(seed).generate_state(4, numpy.uint64).tolist() for seed in SEEDS]
    assert parity("seeds", seeds=SEEDS) == expected


def draw(generator, kind, *arguments):
    """What NumPy says to a draw."""
    if kind == "permutation":
        return generator.permutation(arguments[0]).tolist()
    if kind == "integers":
        return generator.integers(arguments[0], arguments[1], size=arguments[2]).tolist()
    if kind == "random":
        return generator.random(arguments[0]).tolist()
    if kind == "choices":
        return generator.choice(arguments[0], size=arguments[1]).tolist()
    if kind == "sample":
        return generator.choice(arguments[0], size=arguments[1], replace=False).tolist()
    return generator.choice(len(arguments[0]), size=arguments[1], p=arguments[0]).tolist()


def some_draw():
    kind = CHANCE.choice(["permutation", "integers", "random", "choices", "sample", "weighted"])
    size = CHANCE.choice([0, 1, 2, 3, 10, 100, 5000])
    if kind == "integers":
        low = CHANCE.randrange(-(2**62), 2**62)
        return [kind, low, low + CHANCE.choice([1, 2, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**61, CHANCE.randrange(1, 10**9)]), size]
    if kind == "choices":
        return [kind, CHANCE.randrange(1, 10**6), size]
    if kind == "sample":
        population = CHANCE.choice([size, size + 1, 2 * size + 7, 10_001 + size, 300_000])
        return [kind, population, size]
    if kind == "weighted":
        weights = numpy.random.default_rng(CHANCE.randrange(100)).random(CHANCE.randrange(1, 9))
        return [kind, (weights / weights.sum()).tolist(), size]
    return [kind, size]


@pytest.mark.parametrize("seed", SEEDS[:12])
def test_draws_are_numpys_whatever_was_drawn_before(parity, seed):
    draws = [some_draw() for _ in range(25)]
    generator = numpy.random.default_rng(seed)
    expected = [draw(generator, *one) for one in draws]
    for number, (ours, theirs) in enumerate(zip(parity("draws", seed=seed, draws=draws), expected)):
        assert ours == theirs, draws[number][:1]


def both_sides(parts):
    return {"train": parts["train"]["n"][:], "test": parts["test"]["n"][:]}


def test_train_test_split_takes_pythons_rows(parity):
    for _ in range(25):
        rows = CHANCE.choice([2, 3, 10, 101, 1000, 4001])
        sizes = CHANCE.choice(
            [
                {},
                {"test_size": CHANCE.uniform(0.01, 0.49)},
                {"train_size": CHANCE.uniform(0.51, 0.99)},
                {"test_size": CHANCE.randrange(1, rows)},
                {"train_size": CHANCE.uniform(0.5, 0.6), "test_size": CHANCE.uniform(0.01, 0.4)},
            ]
        )
        arguments = {"seed": CHANCE.choice(SEEDS), "shuffle": CHANCE.random() > 0.1, **sizes}
        data = Dataset.from_dict({"n": list(range(rows))})
        try:
            expected = both_sides(data.train_test_split(**arguments))
        except ValueError:
            continue
        assert parity("train_test_split", rows=rows, **arguments) == expected, arguments


def test_a_stratified_split_takes_pythons_rows(parity):
    for _ in range(15):
        rows, classes = CHANCE.choice([(40, 2), (300, 7), (3000, 5)])
        labels = list(range(classes)) * 2 + [CHANCE.randrange(classes) for _ in range(rows - 2 * classes)]
        CHANCE.shuffle(labels)
        arguments = {"seed": CHANCE.choice(SEEDS), "test_size": CHANCE.uniform(0.2, 0.5)}
        data = Dataset.from_dict({"n": list(range(rows)), "label": labels}).cast_column("label", ClassLabel(num_classes=classes))
        expected = both_sides(data.train_test_split(stratify_by_column="label", **arguments))
        assert parity("train_test_split", rows=rows, labels=labels, **arguments) == expected, arguments


class Files:
    """Loads the same files with both libraries."""

    def __init__(self, parity, folder):
        self.parity, self.folder = parity, folder

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def ours(self, format, data_files, **options):
        files = self.parity("load", format=format, data_files=data_files, cache=str(self.folder / "ours"), **options)
        return {split: [opened(file) for file in paths] for split, paths in files.items()}

    def same(self, format, paths, theirs=None, **options):
        """Whether both read the same rows, and the same types but for large_string, which pandas 3 makes of every text."""
        [ours] = self.ours(format, {"train": paths}, **options)["train"]
        expected = load_dataset(format, data_files=paths, split="train", cache_dir=str(self.folder / "theirs"), **(theirs or options))
        types = [str(feature).replace("large_string", "string") for feature in expected.features.values()]
        assert ours.column_names == expected.column_names
        assert [str(feature) for feature in ours.features.values()] == types
        assert_equal(ours[:], expected[:])
        return ours


def opened(path):
    """What our side maps: its own files are Arrow streams, those of others may be Arrow files."""
    with open(path, "rb") as file:
        begins = file.read(6)
    return Dataset(pyarrow.ipc.open_file(path).read_all()) if begins == b"ARROW1" else Dataset.from_file(path)


def assert_equal(ours, theirs):
    for name, column in theirs.items():
        for row, (our_value, their_value) in enumerate(zip(ours[name], column, strict=True)):
            # pandas reads numbers a little less exactly than they are written.
            same = our_value == their_value or our_value == pytest.approx(their_value, rel=1e-14, abs=0, nan_ok=True)
            assert same, (name, row, our_value, their_value)


@pytest.fixture
def files(parity, tmp_path):
    return Files(parity, tmp_path)


CELLS = ["", "1", "-7", "+3", " 4", "007", "1.5", "1e5", ".5", "5.", "inf", "nan", "NA", "n/a", "null", "None", "True", "false", "TRUE"]
CELLS += ["x", "é", "日本", "say \"hi\"", "a,b", "two\nlines", "two\r\nlines", "5\" disk", "  pad ", "2020-01-01", "1_0", "0x10", "-", "9223372036854775808"]


def some_cells(rows):
    """A column of one or several kinds of cells."""
    kinds = CHANCE.choice([["1", "-7", "+3", " 4"], ["1", "", "NA"], ["1.5", "1e5", "3"], ["True", "false"], ["True", ""], CELLS[18:28], CELLS])
    return [CHANCE.choice(kinds) for _ in range(rows)]


@pytest.mark.parametrize("number", range(12))
def test_csv_files_are_read_as_pandas_reads_them(files, number):
    rows = CHANCE.choice([1, 5, 200])
    columns = [some_cells(rows) for _ in range(CHANCE.randrange(2, 6))]
    delimiter = CHANCE.choice(",;\t|")
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=CHANCE.choice(["\n", "\r\n"]))
    writer.writerow([f"column {place}" for place in range(len(columns))])
    writer.writerows(zip(*columns))
    path = files.write(f"{number}.csv", text.getvalue())
    files.same("csv", [path], theirs={"sep": delimiter}, delimiter=delimiter)


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,\"x\ny\"\n\n   \n2,\"say \"\"hi\"\"\"\n3,5\" disk\n4,\"a\"b\n",
        "a,b\r1,x\r2,z\r",
        ",a,a,\n1,2,3,4\n",
        "\ufeffa,b\n1,é\n",
        "a,b\n" + "".join(f"{n},{n}\n" for n in range(10_000)) + ",1\n",
        "a\n" + "\n".join(["9007199254740993", "12"]) + "\n",
        "a,b\n1,x",
    ],
)
def test_odd_csv_files_are_read_as_pandas_reads_them(files, text):
    files.same("csv", [files.write("odd.csv", text)])


def test_packed_and_several_files_are_read(files):
    text = "a,b\n1,x\n2,y\n"
    paths = [files.write("a.csv", text), files.write("b.csv.gz", gzip.compress(text.encode()))]
    paths.append(files.write("c.csv.zst", zstandard.compress(text.encode())))
    assert len(files.same("csv", paths)) == 6


def some_value(depth):
    kind = CHANCE.randrange(8 if depth else 6)
    if kind == 0:
        return lambda: CHANCE.choice([None, CHANCE.randrange(-(10**12), 10**12)])
    if kind == 1:
        return lambda: CHANCE.choice([CHANCE.uniform(-1e6, 1e6), CHANCE.randrange(100), -0.0, 1e-300])
    if kind == 2:
        return lambda: CHANCE.random() < 0.5
    if kind == 3:
        return lambda: "".join(CHANCE.choice(string.printable + "éß日😀\u2028") for _ in range(CHANCE.randrange(12)))
    if kind == 4:
        return lambda: CHANCE.choice(["2020-01-31", "1969-07-20 20:17:40", "2024-02-29T23:59:59Z", "2024-02-29T10:20:30+02:00", None])
    if kind == 5:
        return lambda: None
    inner = some_value(depth - 1)
    if kind == 6:
        return lambda: [inner() for _ in range(CHANCE.randrange(4))]
    other = some_value(depth - 1)
    # Objects with other keys in each row are Json to Python's datasets: here each has the same.
    return lambda: {"x": inner(), "y": other()}


@pytest.mark.parametrize("number", range(12))
def test_json_lines_are_read_as_pyarrow_reads_them(files, number):
    makers = {f"c{place}": some_value(0 if number < 8 else 2) for place in range(4)}
    rows = [{name: make() for name, make in makers.items()} for _ in range(CHANCE.choice([1, 3, 50]))]
    ascii = CHANCE.random() < 0.5
    lines = [json.dumps(row, ensure_ascii=ascii) for row in rows]
    path = files.write(f"{number}.jsonl", CHANCE.choice(["\n", "\n\n"]).join(lines) + "\n")
    try:
        load_dataset("json", data_files=path, split="train", cache_dir=str(files.folder / "first"))
    except Exception:
        pytest.skip("Python does not read what this seed makes")
    # What Python keeps as Json is told as mixed by us.
    expected = load_dataset("json", data_files=path, split="train", cache_dir=str(files.folder / "first"))
    if "Json" in str(expected.features):
        pytest.skip("Json")
    files.same("json", [path])


@pytest.mark.parametrize(
    "text, options",
    [
        ('[{"a":1},{"a":2}]', {}),
        ('["x","y"]', {}),
        ('[\n {"a":1},\n {"a":[]}\n]\n'.replace("[]", "null"), {}),
        ('{\n"version":1,"data":[{"a":1},{"a":2}]}', {"field": "data"}),
        ('{"version":1,"data":[{"a":1},{"a":2}]}', {}),
        ('{"a":9223372036854775808}\n', {}),
        ('{"a":1}\n{"b":1}\n', {}),
    ],
)
def test_every_layout_of_json_is_read(files, text, options):
    files.same("json", [files.write("layout.json", text)], **options)


def test_text_files_are_cut_into_the_same_lines(files):
    files.same("text", [files.write("a.txt", "a\nb\r\nc\rd\n\n e \nx\x0bb\x85c\u2028d\nlast")])


def test_parquet_and_arrow_files_are_read(files):
    table = pyarrow.table(
        {
            "i": pyarrow.array([1, None, 3], pyarrow.int32()),
            "t": ["a", None, "日本"],
            "l": [[1.5], [], None],
            "s": [{"x": 1, "y": "a"}, {"x": None, "y": "b"}, None],
            "d": pyarrow.array([0, 1, None], pyarrow.date32()),
            "m": pyarrow.array([0, 1, None], pyarrow.timestamp("us", "UTC")),
            "b": [b"x", b"", None],
            "c": pyarrow.array(["u", "v", "u"]).dictionary_encode(),
        }
    )
    for packing in ["snappy", "zstd", "gzip", "none"]:
        path = files.folder / f"{packing}.parquet"
        pyarrow.parquet.write_table(table, path, compression=packing, row_group_size=2)
        files.same("parquet", [str(path)])
    plain = table.drop_columns(["c"])
    for name, make in [("stream.arrow", pyarrow.ipc.new_stream), ("file.arrow", pyarrow.ipc.new_file)]:
        with make(str(files.folder / name), plain.schema) as writer:
            writer.write_table(plain)
        files.same("arrow", [str(files.folder / name)])


def test_features_in_parquet_are_kept(files):
    data = Dataset.from_dict({"label": [0, 1]}).cast_column("label", ClassLabel(names=["neg", "pos"]))
    path = str(files.folder / "labels.parquet")
    data.to_parquet(path)
    assert files.same("parquet", [path]).features["label"].names == ["neg", "pos"]
