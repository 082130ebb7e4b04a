"""What Binder's image costs and what a session in it feels like: postBuild in a bare Debian, then notebooks under 2 GB and one CPU.

Needs root, debootstrap and control groups, and takes from ten minutes to an hour. What the machine has is used where the options say so: the
table names it. The image itself is not built (that takes Docker and conda-forge); its base is Debian in place of Ubuntu, its Python an
environment of the same versions in place of Conda's.

    cargo xtask bench binder --root /tmp/binder-root --toolchain ~/.rustup/toolchains/1.95.0-x86_64-unknown-linux-gnu --registry ~/.cargo/registry
    cargo xtask bench binder --root /tmp/binder-root --session      # again, in the root that is there
"""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import nbformat  # noqa: E402
from jupyter_client import BlockingKernelClient  # noqa: E402

CHECKOUT = Path(__file__).parents[2]
GIB = 1 << 30
PORT = 8899
TOKEN = "bench"
# What a session finds in Binder's image besides HOME and REPO_DIR; its memory limit is told as KubeSpawner tells it.
ENVIRONMENT = {
    "USER": "jovyan", "NB_USER": "jovyan", "CONDA_DIR": "/srv/conda", "NB_PYTHON_PREFIX": "/srv/conda/envs/notebook",
    "PATH": "/srv/conda/envs/notebook/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "SHELL": "/bin/bash",
}
# Handed on from the machine, for a network that wants them.
NETWORK = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "PIP_INDEX_URL", "PIP_CERT", "CARGO_BUILD_JOBS"]


class Root:
    """The bare root, and how commands run in it."""

    def __init__(self, folder: Path, home: str):
        self.folder, self.home = folder, home

    def inside(self, place: str) -> Path:
        """A path of the root, as the machine sees it."""
        return self.folder / place.lstrip("/")

    def command(self, *command: str, user: str = "1000:1000", network: bool = True, **more: str) -> list[str]:
        """A command in the root with /proc, /dev and /sys of the machine, which are gone with it."""
        environment = ENVIRONMENT | {"HOME": self.home, "REPO_DIR": self.home} | ({name: os.environ[name] for name in NETWORK if name in os.environ} if network else {}) | more
        mounts = "; ".join(f"mount --rbind /{name} {self.folder}/{name}" for name in ("proc", "dev", "sys"))
        inside = ["chroot", f"--userspec={user}", str(self.folder), "env", "-i", *(f"{name}={value}" for name, value in environment.items()),
                  "sh", "-c", f'cd {self.home} && exec "$@"', "sh", *command]
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", f'set -e; {mounts}; exec "$@"', "sh", *inside]

    def run(self, *command: str, **more) -> float:
        """Runs it to its end, which must be good; returns the seconds it took."""
        started = time.monotonic()
        subprocess.run(self.command(*command, **more), check=True)
        return time.monotonic() - started

    def size(self, place: str) -> int:
        """Bytes of all files below, each counted once, as a layer of an image would hold them."""
        path = self.inside(place)
        if not path.exists():
            return 0
        return int(subprocess.run(["du", "-sb", str(path)], capture_output=True, text=True, check=True).stdout.split()[0])


