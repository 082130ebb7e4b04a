# shellcheck shell=bash
# Where things are in the image; postBuild and start read it.
#
# On Binder the checkout is $HOME: its .cargo/ would be cargo's home, and its Cargo.toml the workspace of whatever is built below. A class's
# JupyterHub may also put a volume over (a part of) $HOME. So all that is built lies beside the Python environment, in a folder that the
# user jovyan may write to.
export COURSE_HOME="${COURSE_HOME:-${CONDA_DIR:-/srv/conda}/course}"
export RUSTUP_HOME="$COURSE_HOME/rustup" CARGO_HOME="$COURSE_HOME/cargo"
# Models, the staged library, compiled cells.
export COURSE_CACHE="$COURSE_HOME/cache"
# JupyterLab runs in the image's own environment; the kernel is installed there too, in place of a .venv.
export COURSE_VENV="${NB_PYTHON_PREFIX:-/srv/conda/envs/notebook}"
export PATH="$CARGO_HOME/bin:$PATH"
