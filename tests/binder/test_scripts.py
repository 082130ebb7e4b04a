"""postBuild and start, run for real in a home folder of their own, with programs that only say how they were called."""

import os
import subprocess
from pathlib import Path

import pytest

NOTE = 'printf "%s|%s|%s\\n" "$(basename "$0")" "$*" "${CARGO_HOME:-} ${COURSE_CACHE:-} ${CARGO_TARGET_DIR:-} ${RUSTUP_TOOLCHAIN:-} ${COURSE_PROGRESS:-}" >> "$CALLS"\n'
# Puts down what rustup's installer would.
INSTALLER = """cat > "$6" <<'END'
printf 'installer|%s\\n' "$*" >> "$CALLS"
folder="$RUSTUP_HOME/toolchains/$RUSTUP_TOOLCHAIN-x86_64-unknown-linux-gnu"
lib="$folder/lib/rustlib/x86_64-unknown-linux-gnu"
mkdir -p "$folder/bin" "$folder/share/doc" "$lib/lib" "$lib/bin" "$RUSTUP_HOME/downloads" "$CARGO_HOME/bin"
touch "$folder/bin/rustc" "$folder/bin/rustdoc" "$folder/bin/cargo" "$lib/lib/libstd-1.rlib" "$lib/lib/librustc-stable_rt.asan.a"
cp "$STUBS/rustup" "$CARGO_HOME/bin/rustup"
END
"""
CARGO = """
case "$*" in
    "xtask setup") [ -z "${FAIL:-}" ] || exit 1; mkdir -p "$CARGO_TARGET_DIR/release" "$CARGO_HOME/registry" "$COURSE_CACHE"/{pip,stage,models} ;;
    "xtask notebooks student") mkdir -p learn/00-setup learn/01-transformer-models; for name in START 00-setup/01-welcome 01-transformer-models/01-introduction; do echo '{}' > "learn/$name.ipynb"; done ;;
esac
"""
RUSTUP = """[ "$*" != "toolchain list" ] || ls "$RUSTUP_HOME/toolchains" 2>/dev/null || true
"""


class Image:
    """The machine that postBuild finds: a home, a Conda folder, and a PATH of stand-ins."""

    def __init__(self, home: Path, folder: Path):
        self.home, self.conda, self.calls = home, folder / "conda", folder / "calls"
        self.stubs, self.hidden = folder / "stubs", folder / "hidden"
        for place in [self.stubs, self.hidden, self.conda]:
            place.mkdir()
        self.program(self.stubs / "cargo", NOTE + CARGO)
        self.program(self.stubs / "jupyter", NOTE)
        self.program(self.stubs / "curl", NOTE + INSTALLER.replace('"$6"', '"${@: -2:1}"'))
        self.program(self.hidden / "rustup", NOTE + RUSTUP)
        self.environment = {
            "HOME": str(home), "CONDA_DIR": str(self.conda), "NB_PYTHON_PREFIX": str(self.conda / "envs/notebook"), "CALLS": str(self.calls),
            "STUBS": str(self.hidden), "PATH": f"{self.stubs}:/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8",
        }
        self.course = self.conda / "course"

    @staticmethod
    def program(path: Path, script: str):
        path.write_text("#!/usr/bin/env bash\nset -eu\n" + script)
        path.chmod(0o755)

    def run(self, *command: str, **more: str):
        return subprocess.run(command, cwd=self.home, env={**self.environment, **more}, capture_output=True, text=True, timeout=120)

    def post_build(self, **more: str):
        """As the generated Dockerfile calls it; returns the calls it made."""
        self.calls.write_text("")
        self.ended = self.run("./binder/postBuild", **more)
        return [line.split("|") for line in self.calls.read_text().splitlines()]


@pytest.fixture
def image(checkout, tmp_path):
    assert not any((Path(folder) / "rustup").exists() for folder in ["/usr/local/bin", "/usr/bin", "/bin"]), "the test needs a PATH without rustup"
    return Image(checkout, tmp_path)


def test_post_build_calls_what_it_should(image, root):
    calls = image.post_build()
    assert image.ended.returncode == 0, image.ended.stderr
    version = next(line.split('"')[1] for line in (root / "rust-toolchain.toml").read_text().splitlines() if line.startswith("channel"))
    made = [(name, arguments) for name, arguments, *_ in calls]
    assert made[0][0] == "curl" and made[0][1].endswith("https://sh.rustup.rs")
    assert made[1] == ("installer", f"-y --quiet --no-modify-path --profile minimal --default-toolchain {version}")
    assert made[2:4] == [("cargo", "xtask setup"), ("cargo", "xtask notebooks student")]
    warmed = [arguments.split()[-1] for name, arguments in made if name == "jupyter" and arguments.startswith("execute --allow-errors")]
    assert warmed == ["learn/START.ipynb", "learn/00-setup/01-welcome.ipynb", "learn/01-transformer-models/01-introduction.ipynb"]
    name, trusted = made[-1]
    assert name == "jupyter" and trusted.startswith("trust ")
    masters = {str(path.relative_to(image.home)) for path in (image.home / "chapters").rglob("*.ipynb")}
    assert masters <= set(trusted.split()) and "learn/START.ipynb" in trusted.split()


