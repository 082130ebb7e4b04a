"""Fetches the packages that the data is made from, with the ordinary clients (pip, apt-get), and checks each against its SHA-256."""

import hashlib
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

PINS = json.loads((Path(__file__).parent / "packages.json").read_text())


class Packages:
    """A folder of downloaded packages; what is not there yet is fetched when it is asked for."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)

    def fetch(self, name: str) -> Path:
        """The file of the package `name`, as pinned in packages.json."""
        pin = PINS[name]
        path = self.folder / pin["file"]
        if not path.exists():
            print(f"fetching {pin['file']}", file=sys.stderr)
            subprocess.run(command(name, pin), cwd=self.folder, check=True)
        if not path.exists():
            raise SystemExit(f"{name}: the registry did not give {pin['file']}")
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != pin["sha256"]:
            raise SystemExit(f"{path}: its SHA-256 is {found}, expected {pin['sha256']}")
        return path

    def texts(self, name: str, suffix: str = "", below: str = ""):
        """Pairs (path, text) of the files in a package whose path contains `below` and ends with `suffix`, in the order of their paths."""
        members = sorted(self.members(name), key=lambda member: member[0])
        for path, read in members:
            if path.endswith(suffix) and below in path:
                yield path, read().decode("utf-8", errors="strict")

    def members(self, name: str):
        """Pairs (path, function that reads the bytes) of all files in a package: a wheel, a source archive, or a package of Debian."""
        path = self.fetch(name)
        if path.suffix == ".whl":
            archive = zipfile.ZipFile(path)
            return [(entry, lambda entry=entry: archive.read(entry)) for entry in archive.namelist() if not entry.endswith("/")]
        if path.suffix == ".deb":
            process = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(path)], check=True, stdout=subprocess.PIPE)
            unpacked = path.with_suffix(".tar")
            unpacked.write_bytes(process.stdout)
            path = unpacked
        archive = tarfile.open(path)
        return [(entry.name, lambda entry=entry: archive.extractfile(entry).read()) for entry in archive.getmembers() if entry.isfile()]


def command(name: str, pin: dict) -> list[str]:
    """What fetches a package into the current folder."""
    if pin["from"] == "debian":
        return ["apt-get", "download", f"{name}={pin['version']}"]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", "."]
    if pin["file"].endswith(".whl"):
        only = ["--only-binary", ":all:", "--platform", "manylinux2014_x86_64", "--python-version", "3.12", "--implementation", "cp"]
    else:
        only = ["--no-binary", ":all:"]
    return [*pip, *only, f"{pin.get('name', name)}=={pin['version']}"]
