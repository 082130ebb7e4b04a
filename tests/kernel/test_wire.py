"""Messages that are not as they should be, and the ways to connect: nothing that arrives on a socket ends the kernel."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import zmq
from jupyter_client.connect import write_connection_file
from jupyter_client.jsonutil import json_default
from jupyter_client.manager import KernelManager
from jupyter_client.session import Session as Signer

from support.session import KERNEL, TIMEOUT, Session


def raw_socket(session: Session, channel: str = "shell") -> zmq.Socket:
    """A socket of our own to the kernel, on which anything can be sent."""
    info = session.manager.get_connection_info()
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(f"tcp://{info['ip']}:{info[f'{channel}_port']}")
    return socket


def signed(session: Session, kind: str, content: dict, /, **parts) -> list[bytes]:
    """The frames of a message, with any of them replaced and signed again."""
    signer = Signer(key=session.manager.session.key)
    message = signer.msg(kind, content)
    frames = [json.dumps(message[part], default=json_default).encode() for part in ["header", "parent_header", "metadata", "content"]]
    for index, part in enumerate(["header", "parent_header", "metadata", "content"]):
        frames[index] = parts.get(part, frames[index])
    return [b"<IDS|MSG>", signer.sign(frames), *frames, *parts.get("buffers", [])]


def reply(socket: zmq.Socket, timeout: float = 30) -> dict | None:
    """The next reply's content, or nothing when none comes."""
    if not socket.poll(timeout * 1000):
        return None
    frames = socket.recv_multipart()
    return json.loads(frames[frames.index(b"<IDS|MSG>") + 5])


INFO = ("kernel_info_request", {})
HEADER = {"msg_id": "1", "msg_type": "kernel_info_request"}


@pytest.mark.parametrize("channel", ["shell", "control", "stdin"])
def test_what_is_no_message_is_dropped_and_the_next_one_answered(shared_kernel, channel):
    socket = raw_socket(shared_kernel, channel)
    good = signed(shared_kernel, *INFO)
    for frames in [
        [b""],
        [b"hello"],
        [b"<IDS|MSG>"],
        [b"<IDS|MSG>", b""],
        [b"<IDS|MSG>", b"not hex", *good[2:]],
        [b"<IDS|MSG>", b"", *good[2:]],
        [b"<IDS|MSG>", b"0" * 64, *good[2:]],
        good[:4],
        good[2:],
        [b"x" * 300, b"", *good[:1]],
        signed(shared_kernel, *INFO, header=b"not json"),
        signed(shared_kernel, *INFO, header=b"[1, 2]"),
        signed(shared_kernel, *INFO, header=b'{"msg_id": "1"}'),
        signed(shared_kernel, *INFO, header=b"[" * 100_000),
        [b"\x00\xff" * 500] * 200,
    ]:
        socket.send_multipart(frames)
    if channel == "stdin":
        assert shared_kernel.run('print!("{}", input("?")?)', answers=["still here"]).ok().stdout == "still here"
    else:
        socket.send_multipart(signed(shared_kernel, *INFO))
        assert reply(socket)["status"] == "ok"
        assert reply(socket, timeout=0.2) is None, "something else was answered"


def test_a_message_counts_once(shared_kernel):
    before = shared_kernel.ok("1").count
    socket = raw_socket(shared_kernel)
    frames = signed(shared_kernel, "execute_request", {"code": "1"})
    socket.send_multipart(frames)
    assert reply(socket)["execution_count"] == before + 1
    socket.send_multipart(frames)
    socket.send_multipart(signed(shared_kernel, *INFO))
    assert "execution_count" not in reply(socket)
    assert shared_kernel.ok("1").count == before + 2


def test_buffers_are_carried_and_not_signed(shared_kernel):
    socket = raw_socket(shared_kernel)
    open_comm = {"comm_id": "c-1", "target_name": "nobody", "data": {}}
    frames = signed(shared_kernel, "comm_open", open_comm, buffers=[b"\x00\xff\xfe", b""])
    socket.send_multipart(frames)
    socket.send_multipart(signed(shared_kernel, *INFO, buffers=[os.urandom(1000)]))
    assert reply(socket)["implementation"] == "course-kernel"
    while True:
        message = shared_kernel.client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "comm_close":
            assert message["content"]["comm_id"] == "c-1"
            return