def build(root: Root, chosen) -> list[str]:
    """From nothing to a finished postBuild; returns rows of the table."""
    folder, rows = root.folder, []
    started = time.monotonic()
    packages = "build-essential,ca-certificates,curl,git,python3,python3-venv,procps"
    if not (folder / "usr/bin/python3").exists():
        subprocess.run(["debootstrap", "--variant=minbase", f"--include={packages}", "stable", str(folder)], check=True)
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    shutil.copy(certificates, folder / "etc/ssl/certs/ca-certificates.crt")
    shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
    with (folder / "etc/passwd").open("a") as users:
        users.write(f"jovyan:x:1000:1000::{root.home}:/bin/bash\n")
    home, conda = root.inside(root.home), root.inside("/srv/conda")
    (conda / "course").mkdir(parents=True)
    listed = subprocess.run(["git", "-C", str(CHECKOUT), "ls-files", "-z"], capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        # With its time of change, by which cargo knows it.
        shutil.copy2(CHECKOUT / name, home / name)
    for name, source in [("rustup/toolchains", chosen.toolchain), ("cargo/registry", chosen.registry)]:
        if source is None:
            continue
        place = conda / "course" / name
        if name == "cargo/registry":
            for part in ["cache", "index"]:
                shutil.copytree(source / part, place / part, symlinks=True)
        else:
            # What the minimal profile has of it; rustup itself only to be asked which toolchains there are.
            shutil.copytree(source.resolve(), place / source.name, symlinks=True,
                            ignore=shutil.ignore_patterns("doc", "man", "cargo-clippy", "clippy-driver", "cargo-fmt", "rustfmt"))
            programs = conda / "course/cargo/bin"
            programs.mkdir(parents=True)
            (programs / "rustup").write_text(f"#!/bin/sh\n[ \"$*\" = 'toolchain list' ] && echo {source.name}\n")
            for program in ["cargo", "rustc"]:
                (programs / program).symlink_to(f"/srv/conda/course/rustup/toolchains/{source.name}/bin/{program}")
            (programs / "rustup").chmod(0o755)
    subprocess.run(["chown", "-R", "1000:1000", str(home), str(conda)], check=True)
    rows.append(f"| bare root, checkout, what the machine lends | {time.monotonic() - started:.0f} s |")

    root.run("python3", "-m", "venv", "/srv/conda/envs/notebook")
    environment = (CHECKOUT / "binder/environment.yml").read_text()
    pins = re.findall(r"^ +- (\S+==\S+)$", environment, re.MULTILINE)
    seconds = root.run("/srv/conda/envs/notebook/bin/python", "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check", *pins)
    rows.append(f"| Python environment, {len(pins)} pinned packages and theirs | {seconds:.0f} s, {megabytes(root.size('/srv/conda/envs'))} |")
    seconds = root.run("./binder/postBuild")
    rows.append(f"| postBuild | {seconds / 60:.0f} min |")
    return rows


def megabytes(size: float) -> str:
    return f"{size / 1e6:,.0f} MB"


def sizes(root: Root) -> list[str]:
    """What the image has because of us."""
    course = "/srv/conda/course"
    toolchain = next(root.inside(f"{course}/rustup/toolchains").iterdir(), None)
    parts = [
        ("compiler, its libraries and LLVM", [f"{course}/rustup"]), ("cargo's programs", [f"{course}/cargo"]),
        ("the stage: course library, metadata of crates, macros, kernel, index", [f"{course}/cache/stage"]),
        ("the two models", [f"{course}/cache/models"]), ("compiled cells", [f"{course}/cache/cells"]),
        ("the checkout and the learner's copies", [root.home, f"{course}/learn"]),
    ]
    rows = [f"| {name} | {megabytes(sum(map(root.size, places)))} |" for name, places in parts]
    rest = root.size(course) + root.size(root.home) - sum(root.size(place) for _, places in parts for place in places)
    rows.append(f"| other | {megabytes(rest)} |")
    rows.append(f"| **in all** | **{megabytes(root.size(course) + root.size(root.home))}** |")
    if toolchain:
        print(subprocess.run(f"du -ah --max-depth=4 {toolchain} | sort -h | tail -12; du -ah --max-depth=2 {root.folder}{course}/cache/stage | sort -h | tail -12",
                             shell=True, capture_output=True, text=True).stdout)
    return rows


class Limits:
    """A control group of 2 GB and one CPU, and what the session has used of it. Version 1 and 2."""

    def __init__(self, memory: int):
        base = Path("/sys/fs/cgroup")
        self.second = (base / "cgroup.controllers").exists()
        self.folders = [base / "course-binder"] if self.second else [base / kind / "course-binder" for kind in ("memory", "cpu")]
        for folder in self.folders:
            folder.mkdir(exist_ok=True)
        if self.second:
            (base / "cgroup.subtree_control").write_text("+memory +cpu")
            self.put("memory.max", memory)
            self.put("cpu.max", "100000 100000")
        else:
            self.put("memory.limit_in_bytes", memory)
            self.put("cpu.cfs_quota_us", 100000)
        self.peak = {"anon": 0, "all": 0}
        self.done = threading.Event()
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()

    def put(self, name: str, value):
        for folder in self.folders:
            if (folder / name).exists():
                (folder / name).write_text(str(value))

    def command(self, command: list[str]) -> list[str]:
        """The same command, in the group."""
        enter = "; ".join(f"echo $$ > {folder}/cgroup.procs" for folder in self.folders)
        return ["sh", "-c", f'{enter}; exec "$@"', "sh", *command]

    def number(self, file: str, name: str) -> int:
        text = (self.folders[0] / file).read_text()
        return next((int(line.split()[1]) for line in text.splitlines() if line.split()[0] == name), 0)

    def used(self) -> dict:
        """Memory that cannot be taken back, and with it the pages of files that are mapped: models, libraries."""
        anon = self.number("memory.stat", "anon" if self.second else "total_rss")
        mapped = self.number("memory.stat", "file_mapped" if self.second else "total_mapped_file")
        return {"anon": anon, "all": anon + mapped}

    def watch(self):
        while not self.done.wait(0.05):
            try:
                now = self.used()
            except (OSError, ValueError):
                continue
            self.peak = {name: max(self.peak[name], now[name]) for name in now}

    def kills(self) -> int:
        return self.number("memory.events" if self.second else "memory.oom_control", "oom_kill")

    def close(self):
        self.done.set()
        self.watcher.join()
        for folder in self.folders:
            for process in (folder / "cgroup.procs").read_text().split():
                os.kill(int(process), signal.SIGKILL)
            for _ in range(100):
                try:
                    folder.rmdir()
                    break
                except OSError:
                    time.sleep(0.1)


class Server:
    """JupyterLab as a session runs it."""

    def __init__(self, root: Root, limits: Limits, memory: int):
        self.root = root
        # As BinderHub starts it. No network but the loopback address is needed, and none is used.
        command = root.command("./binder/start", "jupyter", "lab", "--no-browser", "--ip=127.0.0.1", f"--port={PORT}", f"--IdentityProvider.token={TOKEN}",
                               network=False, MEM_LIMIT=str(memory))
        started = time.monotonic()
        self.process = subprocess.Popen(limits.command(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            assert self.process.poll() is None, "JupyterLab ended"
            try:
                self.ask("GET", "/api")
                break
            except OSError:
                time.sleep(0.05)
        self.seconds = time.monotonic() - started

    def ask(self, method: str, path: str, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", method=method, data=json.dumps(body).encode() if body else None,
                                         headers={"Authorization": f"token {TOKEN}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as reply:
            text = reply.read()
        return json.loads(text) if text else None

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Notebook:
    """A notebook opened in the session and run from top to bottom."""

    def __init__(self, server: Server, path: str):
        cells = nbformat.read(server.root.inside(server.root.home) / path, as_version=4).cells
        self.path, self.times, self.failed = path, [], 0
        started = time.monotonic()
        session = server.ask("POST", "/api/sessions", {"path": path, "name": Path(path).name, "type": "notebook", "kernel": {"name": "rust-course"}})
        runtime = server.root.inside(server.root.home) / ".local/share/jupyter/runtime"
        client = BlockingKernelClient(connection_file=str(runtime / f"kernel-{session['kernel']['id']}.json"))
        client.load_connection_file()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
            for cell in cells:
                if cell.cell_type != "code" or not cell.source.strip():
                    continue
                begun = time.monotonic()
                reply = client.execute_interactive(cell.source, timeout=300, output_hook=lambda message: None, allow_stdin=False)
                self.times.append(time.monotonic() - begun)
                self.failed += reply["content"]["status"] != "ok"
                if len(self.times) == 1:
                    self.first = time.monotonic() - started
        finally:
            client.stop_channels()
            server.ask("DELETE", f"/api/sessions/{session['id']}")

    def row(self) -> str:
        return (f"| {self.path} | {self.first:.1f} s | {statistics.median(self.times):.2f} s | {max(self.times):.1f} s | {sum(self.times):.0f} s "
                f"| {len(self.times)} | {self.failed} |")


def forget(folder: Path):
    """Drops the files' pages from memory: a session starts on a machine that has not read them, and pays for those it reads."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def session(root: Root, memory: int) -> list[str]:
    """The learner's copies, whose cells are kept, then the masters with their solutions, whose cells are compiled in the session."""
    os.sync()
    forget(root.inside("/srv/conda"))
    limits = Limits(memory)
    rows = []
    try:
        server = Server(root, limits, memory)
        idle = limits.used()
        rows.append(f"JupyterLab answers after {server.seconds:.1f} s and takes {megabytes(idle['anon'])}.\n")
        rows.append("| notebook | kernel and first cell | cell, median | the slowest | all cells | cells | of them failed |\n|---|---|---|---|---|---|---|")
        home = root.inside(root.home)
        for pattern in ["learn/START.ipynb", "learn/00-*/*.ipynb", "learn/01-*/*.ipynb", "chapters/01-*/*.ipynb"]:
            for path in sorted(home.glob(pattern)):
                ran = Notebook(server, str(path.relative_to(home)))
                if ran.times:
                    rows.append(ran.row())
                    print(rows[-1], flush=True)
        peak = limits.peak
        rows.append(f"\nPeak of the session: {megabytes(peak['anon'])}, with mapped files {megabytes(peak['all'])}, of {megabytes(memory)}; "
                    f"processes that the system ended for want of memory: {limits.kills()}.")
        server.stop()
    finally:
        limits.close()
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="the folder to make the root in; with --session one that is there")
    parser.add_argument("--toolchain", type=Path, help="a toolchain of rustup's to copy in place of a download")
    parser.add_argument("--registry", type=Path, help="cargo's registry folder to copy downloads from")
    parser.add_argument("--session", action="store_true", help="measure a session in a root that is there")
    parser.add_argument("--memory", type=float, default=2.0, help="GiB that the session may have")
    chosen = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("this bench makes a root and control groups: run it as root")
    if not chosen.session and not shutil.which("debootstrap"):
        sys.exit("this bench needs debootstrap (Debian: `apt install debootstrap`)")
    folder = chosen.root.resolve()
    root = Root(folder, "/home/jovyan")
    lines = []
    if not chosen.session:
        if (root.folder / "srv/conda").exists():
            sys.exit(f"postBuild has run in {root.folder}; name another folder, or use --session")
        lent = [name for name in ("toolchain", "registry") if getattr(chosen, name)]
        lines += [f"\nTaken from this machine: {', '.join(lent) or 'nothing'}.\n", "| step | |", "|---|---|", *build(root, chosen)]
    lines += ["", "| in the image because of the course | |", "|---|---|", *sizes(root), "", *session(root, int(chosen.memory * GIB))]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
