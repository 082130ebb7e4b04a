"""The order of the files: two processes share them, and the long ones must not be left for the end, when one process has nothing to do."""

LONG = ("test_redefinitions.py", "test_dep.py", "test_memory.py")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name not in LONG)