def test_a_lean_header_is_enough_and_odd_content_is_answered(shared_kernel):
    socket = raw_socket(shared_kernel)
    for header in [HEADER, {**HEADER, "date": "yesterday", "session": None, "version": 5, "subshell_id": None}]:
        socket.send_multipart(signed(shared_kernel, *INFO, header=json.dumps(header).encode()))
        assert reply(socket)["status"] == "ok", header
    for content in [b"", b"[", b"null", b"[1]", b'"x"', b"\xff\xfe", b"[" * 100_000]:
        socket.send_multipart(signed(shared_kernel, "complete_request", {}, content=content))
        assert reply(socket)["ename"] == "MalformedRequest", content[:20]


def test_a_huge_message_is_only_large(shared_kernel):
    socket = raw_socket(shared_kernel)
    huge = "x" * 100_000_000
    socket.send_multipart(signed(shared_kernel, "is_complete_request", {"code": f"// {huge}"}))
    assert reply(socket, TIMEOUT)["status"] in ["complete", "unknown"]
    socket.send_multipart(signed(shared_kernel, "complete_request", {"code": huge, "cursor_pos": 50_000_000}))
    assert reply(socket, TIMEOUT)["status"] == "ok"
    socket.send_multipart([b"<IDS|MSG>", b"0" * 64, huge.encode(), b"{}", b"{}", b"{}"])
    socket.send_multipart(signed(shared_kernel, *INFO, buffers=[huge.encode()]))
    assert reply(socket, TIMEOUT)["implementation"] == "course-kernel"
    assert shared_kernel.ok("6 * 7").text == "42"


def test_code_that_no_parser_could_take_is_refused(shared_kernel):
    for code in ["(" * 300_000 + "1" + ")" * 300_000, "&" * 500_000 + "1", "1 + " * 200_000 + "1"]:
        error = shared_kernel.run(code).error
        assert "nests or chains" in error["evalue"], error["evalue"][:200]
    assert shared_kernel.run("{" * 1_000_000).error
    assert shared_kernel.ok("1").text == "1"


def test_peers_that_speak_no_zeromq_do_no_harm(shared_kernel):
    import socket

    info = shared_kernel.manager.get_connection_info()
    for port in [info[name] for name in info if name.endswith("_port")]:
        for bytes_sent in [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\xff" + b"\x00" * 8 + b"\x7f" * 64]:
            with socket.create_connection(("127.0.0.1", port)) as peer:
                peer.sendall(bytes_sent)
    assert shared_kernel.ok("6 * 7").text == "42"


def test_the_kernel_listens_on_loopback_only(shared_kernel):
    kernel = Path(f"/proc/{shared_kernel.pid}")
    inodes = {os.readlink(link) for link in (kernel / "fd").iterdir() if link.exists() or link.is_symlink()}
    listening = []
    for line in (kernel / "net" / "tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
            listening.append(fields[1].split(":")[0])
    assert len(listening) == 5
    assert set(listening) == {"0100007F"}, "127.0.0.1 and nothing else"


def test_sockets_in_the_file_system(tmp_path):
    manager = KernelManager(kernel_name=KERNEL, transport="ipc", ip=str(tmp_path / "kernel"))
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=TIMEOUT)
        seen = []
        hook = lambda message: seen.append(message["content"].get("data"))  # noqa: E731
        assert client.execute_interactive("6 * 7", timeout=TIMEOUT, output_hook=hook)["content"]["status"] == "ok"
        assert {"text/plain": "42"} in seen
        # One that is killed leaves its sockets; the next takes their place.
        manager.restart_kernel(now=True)
        client.wait_for_ready(timeout=TIMEOUT)
        assert client.execute_interactive("1", timeout=TIMEOUT)["content"]["execution_count"] == 1
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    assert not list(tmp_path.glob("kernel-*"))


def kernel_command(session: Session) -> list[str]:
    """The command that starts a kernel, with a place for its connection file."""
    return session.manager.kernel_spec.argv


def test_a_connection_file_that_asks_for_the_impossible_is_refused_in_words(shared_kernel, tmp_path):
    file, _ = write_connection_file(str(tmp_path / "kernel.json"), key=b"k")
    asked = json.loads(Path(file).read_text())
    command = kernel_command(shared_kernel)
    for change, words in [
        ({"curve_publickey": "p" * 40, "curve_secretkey": "s" * 40}, "CurveZMQ"),
        ({"signature_scheme": "hmac-md5"}, "hmac-sha256"),
        ({"shell_port": "many"}, "not a Jupyter connection file"),
        ({"ip": "192.0.2.1"}, "cannot listen"),
    ]:
        Path(file).write_text(json.dumps({**asked, **change}))
        ended = subprocess.run([part.format(connection_file=file) for part in command], capture_output=True, text=True, timeout=TIMEOUT)
        assert ended.returncode != 0 and words in ended.stderr, ended.stderr
