"""Splits that do not depend on the order of things, and files that come out the same on every machine."""

import gzip
import hashlib
import json
from pathlib import Path

SEED = "llm-course-1"


def draw(key: str) -> float:
    """A number in [0, 1) that depends on the seed and the key alone."""
    digest = hashlib.sha256(f"{SEED} {key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def split_of(key: str, validation: float = 0.1, test: float = 0.1) -> str:
    """The split in which what has this key lands; rows that must not be torn apart share a key."""
    number = draw(key)
    return "test" if number < test else "validation" if number < test + validation else "train"


def mixed(rows: list, key) -> list:
    """The rows in an order that is mixed, and the same each time."""
    return sorted(rows, key=lambda row: draw(key(row)))


def write(folder: Path, name: str, rows: list[dict]) -> dict:
    """Writes `name`.jsonl.gz and tells its rows, bytes, and the SHA-256 of what is inside."""
    lines = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows).encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.jsonl.gz"
    path.write_bytes(gzip.compress(lines, compresslevel=9, mtime=0))
    return {"file": path.name, "rows": len(rows), "bytes": path.stat().st_size, "sha256": hashlib.sha256(lines).hexdigest()}
