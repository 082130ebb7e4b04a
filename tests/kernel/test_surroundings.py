"""A machine that misbehaves: a full disk, folders that go away, a home that cannot be written to."""

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.session import KERNEL, Session
from jupyter_client.kernelspec import KernelSpecManager


@contextmanager
def small_disk(folder: Path, options: str):
    """A file system of its own, which the test can fill."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"this needs to mount a file system, which only root may: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    """Takes all that is left of a small disk, but for some bytes."""
    file = folder / "ballast"
    with file.open("wb", buffering=0) as ballast:
        try:
            while ballast.write(b"0" * 4096):
                pass
        except OSError:
            ballast.truncate(ballast.tell() - leave)
            return file


@pytest.mark.parametrize("leave", [0, 4 << 10, 16 << 10], ids=lambda leave: f"{leave} bytes left")
def test_a_full_disk_is_told_and_costs_nothing(tmp_path, leave):
    with small_disk(tmp_path / "small", "size=16m") as disk, Session(folder=tmp_path, TMPDIR=str(disk), COURSE_CELL_CACHE="off") as session:
        session.ok("let kept = 7;\nfn five() -> i32 { 5 }")
        ballast = fill(disk, leave)
        error = session.run("kept + 1").error
        assert "No space left" in error["evalue"], error
        ballast.unlink()
        assert session.ok("kept + five()").text == "12"


def test_a_disk_that_is_full_from_the_start_is_told_and_then_works(tmp_path):
    with small_disk(tmp_path / "small", "size=16m") as disk:
        ballast = fill(disk)
        with Session(folder=tmp_path, TMPDIR=str(disk)) as session:
            error = session.run("1 + 1").error
            assert "No space left" in error["evalue"], error
            ballast.unlink()
            assert session.ok("1 + 1").text == "2"


def test_a_full_cache_folder_is_in_nobodys_way(tmp_path):
    with small_disk(tmp_path / "small", "size=1m") as disk:
        fill(disk)
        with Session(folder=tmp_path, COURSE_CACHE=str(disk)) as session:
            session.ok("let kept = 7;")
            assert session.ok("kept").text == "7"


@pytest.mark.parametrize("what", ["the kernel's folder", "all temporary files", "the cache folder"])
def test_a_folder_that_goes_away_is_made_anew(tmp_path, what):
    temporary, cache = tmp_path / "tmp", tmp_path / "cache"
    temporary.mkdir()
    cache.mkdir()
    with Session(folder=tmp_path, TMPDIR=str(temporary), COURSE_CACHE=str(cache)) as session:
        session.ok("let kept = 7;\nfn five() -> i32 { 5 }")
        match what:
            case "the kernel's folder":
                for folder in temporary.iterdir():
                    shutil.rmtree(folder)
            case "all temporary files":
                shutil.rmtree(temporary)
            case "the cache folder":
                shutil.rmtree(cache)
        assert session.ok("kept + five()").text == "12"
        assert session.ok("kept - five()").text == "2"


def staged() -> Path:
    """The folder of the staged library that the installed kernel loads."""
    return Path(KernelSpecManager().get_kernel_spec(KERNEL).argv[-1])


def test_a_library_that_goes_away_is_told_with_what_to_do(tmp_path):
    stage = tmp_path / "stage"
    shutil.copytree(staged(), stage, copy_function=os.link)
    description = json.loads((stage / "stage.json").read_text().replace(str(staged()), str(stage)))
    (stage / "stage.json").unlink()
    (stage / "stage.json").write_text(json.dumps(description))
    with Session(folder=tmp_path, stage=stage) as session:
        session.ok("let kept = 7;")
        hidden = stage.rename(tmp_path / "hidden")
        for code in ("kept", "1 + 1"):
            error = session.run(code).error
            assert str(stage) in error["evalue"] and "cargo xtask setup" in error["evalue"]
        hidden.rename(stage)
        assert session.ok("kept").text == "7"


@pytest.mark.parametrize("temporary", ["unset", "missing", "not a folder"])
def test_without_a_folder_for_temporary_files_another_is_found(tmp_path, temporary, monkeypatch):
    monkeypatch.delenv("TMPDIR", raising=False)
    (tmp_path / "file").write_text("")
    named = {"unset": {}, "missing": {"TMPDIR": str(tmp_path / "none")}, "not a folder": {"TMPDIR": str(tmp_path / "file")}}
    with Session(folder=tmp_path, **named[temporary]) as session:
        assert session.ok("1 + 1").text == "2"


def test_a_home_that_cannot_be_written_to_is_enough(tmp_path):
    with small_disk(tmp_path / "home", "size=1m,ro") as home:
        with Session(folder=tmp_path, HOME=str(home), COURSE_CACHE=str(home / "cache")) as session:
            session.ok("let kept = 7;")
            assert session.ok("kept").text == "7"
            assert not list(home.iterdir())
