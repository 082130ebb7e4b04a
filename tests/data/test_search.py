"""Search beside faiss: the same neighbours, and index files that each reads of the other."""

import faiss
import numpy as np
import pytest

METRICS = {"l2": faiss.METRIC_L2, "inner_product": faiss.METRIC_INNER_PRODUCT, "cosine": faiss.METRIC_INNER_PRODUCT}


def vectors(count: int, dimension: int, seed: int) -> np.ndarray:
    """Vectors in clusters, as embeddings are."""
    dice = np.random.default_rng(seed)
    centres = dice.normal(size=(12, dimension))
    return (centres[np.arange(count) % 12] + 0.7 * dice.normal(size=(count, dimension))).astype("float32")


def flat(metric: str, rows: np.ndarray):
    if metric == "cosine":
        index = faiss.index_factory(rows.shape[1], "L2norm,Flat", faiss.METRIC_INNER_PRODUCT)
    else:
        index = faiss.index_factory(rows.shape[1], "Flat", METRICS[metric])
    index.add(rows)
    return index


def neighbours(index, queries: np.ndarray, count: int) -> list[list[dict]]:
    scores, rows = index.search(queries, count)
    return [
        [{"row": int(row), "score": float(score)} for row, score in zip(rows[query], scores[query]) if row >= 0]
        for query in range(len(queries))
    ]


def same(ours: list, theirs: list, tolerance: float = 2e-4) -> None:
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs):
        assert np.allclose([found["score"] for found in one], [found["score"] for found in other], rtol=tolerance, atol=tolerance)
        agree = sum(found["row"] == found_there["row"] for found, found_there in zip(one, other))
        # Scores within rounding of each other may change places.
        assert agree >= len(one) - 2


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("count, dimension", [(1, 4), (50, 3), (700, 33), (3000, 64)])
def test_the_exact_index_finds_what_faiss_finds(parity, metric, count, dimension):
    rows, queries = vectors(count, dimension, 1), vectors(9, dimension, 2)
    ours = parity("search-nearest", vectors=rows.tolist(), queries=queries.tolist(), metric=metric, count=10)
    same(ours, neighbours(flat(metric, rows), queries, 10))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_faiss_reads_what_we_save(parity, tmp_path, metric, kind):
    rows, queries = vectors(800, 24, 3), vectors(20, 24, 4)
    path = tmp_path / "ours.faiss"
    ours = parity(
        "search-nearest", vectors=rows.tolist(), queries=queries.tolist(), metric=metric, count=10, kind=kind, save=str(path)
    )
    index = faiss.read_index(str(path))
    assert (index.ntotal, index.d) == (800, 24)
    if kind == "hnsw":
        inner = faiss.downcast_index(index.index) if metric == "cosine" else index
        inner = faiss.downcast_index(inner)
        assert isinstance(inner, faiss.IndexHNSWFlat)
        # The graph is theirs to walk and to add to.
        inner.hnsw.efSearch = 64
        same(ours, neighbours(index, queries, 10))
        index.add(queries)
        found = neighbours(index, queries, 1)
        assert sum(one[0]["row"] == 800 + place for place, one in enumerate(found)) >= 18
    else:
        same(ours, neighbours(index, queries, 10))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_we_read_what_faiss_saves(parity, tmp_path, metric, kind):
    rows, queries = vectors(800, 24, 5), vectors(20, 24, 6)
    if kind == "flat":
        index = flat(metric, rows)
    else:
        description = "L2norm,HNSW16" if metric == "cosine" else "HNSW16"
        index = faiss.index_factory(24, description, METRICS[metric])
        index.add(rows)
    path = tmp_path / "theirs.faiss"
    faiss.write_index(index, str(path))
    ours = parity("search-load", path=str(path), queries=queries.tolist(), count=10)
    assert ours["metric"] == metric
    exact = neighbours(flat(metric, rows), queries, 10)
    if kind == "flat":
        same(ours["found"], exact)
    else:

        def hits(found: list) -> int:
            return sum(len({f["row"] for f in one} & {f["row"] for f in other}) for one, other in zip(found, exact))

        # By the same graph, with as many candidates, we find as much as faiss does.
        assert hits(ours["found"]) >= hits(neighbours(index, queries, 10)) - 6
        assert hits(ours["found"]) >= 0.7 * 200


def test_kinds_of_index_that_we_do_not_know_are_refused_by_name(parity, tmp_path):
    index = faiss.index_factory(16, "IVF4,Flat")
    rows = vectors(400, 16, 7)
    index.train(rows)
    index.add(rows)
    path = tmp_path / "other.faiss"
    faiss.write_index(index, str(path))
    answer = parity("search-load", path=str(path), queries=rows[:1].tolist(), count=1)
    assert "IwFl" in answer["error"] and "other.faiss" in answer["error"]
