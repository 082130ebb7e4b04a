"""A Jupyter client with one kernel, made for asserting on what a cell sends and in which order."""

import os
import queue
import time
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_client.manager import KernelManager

from .ports import own_ports

# `cargo xtask test --only evcxr` has the same tests run on the second engine.
KERNEL = os.environ.get("COURSE_TEST_KERNEL", "rust-course")
EVCXR = KERNEL == "rust-evcxr"
# Generous: tests run on busy machines, and none of them asserts a time.
TIMEOUT = 120


@dataclass
class Ran:
    """What one `execute_request` brought: the reply, and the iopub messages up to idle, in order."""

    reply: dict
    messages: list = field(default_factory=list)

    def of(self, *types: str) -> list:
        """The contents of the messages of these types."""
        return [message["content"] for message in self.messages if message["msg_type"] in types]

    @property
    def status(self) -> str:
        """`ok`, `error` or `aborted`."""
        return self.reply["content"]["status"]

    @property
    def count(self) -> int:
        """The execution count of the reply."""
        return self.reply["content"]["execution_count"]

    def stream(self, name: str) -> str:
        """All text of `stdout` or `stderr`."""
        return "".join(content["text"] for content in self.of("stream") if content["name"] == name)

    @property
    def stdout(self) -> str:
        """All text of stdout."""
        return self.stream("stdout")

    @property
    def stderr(self) -> str:
        """All text of stderr."""
        return self.stream("stderr")

    @property
    def errors(self) -> list:
        """The `error` outputs."""
        return self.of("error")

    @property
    def error(self) -> dict:
        """The one error of a failed cell, which must also be the reply's."""
        assert self.status == "error", f"the cell did not fail: {self.outline()}"
        assert len(self.errors) == 1, f"a failed cell has one error output, not {len(self.errors)}"
        (error,) = self.errors
        reply = self.reply["content"]
        assert (reply["ename"], reply["evalue"]) == (error["ename"], error["evalue"])
        assert error["traceback"], "an error has a traceback"
        return error

    @property
    def traceback(self) -> str:
        """The traceback without its colours."""
        from .sanitise import without_colours

        return without_colours("\n".join(self.error["traceback"]))

    @property
    def result(self) -> dict | None:
        """The bundle of the last expression."""
        results = self.of("execute_result")
        assert len(results) <= 1
        return results[0]["data"] if results else None

    @property
    def text(self) -> str | None:
        """The plain text of the last expression."""
        return self.result and self.result["text/plain"]

    @property
    def displays(self) -> list:
        """The bundles that were displayed, new ones only."""
        return [content["data"] for content in self.of("display_data")]

    def ok(self) -> "Ran":
        """Itself, if the cell ran to its end."""
        assert self.status == "ok", f"the cell failed: {self.outline()}"
        assert not self.errors
        return self

    def outline(self) -> list:
        """The outputs in order, short enough to read in a failed assertion."""
        from .sanitise import without_colours

        lines = []
        for message in self.messages:
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    lines.append((content["name"], content["text"]))
                case "display_data" | "execute_result" | "update_display_data":
                    lines.append((message["msg_type"], content["data"].get("text/plain")))
                case "error":
                    lines.append(("error", content["ename"], without_colours("\n".join(content["traceback"]))))
                case "clear_output":
                    lines.append(("clear_output", content["wait"]))
        return lines


class Session:
    """A kernel process and a client connected to it."""

    def __init__(self, folder: Path | None = None, stage: Path | None = None, **environment: str):
        self.manager = own_ports(KernelManager(kernel_name=KERNEL))
        settings = {**os.environ, **environment}
        spec = self.manager.kernel_spec
        # The kernelspec's own variables would win.
        spec.env = {name: value for name, value in spec.env.items() if name not in environment}
        if stage:
            spec.argv = [*spec.argv[:-1], str(stage)]
        self.manager.start_kernel(env=settings, cwd=str(folder) if folder else None)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Ends the kernel as a front end does, if it is still there."""
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=False)
        self.client.stop_channels()

    @property
    def pid(self) -> int:
        """The kernel's process id."""
        return self.manager.provisioner.pid

    def send(self, code: str, **options) -> str:
        """Sends a cell and does not wait; returns the request's id."""
        options.setdefault("allow_stdin", False)
        return self.client.execute(code, **options)

    def run(self, code: str, answers: list[str] | None = None, timeout: float = TIMEOUT, **options) -> Ran:
        """Runs a cell to its end; `answers` are typed when it asks for input."""
        request = self.send(code, allow_stdin=answers is not None, **options)
        return self.finish(request, answers, timeout)

    def ok(self, code: str, **options) -> Ran:
        """Runs a cell that must succeed."""
        return self.run(code, **options).ok()

    def finish(self, request: str, answers: list[str] | None = None, timeout: float = TIMEOUT) -> Ran:
        """Collects what belongs to a request that was sent earlier, up to its idle and its reply."""
        deadline = time.monotonic() + timeout
        messages, answers = [], list(answers or [])
        while True:
            message = self.next(deadline, answers)
            if message is None or message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
            messages.append(message)
        while True:
            reply = self.client.get_shell_msg(timeout=max(0.1, deadline - time.monotonic()))
            if reply["parent_header"].get("msg_id") == request:
                return Ran(reply, messages)

    def next(self, deadline: float, answers: list[str] | None = None) -> dict | None:
        """The next iopub message, answering input requests meanwhile."""
        if time.monotonic() > deadline:
            raise TimeoutError("the kernel did not finish the cell")
        if answers is not None and self.client.stdin_channel.msg_ready():
            self.client.get_stdin_msg(timeout=1)
            self.client.input(answers.pop(0))
        try:
            return self.client.get_iopub_msg(timeout=0.2)
        except queue.Empty:
            assert self.manager.is_alive(), "the kernel has died"
            return None

    def wait_for(self, request: str, wanted: str, timeout: float = TIMEOUT) -> list:
        """Reads a running cell's messages until one of type `wanted` has come; returns them."""
        deadline = time.monotonic() + timeout
        messages = []
        while not messages or messages[-1]["msg_type"] != wanted:
            message = self.next(deadline)
            if message is not None and message["parent_header"].get("msg_id") == request:
                messages.append(message)
                idle = message["content"].get("execution_state") == "idle"
                assert not idle, f"the cell ended without a {wanted}: {Ran({}, messages).outline()}"
        return messages

    def interrupt(self) -> None:
        """What the stop button does."""
        self.manager.interrupt_kernel()
