"""Writes schedulers.json and optimizers.json: what PyTorch and transformers compute. Made with torch 2.15.0 and transformers 5.24.0.

    python make.py

Weights and gradients are formulas (`weight`, `gradient` below), which tests/optimizers.rs repeats.
"""

import json
import math
import warnings
from pathlib import Path

import torch
from transformers.optimization import Adafactor, GreedyLR, get_scheduler

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent


def rates(kind, steps, total, num_warmup_steps, metrics=None, **settings):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.01)
    scheduler = get_scheduler(kind, optimizer, num_warmup_steps, total, scheduler_specific_kwargs=settings or None)
    found = []
    for step in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step() if metrics is None else scheduler.step(metrics[step])
    return {"kind": kind, "total": total, "warmup": num_warmup_steps, "settings": settings, "metrics": metrics, "rates": found}


def schedulers():
    falling = [2.0 - 0.1 * min(step, 6) + 0.01 * (step % 3) for step in range(40)]
    both = [2.0 - 0.1 * step if step < 20 else 1.0 + 0.01 * step for step in range(60)]
    yield rates("constant", 5, 10, 0)
    for warmup in (0, 4):
        yield rates("linear", 14, 12, warmup)
        yield rates("cosine", 14, 12, warmup)
        yield rates("cosine", 14, 12, warmup, num_cycles=1.5)
        yield rates("cosine_with_restarts", 14, 12, warmup, num_cycles=3)
        yield rates("polynomial", 14, 12, warmup)
        yield rates("polynomial", 14, 12, warmup, power=2.0, lr_end=1e-4)
        yield rates("constant_with_warmup", 8, 12, warmup)
        yield rates("inverse_sqrt", 14, 12, warmup)
        yield rates("inverse_sqrt", 14, 12, warmup, timescale=7)
        yield rates("cosine_with_min_lr", 14, 12, warmup, min_lr=1e-3)
        yield rates("cosine_warmup_with_min_lr", 14, 12, warmup, min_lr_rate=0.2)
        yield rates("cosine_warmup_with_min_lr", 14, 12, warmup, min_lr_rate=0.2, warmup_lr_rate=0.3)
        yield rates("warmup_stable_decay", 14, 12, warmup, num_decay_steps=3)
        for shape in ("linear", "cosine", "1-sqrt"):
            yield rates("warmup_stable_decay", 14, 12, warmup, num_decay_steps=4, warmup_type=shape, decay_type=shape, min_lr_ratio=0.1)
    yield rates("reduce_lr_on_plateau", 40, 40, 0, falling)
    yield rates("reduce_lr_on_plateau", 40, 40, 0, falling, factor=0.5, patience=2, cooldown=3, threshold=1e-3, min_lr=1e-3)
    yield rates("reduce_lr_on_plateau", 40, 40, 0, falling, mode="max", patience=1, threshold_mode="abs")
    yield rates("greedy", 60, 60, 0, both, patience=3, factor=0.5)
    yield rates("greedy", 60, 60, 0, both, patience=2, factor=0.8, cooldown=2, warmup=3, min_lr=0.002, max_lr=0.02, smooth=True, window_size=4, reset_start=3)


SHAPES = {"layer.weight": (6, 5), "layer.bias": (6,), "norm.weight": (5,)}


def weight(parameter, index):
    return math.sin(1.0 + 7 * parameter + index)


def gradient(parameter, index, step):
    return math.cos(0.5 + 3 * parameter + 0.7 * index + 1.3 * step) * (0.1 + 0.05 * (index % 4))


def run(make, steps=5):
    torch.manual_seed(0)
    parameters = []
    for number, shape in enumerate(SHAPES.values()):
        count = math.prod(shape)
        values = torch.tensor([weight(number, index) for index in range(count)], dtype=torch.float32)
        parameters.append(values.reshape(shape).requires_grad_(True))
    groups = [{"params": parameters[:1], "weight_decay": 0.1}, {"params": parameters[1:], "weight_decay": 0.0}]
    optimizer = make(groups)
    for step in range(steps):
        for number, parameter in enumerate(parameters):
            count = parameter.numel()
            values = torch.tensor([gradient(number, index, step) for index in range(count)], dtype=torch.float32)
            parameter.grad = values.reshape(parameter.shape)
        optimizer.step()
    return {name: parameter.detach().flatten().tolist() for name, parameter in zip(SHAPES, parameters)}


def optimizers():
    yield "adamw", run(lambda groups: torch.optim.AdamW(groups, lr=0.01))
    yield "adamw_betas", run(lambda groups: torch.optim.AdamW(groups, lr=0.02, betas=(0.8, 0.95), eps=1e-3))
    yield "sgd", run(lambda groups: torch.optim.SGD(groups, lr=0.05))
    yield "sgd_momentum", run(lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9))
    yield "sgd_nesterov", run(lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9, nesterov=True))
    yield "adafactor", run(lambda groups: Adafactor(groups, lr=0.01, scale_parameter=False, relative_step=False))
    yield "adafactor_relative", run(lambda groups: Adafactor(groups))
    yield "adafactor_moment", run(lambda groups: Adafactor(groups, lr=0.02, beta1=0.9, relative_step=False))


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(case) for case in schedulers())
    (HERE / "schedulers.json").write_text(f"[\n{lines}\n]\n")
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(case)}" for name, case in optimizers())
    (HERE / "optimizers.json").write_text(f"{{\n{lines}\n}}\n")
