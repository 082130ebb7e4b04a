"""What every test in Python shares: the environment that `cargo xtask test` sets up, and a kernel to talk to."""

import os
import sys
import tomllib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support.session import EVCXR, Session  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def history(tmp_path_factory):
    """A history of the tests' own: theirs must not end up in the user's."""
    os.environ["COURSE_HISTORY"] = str(tmp_path_factory.mktemp("history"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def scratch(root: Path) -> Path:
    """Where screenshots and stamps go: below cargo's target folder."""
    folder = Path(os.environ.get("COURSE_SCRATCH", root / "target" / "xtask"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def kernel(tmp_path):
    """A kernel of the test's own, for tests that break it."""
    with Session(folder=tmp_path) as session:
        yield session


@pytest.fixture(scope="module")
def shared_kernel(tmp_path_factory):
    """One kernel for the tests of a file: they use variables of their own and leave it well."""
    with Session(folder=tmp_path_factory.mktemp("kernel")) as session:
        yield session


def pytest_collection_modifyitems(items):
    """On the second engine: what it cannot do must fail, or the list is wrong (tests/evcxr/cannot.toml)."""
    if not EVCXR:
        return
    cannot = tomllib.loads(Path(__file__).with_name("evcxr").joinpath("cannot.toml").read_text())
    for item in items:
        test = item.nodeid.rsplit("/", 1)[-1]
        names = (test, test.split("[")[0])
        for reason, tests in cannot["fails"].items():
            if any(name in tests for name in names):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
        for reason, tests in cannot.get("sometimes", {}).items():
            if any(name in tests for name in names):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=False))
        for reason, tests in cannot.get("hangs", {}).items():
            if any(name in tests for name in names):
                item.add_marker(pytest.mark.xfail(reason=reason, run=False))
