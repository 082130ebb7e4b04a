"""The files that mybinder.org reads: each alone, and what repo2docker makes of them."""

import os
import re
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest
from ruamel.yaml import YAML

# In environment.yml and in requirements.txt with the same version.
SHARED = {"jupyterlab", "jupyterlab-widgets", "anywidget", "nbclient", "nbformat"}
SCRIPTS = ["binder/postBuild", "binder/start"]


def dockerfile(checkout):
    """What repo2docker would build, without Docker and without a fallback, as mybinder.org calls it."""
    return subprocess.run(["jupyter-repo2docker", "--no-build", "--user-id=1000", "--user-name=jovyan",
                           "--Repo2Docker.default_buildpack=None", str(checkout)], capture_output=True, text=True, timeout=120)


def test_repo2docker_takes_the_binder_folder(checkout):
    made = dockerfile(checkout)
    assert made.returncode == 0, made.stderr
    text = made.stdout
    assert "CondaBuildPack" in made.stderr or "environment.yml" in text
    lines = text.splitlines()
    for line in ["RUN ./binder/postBuild", 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"',
                 "apt-get install --yes --no-install-recommends build-essential && \\"]:
        assert line in lines, f"{line}\nis not in\n{text}"
    # The Python environment stands before the checkout is copied: a commit that does not touch environment.yml keeps its layers.
    assert text.index("env update") < text.index("src/ ${REPO_DIR}/") < text.index("RUN ./binder/postBuild")


def test_without_an_environment_file_it_is_refused(checkout):
    (checkout / "binder/environment.yml").unlink()
    refused = dockerfile(checkout)
    assert refused.returncode != 0
    assert "env update" not in refused.stdout


def test_there_is_one_binder_folder(root):
    assert not (root / ".binder").exists()
    # These would be read in its place, or be thought to be read.
    for name in ["Dockerfile", "environment.yml", "apt.txt", "postBuild", "start", "runtime.txt", "install.R"]:
        assert not (root / name).exists(), name
    assert not (root / "binder/Dockerfile").exists(), "repo2docker would read nothing but it"


def test_apt_packages_are_names(root):
    names = [line.partition("#")[0].strip() for line in (root / "binder/apt.txt").read_text().splitlines()]
    names = [name for name in names if name]
    assert names
    for name in names:
        assert re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", name), name


def test_versions_are_those_of_the_requirements(root):
    environment = YAML(typ="safe").load(root / "binder/environment.yml")
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    [pip] = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert any(re.fullmatch(r"python=3\.1[1-9]", entry) for entry in plain), "Python is pinned, or the build breaks one day"
    wanted = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (root / "requirements.txt").read_text(), re.MULTILINE))
    assert {entry.split("==")[0] for entry in pip} == SHARED
    for entry in pip:
        name, version = entry.split("==")
        assert wanted[name] == version, f"environment.yml has {entry}, requirements.txt {wanted[name]}"


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_stop_at_the_first_error(root, script):
    path = root / script
    lines = path.read_text().splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert os.access(path, os.X_OK)
    for forbidden in ["sudo", "apt-get", "/root"]:
        assert forbidden not in path.read_text(), f"{forbidden}: Binder runs it as the user jovyan"


def test_start_ends_in_what_it_was_given(root):
    assert (root / "binder/start").read_text().rstrip().splitlines()[-1] == 'exec "$@"'


def test_shellcheck_finds_nothing(root):
    scripts = [*SCRIPTS, "binder/paths.sh", ".ci/run"]
    checked = subprocess.run(["shellcheck", "--external-sources", *scripts], cwd=root, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    for script in scripts:
        subprocess.run(["bash", "-n", script], cwd=root, check=True)


def badge(root):
    """The address behind the README's badge."""
    found = re.findall(r"\[!\[[^\]]*\]\(https://mybinder\.org/badge_logo\.svg\)\]\((\S+?)\)", (root / "README.md").read_text())
    assert len(found) == 1, "the README has one Binder badge"
    return urlsplit(found[0])


def test_the_badge_opens_the_launcher(root):
    address = badge(root)
    assert address.netloc == "mybinder.org"
    version, provider, owner, repository, reference = address.path.strip("/").split("/")
    assert (version, provider, reference) == ("v2", "gh", "main")
    [place] = parse_qs(address.query)["urlpath"]
    assert place == "lab/tree/learn/START.ipynb"
    assert (root / "chapters/START.ipynb").is_file(), "learn/START.ipynb is the copy of chapters/START.ipynb"
    # The image for workshops is this repository's.
    assert image(root).startswith(f"ghcr.io/{owner}/{repository}:")
    origin = subprocess.run(["git", "remote", "get-url", "origin"], cwd=root, capture_output=True, text=True).stdout.strip()
    if "github.com" in origin:
        assert origin.removesuffix(".git").endswith(f"{owner}/{repository}"), f"the badge builds {owner}/{repository}, and this is {origin}"


def image(root) -> str:
    lines = [line for line in (root / "binder/prebuilt/Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) == 1 and lines[0].startswith("FROM "), "one FROM, and nothing else"
    return lines[0].removeprefix("FROM ")


def test_the_prebuilt_image_is_pinned(root):
    name, _, tag = image(root).rpartition(":")
    assert name and tag != "latest"


def test_the_class_uses_the_same_image(root):
    user = YAML(typ="safe").load(root / "binder/jupyterhub/values.yaml")["singleuser"]
    assert f"{user['image']['name']}:{user['image']['tag']}" == image(root)
    assert user["defaultUrl"] == "/lab/tree/learn/START.ipynb"
    # A volume over the home folder would hide the checkout.
    assert user["storage"]["homeMountPath"] == "/home/jovyan/learn"
