"""The program that answers for our side: `parity COMMAND`, with JSON in and out."""

import json
import os
import subprocess

import pytest


@pytest.fixture(scope="session")
def parity():
    """Calls `parity COMMAND` with arguments, and gives its answer; what it says on its error output is the failure."""
    program = os.environ.get("COURSE_METRICS")
    if not program:
        pytest.skip("COURSE_METRICS does not name the program `parity` of crates/evaluation")

    def call(command, **arguments):
        done = subprocess.run([program, command], input=json.dumps(arguments), capture_output=True, text=True)
        assert done.returncode == 0, f"parity {command}: {done.stderr.strip()}"
        return json.loads(done.stdout)

    return call


@pytest.fixture(scope="session")
def scores(parity):
    """The scores of each case `(metric, settings, predictions, references)`."""

    def call(cases):
        names = ["metric", "settings", "predictions", "references"]
        return parity("compute", cases=[dict(zip(names, case)) for case in cases])

    return call
