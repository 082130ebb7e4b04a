"""Data beside Python's `datasets` and `tokenizers`: the same work on the same files with as many threads, in one run.

    cargo xtask bench data [--rows N] [--rounds N] [--threads N] [--only WORK,…] [--memory GB,…] [--trainers] [--markdown FILE]

Each kind of work runs in a process of its own, ours and Python's in turn, `--rounds` times; a figure is the median. Ours is
`crates/datasets/examples/bench.rs`. Python's libraries are those of tests/data/requirements.txt, in the environment that
`cargo xtask test --only data` makes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]

# What is done, and what the table calls it.
WORKS = {
    "iterate": "iterate over the rows",
    "batches": "iterate in batches of 1000",
    "shuffle": "shuffle, then iterate over the rows",
    "stream": "stream through a shuffle buffer of 10,000",
    "filter": "filter by the length of a text",
    "sort": "sort by a column of integers",
    "unique": "the different values of a column of texts",
    "map": "map, one row at a time",
    "tokenize": "tokenize with map, in batches of 1000",
    "tokenize-one": "tokenize with map, one row at a time",
    "load-csv": "load a CSV file",
    "load-jsonl": "load a JSON Lines file",
    "load-parquet": "load a Parquet file",
    "save": "save_to_disk",
    "to-csv": "write a CSV file",
    "to-jsonl": "write a JSON Lines file",
    "to-parquet": "write a Parquet file",
}


def work(name: str, folder: Path, tokenizer: str):
    """Python's side of one kind of work, as a function that returns what it came to."""
    import datasets
    from datasets import Dataset, load_dataset

    datasets.disable_progress_bars()

    def data():
        return Dataset.load_from_disk(str(folder / "saved"))

    def letters(rows) -> int:
        return sum(len(row["text"]) for row in rows)

    def batches() -> int:
        return sum(sum(map(len, batch["text"])) for batch in data().iter(1000))

    def sort() -> int:
        ordered = data().sort("key")
        return ordered[len(ordered) // 2]["id"]

    def mapped() -> int:
        return data().map(lambda row: {"length": len(row["text"])}, load_from_cache_file=False)[-1]["length"]

    def tokenize(batched: bool):
        from tokenizers import Tokenizer

        encoder = Tokenizer.from_file(tokenizer)
        encoder.no_padding()
        encoder.no_truncation()

        def batch(rows):
            encodings = encoder.encode_batch(rows["text"])
            return {"input_ids": [e.ids for e in encodings], "attention_mask": [e.attention_mask for e in encodings]}

        def one(row):
            encoding = encoder.encode(row["text"])
            return {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask}

        def run() -> int:
            rows = data()
            done = rows.map(batch, batched=True, load_from_cache_file=False) if batched else rows.map(one, load_from_cache_file=False)
            return sum(done[len(done) // 2]["input_ids"])

        return run

    def load(kind: str) -> int:
        with tempfile.TemporaryDirectory(dir=folder) as cache:
            file = str(folder / f"data.{kind}")
            return len(load_dataset("json" if kind == "jsonl" else kind, data_files=file, split="train", cache_dir=cache))

    def save() -> int:
        data().save_to_disk(str(folder / "theirs-saved"))
        return 0

    return {
        "iterate": lambda: letters(data()),
        "batches": batches,
        "shuffle": lambda: letters(data().shuffle(seed=42)),
        "stream": lambda: letters(data().to_iterable_dataset().shuffle(seed=42, buffer_size=10_000)),
        "filter": lambda: len(data().filter(lambda row: len(row["text"]) > 300, load_from_cache_file=False)),
        "sort": sort,
        "unique": lambda: len(data().unique("text")),
        "map": mapped,
        "tokenize": lambda: tokenize(True)(),
        "tokenize-one": lambda: tokenize(False)(),
        "load-csv": lambda: load("csv"),
        "load-jsonl": lambda: load("jsonl"),
        "load-parquet": lambda: load("parquet"),
        "save": save,
        "to-csv": lambda: data().to_csv(str(folder / "theirs.csv")),
        "to-jsonl": lambda: data().to_json(str(folder / "theirs.jsonl")),
        "to-parquet": lambda: data().to_parquet(str(folder / "theirs.parquet")),
    }[name]


def walk(file: str) -> dict:
    """Python's walk through a large Arrow file: seconds, and the most resident megabytes on the way."""
    from datasets import Dataset

    rows = Dataset.from_file(file)
    Path("/proc/self/clear_refs").write_text("5")
    begun = time.perf_counter()
    letters = sum(sum(map(len, batch["text"])) for batch in rows.iter(1000))
    seconds = time.perf_counter() - begun
    return {"seconds": [seconds], "check": letters, "megabytes": peak()}


def peak() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def one(name: str, folder: str, tokenizer: str, rounds: int) -> None:
    """Runs in the process of Python's side."""
    if name == "walk":
        print(json.dumps(walk(folder)))
        return
    run = work(name, Path(folder), tokenizer)
    Path("/proc/self/clear_refs").write_text("5")
    seconds = []
    for _ in range(rounds):
        begun = time.perf_counter()
        check = run()
        seconds.append(time.perf_counter() - begun)
    print(json.dumps({"seconds": seconds, "check": check, "megabytes": peak()}))


def cache_folder() -> Path:
    return Path(os.environ.get("COURSE_CACHE", ROOT / ".cache" / "course"))


def python_with_libraries(given: str | None) -> str:
    """A Python that has `datasets` and `tokenizers`."""
    if given:
        return given
    made = [stamp.parent / "bin" / "python" for stamp in (cache_folder() / "data").glob("*/course-tools")]
    if not made:
        raise SystemExit("there is no Python with datasets and tokenizers: run `cargo xtask test --only data` once, or name one with --python")
    return str(made[0])


def examples(given: str | None) -> Path:
    """The folder with our programs, built."""
    if given:
        return Path(given)
    # As the tests are built: with other packages left out, the features of their dependencies would differ, and all would be compiled anew.
    subprocess.run(["cargo", "test", "--workspace", "--release", "--no-run", "--quiet"], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "examples"


def call(command: list, environment: dict) -> dict:
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def seconds(figure: float) -> str:
    return f"{figure:.3f} s" if figure < 1 else f"{figure:.2f} s" if figure < 10 else f"{figure:.1f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", type=lambda names: names.split(","), default=list(WORKS))
    parser.add_argument("--memory", type=lambda sizes: sizes.split(","), default=[], help="sizes in GB to walk through, such as 0.1,1,10")
    parser.add_argument("--trainers", action="store_true", help="the from-scratch trainers beside the library's, too")
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--python", help="a Python that has the libraries")
    parser.add_argument("--examples", help="the folder with our built programs")
    parser.add_argument("--tokenizer", default=str(cache_folder() / "models" / "sentence-transformers--all-MiniLM-L6-v2" / "tokenizer.json"))
    options = parser.parse_args()

    python, programs = python_with_libraries(options.python), examples(options.examples)
    environment = {
        **os.environ,
        "RAYON_NUM_THREADS": str(options.threads),
        "TOKENIZERS_PARALLELISM": "true" if options.threads > 1 else "false",
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
    }
    lines = []

    def say(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    with tempfile.TemporaryDirectory(prefix="bench-data-") as folder:
        environment["HF_HOME"] = f"{folder}/hf"
        if options.only != [""]:
            subprocess.run([programs / "bench", "make", folder, str(options.rows)], check=True)
            size = Path(folder, "data.csv").stat().st_size / 1e6
            say(f"{options.rows:,} rows, {size:.0f} MB as CSV; {options.threads} threads; medians of {options.rounds}; load average {os.getloadavg()[0]:.1f}\n")
            say("| | ours | Python | times as fast |\n|---|---|---|---|")
        for name in filter(None, options.only):
            ours = call([programs / "bench", name, folder, options.tokenizer, options.rounds], environment)
            script = [python, __file__, "--one", name, folder, options.tokenizer, options.rounds]
            theirs = call(script, environment)
            # A CSV or JSON file may be written with other line ends; everything else must come to the same.
            if ours["check"] != theirs["check"] and not name.startswith("to-"):
                raise SystemExit(f"{name}: we come to {ours['check']}, Python to {theirs['check']}")
            fast, slow = statistics.median(ours["seconds"]), statistics.median(theirs["seconds"])
            say(f"| {WORKS[name]} | {seconds(fast)} | {seconds(slow)} | {slow / fast:.1f} |")
        if options.memory:
            say("\nMost resident memory on a walk through a file in batches of 1000:\n")
            say("| data | ours | Python |\n|---|---|---|")
        for size in options.memory:
            table = subprocess.run([programs / "memory", folder, size, "keep"], check=True, capture_output=True, text=True, env=environment)
            cells = [cell.strip() for cell in table.stdout.strip().splitlines()[-1].strip("|").split("|")]
            file = f"{folder}/corpus-{float(size):g}.arrow"
            theirs = call([python, __file__, "--one", "walk", file, "-", 1], environment)
            say(f"| {cells[0]} | {cells[8]}, {cells[4]} | {theirs['megabytes']:.0f} MB, {seconds(theirs['seconds'][0])} |")
            Path(file).unlink()
    if options.trainers:
        done = subprocess.run([programs / "from_scratch"], check=True, capture_output=True, text=True, env=environment)
        say("\nThe trainers from scratch beside the library's, in seconds:\n\n```text\n" + done.stdout.strip() + "\n```")
    if options.markdown:
        options.markdown.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
    else:
        main()
