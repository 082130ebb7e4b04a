"""A value is read as what it was made as, or not at all: random notebooks that define types, aliases, constants, macros and modules anew.

Forty of them, always the same. `COURSE_FUZZ_SECONDS=600` goes on with new ones for that long; `-s` prints how many there were.
"""

import os
import re
import time
from dataclasses import dataclass, field

import pytest
from redefinitions import BASE, Step, notebook
from support.sanitise import without_colours
from support.session import Session

SEEDS = 40
# A failed cell of these is never one of the learner's: the process died, or the kernel gave up.
NEVER = ("ProcessDied", "Panic", "KernelBug", "KernelError", "Command", "Interrupted", "LoadError")


@dataclass
class Outcome:
    """What a notebook's run found."""

    wrong: list[str] = field(default_factory=list)
    right: int = 0
    gone: int = 0


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """One kernel for all notebooks."""
    with Session(folder=tmp_path_factory.mktemp("redefinitions")) as session:
        yield session


def run(kernel: Session, steps: list[Step]) -> Outcome:
    """Runs a notebook from an empty session, and judges what its cells say."""
    kernel.ok(":restart\n:clear")
    kernel.ok(BASE)
    found = Outcome()
    made: set[int] = set()
    # Values that must still be there: nothing was defined since they were last known to be.
    sure: set[int] = set()
    dropped: set[int] = set()
    for step in steps:
        ran = kernel.run(step.code)
        name = ran.error["ename"] if ran.status == "error" else None
        text = "\n".join(without_colours("\n".join(error["traceback"])) for error in ran.errors)
        if name in NEVER or "report this as a bug" in text + ran.stderr:
            found.wrong.append(f"{name} in\n{step}\n{text}{ran.stderr}")
            return found
        for number in map(int, re.findall(r"^DROP (\d+)$", ran.stdout, re.MULTILINE)):
            dropped.add(number)
        for wrong in re.findall(r".*WRONG.*", ran.stdout):
            found.wrong.append(f"{wrong}\nin\n{step}")
        match step.kind:
            case "define" if name is None:
                sure.clear()
            case "keep" if name is None:
                made.add(step.number)
                sure.add(step.number)
                # What makes a static defines it.
                if step.place == "typed static":
                    sure -= {number for number in sure if number != step.number}
            case "read":
                judge(step, ran, name, text, sure, found)
    # How often is not told: values hold others of the same number, and a function makes its value anew at each call.
    found.wrong += [f"value {number} was dropped and never made" for number in dropped - made - {0}]
    return found


def judge(step: Step, ran, name, text: str, sure: set[int], found: Outcome) -> None:
    """What the reading of a value may come to: its own description, or word that it is gone."""
    lines = re.findall(rf"^READ {step.number} (.*)$", ran.stdout, re.MULTILINE)
    if name is None and lines == [f"{step.number} right"]:
        found.right += 1
        # It was moved out.
        if step.place == "taken":
            sure.discard(step.number)
        return
    found.gone += 1
    if step.number in sure:
        found.wrong.append(f"value {step.number} ({step.place}) is gone though nothing was defined since: {lines} {text}\nin\n{step}")
    elif name is None and lines not in ([], ["none"]):
        found.wrong.append(f"value {step.number} ({step.place}) was read as {lines}\nin\n{step}")


def smallest(kernel: Session, steps: list[Step]) -> list[Step]:
    """Leaves out what the failure does not need."""
    size = len(steps) // 2
    while size:
        at = 0
        while at < len(steps):
            fewer = steps[:at] + steps[at + size:]
            if run(kernel, fewer).wrong:
                steps = fewer
            else:
                at += size
        size //= 2
    return steps


def report(kernel: Session, seed: int, steps: list[Step], wrong: list[str]) -> str:
    """The smallest notebook that fails, as one would type it."""
    steps = smallest(kernel, steps)
    again = run(kernel, steps).wrong or wrong
    cells = "\n\n".join(f"// cell {number}\n{step}" for number, step in enumerate([BASE, *steps], 1))
    return f"notebook {seed}: " + "\n".join(again) + f"\n\nthe smallest notebook that shows it:\n\n{cells}"


def test_a_value_is_read_as_what_it_was_made_as_or_not_at_all(kernel):
    deadline = time.monotonic() + float(os.environ.get("COURSE_FUZZ_SECONDS", 0))
    # New ones begin where no run has been.
    first = 0 if deadline <= time.monotonic() else int(time.time())
    right = gone = seed = 0
    while seed < SEEDS or time.monotonic() < deadline:
        steps = notebook(first + seed)
        found = run(kernel, steps)
        assert not found.wrong, report(kernel, first + seed, steps, found.wrong)
        right, gone, seed = right + found.right, gone + found.gone, seed + 1
    print(f"{seed} notebooks from {first}: {right} values were read, {gone} were gone")
    # Both must happen, or nothing was tried.
    assert right > seed and gone > seed / 4, f"{right} values were read, {gone} were gone"
