"""A real kernel, asked as a notebook asks it: a cell is run again under the same id."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_client.manager import KernelManager


@dataclass
class Said:
    """What a run of a cell has put below it."""

    html: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    printed: str = ""
    error: str = ""

    @property
    def port(self) -> int:
        """The port of the one app that is shown."""
        (shown,) = self.html
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", shown)
        assert found is not None
        return int(found[1])


class Kernel:
    """A kernel of this very Python."""

    def __init__(self) -> None:
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel()
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=50)
        self._names = itertools.count()

    def run(self, code: str, cell: str | None = None) -> Said:
        """Run a cell; without a name it is a new one, with an empty name the front end names none."""
        name = f"new-{next(self._names)}" if cell is None else cell
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        message = self._client.session.msg("execute_request", content, metadata={"cellId": name} if name else {})
        self._client.shell_channel.send(message)
        said = Said()
        while True:
            answer = self._client.get_iopub_msg(timeout=50)
            if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
                return said
            _note(said, answer["msg_type"], answer["content"])

    def close(self) -> None:
        """End it at once."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


def _note(said: Said, kind: str, content: Mapping[str, Any]) -> None:
    if kind in ("display_data", "execute_result"):
        said.html += [content["data"]["text/html"]] if "text/html" in content["data"] else []
        said.text.append(content["data"].get("text/plain", ""))
    elif kind == "stream":
        said.printed += content["text"]
    elif kind == "error":
        said.error += f"{content['ename']}: {content['evalue']}"
