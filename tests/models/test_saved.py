"""Python's transformers load what `save_pretrained` of crates/models wrote, and compute the same with it.

    cargo build --release -p course-models --example resave
    python3 -m venv venv && venv/bin/pip install -r tests/models/requirements.in
    COURSE_RESAVE=target/release/examples/resave venv/bin/pytest tests/models --confcutdir tests/models

Each tiny model of `crates/models/tests/oracle/make.py` is written by Python, read and written again by us, and read by Python.
"""

import importlib.util
import os
import pathlib
import subprocess

import pytest
import torch
import transformers
from safetensors import safe_open

SCRIPT = pathlib.Path(__file__).parents[2] / "crates/models/tests/oracle/make.py"
spec = importlib.util.spec_from_file_location("make", SCRIPT)
make = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make)

PROGRAM = os.environ.get("COURSE_RESAVE")


@pytest.mark.skipif(not PROGRAM, reason="COURSE_RESAVE does not name the program `resave`")
@pytest.mark.parametrize("number", range(len(make.CASES)), ids=[name for _, name in make.CASES])
def test_python_loads_what_we_write(number, tmp_path):
    config, name = make.CASES[number]
    kind = getattr(transformers, name)
    theirs, _ = make.model_of(config, name)
    theirs.save_pretrained(tmp_path / "theirs")
    done = subprocess.run([PROGRAM, tmp_path / "theirs", tmp_path / "ours"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with safe_open(tmp_path / "ours/model.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt"}
    ours, found = kind.from_pretrained(tmp_path / "ours", attn_implementation="eager", output_loading_info=True)
    assert not any(found.values()), found
    given = {key: torch.as_tensor(value) for key, value in make.inputs(name).items()}
    with torch.no_grad():
        one, other = theirs.eval()(**given), ours.eval()(**given)
    for key, tensor in one.items():
        if isinstance(tensor, torch.Tensor):
            assert torch.equal(tensor, other[key]), key
