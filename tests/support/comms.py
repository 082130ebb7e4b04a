"""The page's side of widgets: the comms that a kernel has opened, as messages tell of them."""

import time

from .session import TIMEOUT, Session

VIEW = "application/vnd.jupyter.widget-view+json"


class Page:
    """Follows a session's comm messages and answers in their words."""

    def __init__(self, session: Session):
        self.session = session
        self.targets: dict[str, str] = {}
        self.states: dict[str, dict] = {}
        self.closed: list[str] = []

    def follow(self, messages: list) -> list:
        """Takes over what these messages say about comms."""
        for message in messages:
            content = message["content"]
            match message["msg_type"]:
                case "comm_open":
                    self.targets[content["comm_id"]] = content["target_name"]
                    self.states[content["comm_id"]] = dict(content["data"].get("state", {}))
                case "comm_msg" if content["data"].get("method") == "update":
                    state = self.states.setdefault(content["comm_id"], {})
                    state.update(content["data"]["state"])
                    for path, buffer in zip(content["data"]["buffer_paths"], message["buffers"]):
                        state[path[0]] = bytes(buffer)
                case "comm_close":
                    self.closed.append(content["comm_id"])
        return messages

    def run(self, code: str):
        """Runs a cell that must succeed."""
        ran = self.session.ok(code)
        self.follow(ran.messages)
        return ran

    def show(self, code: str) -> str:
        """Runs a cell whose value is a widget; returns the id of what is shown."""
        return self.run(code).result[VIEW]["model_id"]

    def find(self, model: str) -> str:
        """The newest comm of a model class."""
        return [comm for comm, state in self.states.items() if state.get("_model_name") == model][-1]

    def send(self, kind: str, content: dict, buffers=None, metadata=None) -> str:
        """Sends a message on shell; returns its id."""
        client = self.session.client
        message = client.session.msg(kind, content, metadata=metadata)
        client.session.send(client.shell_channel.socket, message, buffers=buffers)
        return message["header"]["msg_id"]

    def message(self, comm: str, data: dict, buffers=None) -> str:
        """Sends a `comm_msg`."""
        return self.send("comm_msg", {"comm_id": comm, "data": data}, buffers)

    def change(self, comm: str, buffers=None, buffer_paths=(), **state) -> str:
        """Sends an `update`, as a widget does that is touched."""
        self.states[comm].update(state)
        return self.message(comm, {"method": "update", "state": state, "buffer_paths": list(buffer_paths)}, buffers)

    def over(self, request: str) -> list:
        """The messages that a comm message causes, from busy to idle, without these."""
        deadline = time.monotonic() + TIMEOUT
        messages = []
        while True:
            message = self.session.next(deadline)
            if message is None or message["parent_header"].get("msg_id") != request:
                continue
            messages.append(message)
            if message["content"].get("execution_state") == "idle":
                break
        assert messages[0]["content"].get("execution_state") == "busy", messages
        return self.follow(messages)[1:-1]

    def do(self, comm: str, **state) -> list:
        """Touches a widget and waits until its callbacks have run."""
        return self.over(self.change(comm, **state))

    def custom(self, comm: str, content, buffers=None) -> list:
        """Sends what is no state, and waits until callbacks have run."""
        return self.over(self.message(comm, {"method": "custom", "content": content}, buffers))

    def info(self, **content) -> dict:
        """The comms that the kernel says are open, by id."""
        request = self.send("comm_info_request", content)
        while True:
            reply = self.session.client.get_shell_msg(timeout=TIMEOUT)
            if reply["parent_header"].get("msg_id") == request:
                return {comm: of["target_name"] for comm, of in reply["content"]["comms"].items()}

    def printed(self) -> str:
        """What the newest output area holds, as text."""
        outputs = self.states[self.find("OutputModel")]["outputs"]
        return "".join(output.get("text") or output.get("evalue") or output["data"]["text/plain"] for output in outputs)
