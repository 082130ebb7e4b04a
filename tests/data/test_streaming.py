"""Streams in Python's order: the same sources, seeds and buffers through `datasets` and through our crate."""

import random

import pytest
from datasets import Dataset, IterableDataset, concatenate_datasets, interleave_datasets

STOPPING = ["first_exhausted", "all_exhausted", "all_exhausted_without_replacement"]


def source(description: dict):
    """A stream of the numbers from `base` on: from a generator, or from a dataset in shards."""
    rows, base = description["rows"], description["base"]
    if description["shards"] == 0:

        def generate():
            for number in range(base, base + rows):
                yield {"n": number}

        return IterableDataset.from_generator(generate)
    data = Dataset.from_dict({"n": list(range(base, base + rows))})
    return data.to_iterable_dataset(num_shards=description["shards"])


def step(stream, description: dict):
    """One step of a pipeline."""
    match description["step"]:
        case "take":
            return stream.take(description["rows"])
        case "skip":
            return stream.skip(description["rows"])
        case "repeat":
            return stream.repeat(description["times"])
        case "shuffle":
            return stream.shuffle(seed=description["seed"], buffer_size=description["buffer"])
        case "map":
            return stream.map(lambda row: {"n": row["n"] + 1000})
        case "filter":
            return stream.filter(lambda row: row["n"] % 3 != 0)
        case "select":
            return stream.select_columns(["n"])
    raise ValueError(description)


def python(pipeline: dict) -> list[int]:
    streams = [source(description) for description in pipeline["sources"]]
    join = pipeline.get("join")
    if join is None:
        (stream,) = streams
    elif join["how"] == "chain":
        stream = concatenate_datasets(streams)
    else:
        stream = interleave_datasets(
            streams, probabilities=join.get("probabilities"), seed=join.get("seed"), stopping_strategy=join["stopping"]
        )
    for description in pipeline["steps"]:
        stream = step(stream, description)
    stream.set_epoch(pipeline["epoch"])
    return [row["n"] for row in stream]


def some_step(dice: random.Random) -> dict:
    kind = dice.choice(["take", "skip", "repeat", "shuffle", "shuffle", "shuffle", "map", "filter", "select"])
    return {
        "step": kind,
        "rows": dice.randrange(30),
        "times": dice.randrange(3),
        "seed": dice.randrange(1 << 32),
        "buffer": dice.choice([1, 2, 3, 7, 10, 25, 100, 1000]),
    }


def some_pipeline(dice: random.Random) -> dict:
    def one(place: int) -> dict:
        rows = dice.choice([1, 2, 5, 17, 40, 130])
        return {"rows": rows, "base": 100_000 * place, "shards": dice.choice([0, 1, 1, min(rows, 3), min(rows, 13)])}

    count = dice.choice([1, 1, 2, 3])
    pipeline = {"sources": [one(place) for place in range(count)], "steps": [], "epoch": dice.choice([0, 0, 1, 5])}
    if count > 1:
        how = dice.choice(["chain", "cycle", "chance"])
        pipeline["join"] = {"how": how, "stopping": dice.choice(STOPPING)}
        if how == "chance":
            weights = [dice.random() + 0.05 for _ in range(count)]
            pipeline["join"]["probabilities"] = [weight / sum(weights) for weight in weights]
            pipeline["join"]["seed"] = dice.randrange(1 << 32)
    pipeline["steps"] = [some_step(dice) for _ in range(dice.randrange(4))]
    return pipeline


@pytest.mark.parametrize("seed", range(6))
def test_any_pipeline_gives_the_rows_in_the_same_order(parity, seed):
    dice = random.Random(seed)
    pipelines = [some_pipeline(dice) for _ in range(25)]
    for pipeline, rows in zip(pipelines, parity("streams", pipelines=pipelines), strict=True):
        assert rows == python(pipeline), pipeline


def test_large_buffers_and_many_rows(parity):
    pipelines = [
        {"sources": [{"rows": 20_000, "base": 0, "shards": shards}], "steps": [{"step": "shuffle", "seed": 42, "buffer": buffer}], "epoch": 0}
        for shards in (0, 1, 7)
        for buffer in (1000, 10_000)
    ]
    for pipeline, rows in zip(pipelines, parity("streams", pipelines=pipelines), strict=True):
        assert rows == python(pipeline), pipeline