def test_nothing_of_the_build_lies_in_the_home_folder(image):
    before = {path.relative_to(image.home) for path in image.home.rglob("*")}
    for name, arguments, environment in [call for call in image.post_build() if call[0] == "cargo"]:
        for folder in environment.split(" ")[:3]:
            assert Path(folder).is_relative_to(image.course), f"{name} {arguments}: {folder}"
    after = {path.relative_to(image.home) for path in image.home.rglob("*")}
    assert {path.parts[0] for path in after - before} == {"learn"}


def test_the_warm_up_is_nobodys_progress(image):
    for name, arguments, environment in [call for call in image.post_build() if call[0] == "jupyter" and call[1].startswith("execute")]:
        progress = Path(environment.split(" ")[4])
        assert progress.name == "progress.json" and not progress.is_relative_to(image.home)


def test_what_only_the_build_needed_is_gone(image):
    image.post_build()
    left = sorted(str(path.relative_to(image.course)) for path in image.course.rglob("*") if not path.is_dir())
    toolchain = next((image.course / "rustup/toolchains").iterdir()).name
    lib = f"rustup/toolchains/{toolchain}/lib/rustlib/x86_64-unknown-linux-gnu/lib"
    assert left == sorted([
        "cargo/bin/rustup", "learn/00-setup/01-welcome.ipynb", "learn/01-transformer-models/01-introduction.ipynb", "learn/START.ipynb",
        f"{lib}/libstd-1.rlib", f"rustup/toolchains/{toolchain}/bin/cargo", f"rustup/toolchains/{toolchain}/bin/rustc",
    ])
    assert (image.course / "cache/stage").is_dir() and not (image.course / "target").exists() and not (image.course / "cache/pip").exists()


def test_a_second_run_does_the_same_without_a_download(image):
    first = image.post_build()
    second = image.post_build()
    assert image.ended.returncode == 0, image.ended.stderr
    assert [call[:2] for call in second if call[0] not in ("rustup",)] == [call[:2] for call in first if call[0] not in ("curl", "installer", "rustup")]


def test_an_installed_rustup_is_asked_for_the_pinned_compiler(image):
    Image.program(image.stubs / "rustup", NOTE + RUSTUP)
    calls = [(name, arguments) for name, arguments, *_ in image.post_build()]
    assert "curl" not in [name for name, _ in calls]
    assert any(arguments.startswith("toolchain install --profile minimal 1.") for name, arguments in calls if name == "rustup")


def test_a_build_that_fails_fails(image):
    calls = image.post_build(FAIL="1")
    assert image.ended.returncode != 0
    assert calls[-1][:2] == ["cargo", "xtask setup"], "nothing runs after it"


def start(image, script: str, **more: str) -> str:
    ended = image.run(str(image.home / "binder/start"), "bash", "-c", script, **more)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.parametrize(("session", "child"), [
    ({"MEM_LIMIT": str(2 << 30)}, (2 << 30) - (640 << 20)),
    ({"MEM_LIMIT": str(1 << 30)}, 512 << 20),
    ({"MEM_LIMIT": str(2 << 30), "COURSE_MEMORY_LIMIT": "800M"}, "800M"),
    ({"MEM_LIMIT": "none"}, ""),
    ({}, ""),
])
def test_a_cell_may_have_less_than_the_session(image, session, child):
    assert start(image, "echo $COURSE_MEMORY_LIMIT", **session) == str(child)


def test_start_hands_on_its_arguments_and_how_they_end(image):
    ended = image.run(str(image.home / "binder/start"), "bash", "-c", 'echo "$1"; exit 3', "sh", "two words")
    assert (ended.returncode, ended.stdout) == (3, "two words\n")


def test_start_fills_an_empty_volume_and_leaves_a_learners_work(image):
    image.post_build()
    work = image.home / "learn/START.ipynb"
    work.write_text("mine")
    (image.home / "learn/00-setup/01-welcome.ipynb").unlink()
    start(image, "true")
    assert work.read_text() == "mine"
    assert (image.home / "learn/00-setup/01-welcome.ipynb").read_text() == "{}\n"


def test_the_session_finds_the_compiler_and_the_environment(image, root):
    shown = start(image, 'echo "$CARGO_HOME $RUSTUP_HOME $COURSE_VENV $RUSTUP_TOOLCHAIN"; echo "$PATH"').splitlines()
    version = next(line.split('"')[1] for line in (root / "rust-toolchain.toml").read_text().splitlines() if line.startswith("channel"))
    assert shown[0] == f"{image.course}/cargo {image.course}/rustup {image.conda}/envs/notebook {version}"
    assert shown[1].startswith(f"{image.course}/cargo/bin:")
