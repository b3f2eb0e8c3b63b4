"""A browser by the WebDriver protocol of the W3C: plain HTTP, one session."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key under which the protocol names an element."""

SCRIPT_S = 60.0

SESSION_S = 20.0
"""For how long a browser may start, or end, before it counts as hung."""

KEYS = {"Enter": "\ue007", "Tab": "\ue004"}


class WebDriverError(Exception):
    """The driver, or a script in the page, has failed."""


class WebDriver:
    """A session with a driver that listens on `port` of this machine; `close` ends it."""

    def __init__(self, port: int, capabilities: Mapping[str, object]) -> None:
        self._port = port
        self._session = ""
        opened = self._call("POST", "/session", SESSION_S, capabilities={"alwaysMatch": capabilities})
        self._session = f"/session/{opened['sessionId']}"
        self._call("POST", "/timeouts", script=SCRIPT_S * 1000)

    def open(self, url: str) -> None:
        self._call("POST", "/url", url=url)

    def run(self, body: str, *args: object) -> Any:
        """Run the body of an async function in the page, to which `args` are given as `args`."""
        script = f"""
          const args = [...arguments], done = args.pop();
          (async () => {{ {body} }})().then((value) => done([value]), (error) => done([null, String(error)]));
        """
        value, *error = self._call("POST", "/execute/async", script=script, args=args)
        if error:
            raise WebDriverError(error[0])
        return value

    def click_at(self, x: float, y: float) -> None:
        move = {"type": "pointerMove", "x": round(x), "y": round(y)}
        press, release = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
        self._act("pointer", [move, press, release])

    def type(self, text: str) -> None:
        """Type text into what has the focus; `KEYS` has the characters of keys that have none."""
        self._act("key", [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")])

    def choose_file(self, css: str, path: str) -> None:
        found = self._call("POST", "/element", using="css selector", value=css)
        self._call("POST", f"/element/{found[ELEMENT]}/value", text=path)

    def enter(self, css: str) -> None:
        """Go on in a frame of the page."""
        self._call("POST", "/frame", id=self._call("POST", "/element", using="css selector", value=css))

    def screenshot(self) -> str:
        """Take a picture of what the window shows: a PNG file in base64."""
        return str(self._call("GET", "/screenshot"))

    def minimize(self) -> None:
        self._call("POST", "/window/minimize")

    def resize(self, width: int, height: int) -> None:
        """Make the window so large, or as small as it can be."""
        self._call("POST", "/window/rect", width=width, height=height)

    def restore(self) -> None:
        self._call("POST", "/window/rect", x=0, y=0)

    def close(self) -> None:
        self._call("DELETE", "", SESSION_S)

    def _act(self, kind: str, actions: list[dict[str, Any]]) -> None:
        self._call("POST", "/actions", actions=[{"type": kind, "id": kind, "actions": actions}])

    def _call(self, method: str, path: str, patience_s: float = 2 * SCRIPT_S, **body: object) -> Any:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=patience_s)
        try:
            connection.request(method, self._session + path, json.dumps(body) if method == "POST" else None)
            answer = json.load(connection.getresponse())["value"]
        finally:
            connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise WebDriverError(f"{answer['error']}: {answer.get('message')}")
        return answer
