"""Training and inference beside PyTorch on the CPU: the same models, weights, batches and threads, in one run.

    cargo xtask bench train [--rounds N] [--threads N] [--only WORK,…] [--markdown FILE] [--python PYTHON]

Each kind of work runs in a process of its own, ours and PyTorch's in turn; a figure is the median over the steps of all rounds. Ours
is `crates/training/examples/train_bench.rs`. Both sides first come to a number without dropout, which must be the same to four digits.
PyTorch and transformers are those of tests/bench/train-requirements.txt, installed on the first run into a folder of their own in the
course's cache (some gigabytes: PyPI's PyTorch brings CUDA), unless `--python` names a Python that has them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]

# What is done: how the table calls it, and what is counted in a step.
WORKS = {
    "finetune": "fine-tuning step, all-MiniLM-L6-v2, 16 × 128 tokens",
    "gpt2": "training step, GPT-2 of 10.4 million parameters from scratch, 8 × 128 tokens",
    "forward": "forward pass, all-MiniLM-L6-v2, 32 × 128 tokens",
    "embed": "sentence embeddings, all-MiniLM-L6-v2, 32 × 18 tokens",
}
STEPS = 8
GPT2 = {"vocab_size": 8192, "n_positions": 128, "n_embd": 288, "n_layer": 8, "n_head": 8}


def ids(rows: int, length: int, most: int) -> list[list[int]]:
    """Token ids that both sides make by the same formula."""
    return [[(1000 + row * 131 + at * 7919) % most for at in range(length)] for row in range(rows)]


def theirs(name: str, model: str) -> dict:
    """PyTorch's side of one kind of work."""
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    torch.set_num_threads(int(os.environ["RAYON_NUM_THREADS"]))
    torch.manual_seed(0)

    def formula(tensor: "torch.Tensor", start: int) -> None:
        count = torch.arange(tensor.numel(), dtype=torch.float64)
        tensor.data.copy_((0.02 * torch.sin(count * 0.7 + start)).reshape(tensor.shape).float())

    def trained(net, batch) -> dict:
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-5)
        net.eval()
        check = net(**batch).loss.item()
        net.train()

        def step():
            net(**batch).loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()

        return timed(step, check)

    if name == "finetune":
        net = transformers.AutoModelForSequenceClassification.from_pretrained(model, num_labels=2)
        formula(net.classifier.weight, 1)
        torch.nn.init.zeros_(net.classifier.bias)
        # The bundled file has a pooler as it came; both sides set it by the same formula.
        formula(net.bert.pooler.dense.weight, 2)
        torch.nn.init.zeros_(net.bert.pooler.dense.bias)
        batch = {"input_ids": torch.tensor(ids(16, 128, 30000)), "labels": torch.arange(16) % 2}
        batch["attention_mask"] = torch.ones_like(batch["input_ids"])
        return trained(net, batch)
    if name == "gpt2":
        net = transformers.GPT2LMHeadModel(transformers.GPT2Config(**GPT2))
        for number, (_, parameter) in enumerate(sorted(net.named_parameters())):
            formula(parameter, number)
        batch = {"input_ids": torch.tensor(ids(8, 128, GPT2["vocab_size"]))}
        batch["labels"] = batch["input_ids"].clone()
        return trained(net, batch)
    net = transformers.AutoModel.from_pretrained(model).eval()
    rows, length = (32, 128) if name == "forward" else (32, 18)
    input_ids = torch.tensor(ids(rows, length, 30000))
    mask = torch.ones_like(input_ids)

    @torch.inference_mode()
    def forward():
        hidden = net(input_ids=input_ids, attention_mask=mask).last_hidden_state
        return torch.nn.functional.normalize(hidden.mean(1), dim=-1) if name == "embed" else hidden

    return timed(forward, forward().abs().mean().item())


def timed(step, check: float) -> dict:
    for _ in range(2):
        step()
    seconds = []
    for _ in range(STEPS):
        begun = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - begun)
    status = Path("/proc/self/status").read_text()
    return {"seconds": seconds, "check": check, "megabytes": int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6}


def cache_folder() -> Path:
    return Path(os.environ.get("COURSE_CACHE", ROOT / ".cache" / "course"))


def python_with_torch(given: str | None) -> str:
    """A Python that has PyTorch and transformers."""
    if given:
        return given
    folder = cache_folder() / "bench-train"
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        print("installing PyTorch and transformers, some gigabytes …", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", Path(__file__).with_name("train-requirements.txt")], check=True)
        (folder / "installed").touch()
    return str(python)


def programs(given: str | None) -> Path:
    """The folder with our programs, built as the tests are, or the features of dependencies would differ and all be compiled anew."""
    if given:
        return Path(given)
    subprocess.run(["cargo", "test", "--workspace", "--release", "--no-run", "--quiet"], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "examples"


def call(command: list, environment: dict) -> dict:
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", type=lambda names: names.split(","), default=list(WORKS))
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--python", help="a Python that has PyTorch and transformers")
    parser.add_argument("--examples", help="the folder with our built programs")
    parser.add_argument("--model", default=str(cache_folder() / "models" / "sentence-transformers--all-MiniLM-L6-v2"))
    options = parser.parse_args()

    python, ours = python_with_torch(options.python), programs(options.examples) / "train_bench"
    environment = {**os.environ, "RAYON_NUM_THREADS": str(options.threads), "HF_HUB_OFFLINE": "1"}
    lines = []

    def say(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    say(f"{options.threads} threads; medians of {options.rounds} × {STEPS} steps; load average {os.getloadavg()[0]:.1f}\n")
    say("| | ours | PyTorch | times as fast | ours, peak | PyTorch, peak |\n|---|---|---|---|---|---|")
    for name in options.only:
        mine, other = [], []
        for _ in range(options.rounds):
            mine.append(call([ours, name, options.model, STEPS], environment))
            other.append(call([python, __file__, "--one", name, options.model], environment))
        if abs(mine[0]["check"] - other[0]["check"]) > 1e-4 * max(1.0, abs(other[0]["check"])):
            raise SystemExit(f"{name}: we come to {mine[0]['check']}, PyTorch to {other[0]['check']}")
        fast, slow = (statistics.median(second for run in runs for second in run["seconds"]) for runs in (mine, other))
        peaks = " | ".join(f"{statistics.median(run['megabytes'] for run in runs):.0f} MB" for runs in (mine, other))
        say(f"| {WORKS[name]} | {1000 * fast:.0f} ms | {1000 * slow:.0f} ms | {slow / fast:.2f} | {peaks} |")
    if options.markdown:
        options.markdown.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(theirs(sys.argv[2], sys.argv[3])))
    else:
        main()
