"""One page in a browser, whatever its engine: what a user does to it, and what is to be seen there."""

from __future__ import annotations

import base64
import io
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

DEADLINE_S = 30.0

FIND = """
const named = (name, within) => {
  const kinds = "button, a, summary, input, textarea, [role=button], [role=option], [role=combobox], [role=tab]";
  const root = document.querySelector(within);
  const nameOf = (node) =>
    node.getAttribute("aria-label") || node.title || node.labels?.[0]?.textContent || node.textContent;
  const fits = (node) => node.getClientRects().length > 0 && !node.disabled && nameOf(node).trim() === name;
  return [...(root?.querySelectorAll(kinds) ?? [])].find(fits);
};
"""
"""`named(name, within)` is the control that a user knows by that name."""


@dataclass(frozen=True)
class Conditions:
    """The machine and the user that a browser is started for.

    Attributes:
        devices: `False` for a machine without camera and microphone.
        loudspeaker: `False` for a machine without any.
        allowed: `False` for a user who refuses camera and microphone.
        autoplay: `False` for a browser that plays no audio before the user has touched the page.
        phone: A page 390 pixels wide; WebKitGTK's window has 447 at least.
        webcodecs: `False` for a browser that hides them, as some do to tell less about the machine.
        compositing: `False` for a browser that draws in software only.
    """

    devices: bool = True
    loudspeaker: bool = True
    allowed: bool = True
    autoplay: bool = True
    phone: bool = False
    webcodecs: bool = True
    compositing: bool = True


class Tab(ABC):
    """A browser with one page; `errors` are those in its console since it was opened."""

    @property
    @abstractmethod
    def errors(self) -> list[str]: ...

    @abstractmethod
    def open(self, url: str) -> None: ...

    @abstractmethod
    def run(self, body: str, *args: object) -> Any:
        """Run the body of an async function in the page; it finds `args` under that name."""

    @abstractmethod
    def click_at(self, x: float, y: float) -> None: ...

    @abstractmethod
    def type(self, text: str) -> None:
        """Type text into what has the focus."""

    @abstractmethod
    def press(self, key: str) -> None:
        """Press `Enter` or `Tab`."""

    @abstractmethod
    def choose_file(self, css: str, path: str) -> None: ...

    @abstractmethod
    def hide(self) -> None:
        """Do what hides the page: minimise its window, or open another tab over it."""

    @abstractmethod
    def show(self) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def downloaded(self, name: str, size: int) -> Path:
        """Wait for a download of that name and of so many bytes; gives the file."""

    @abstractmethod
    def _screenshot(self) -> bytes: ...

    def until(self, expression: str, deadline_s: float = DEADLINE_S) -> Any:
        """Wait until a JavaScript expression is true in the page; gives its value."""
        body = """
          const end = performance.now() + args[0] * 1000;
          for (;;) {
            const value = (EXPRESSION);
            if (value) return value;
            if (performance.now() > end) throw new Error(`waited in vain; the page shows: ${document.body.innerText}`);
            await new Promise((next) => setTimeout(next, 30));
          }
        """
        return self.run(FIND + body.replace("EXPRESSION", expression), deadline_s)

    def click(self, name: str, within: str = "body") -> None:
        """Click a button, an option or a field by its name."""
        found = f"named({json.dumps(name)}, {json.dumps(within)})"
        self.until(found + "?.tagName")
        self.click_at(*self.run(f"{FIND} return ({_PLACE})({found})"))

    def click_on(self, css: str) -> None:
        """Click whatever a selector finds first."""
        self.until(f"document.querySelector({json.dumps(css)})?.getClientRects().length")
        self.click_at(*self.run(f"return ({_PLACE})(document.querySelector(args[0]))", css))

    def until_text(self, text: str, css: str = "body") -> None:
        """Wait until an element contains a text, as a user sees it."""
        self.until(
            f"[...document.querySelectorAll({json.dumps(css)})].some((e) => e.innerText.includes({json.dumps(text)}))"
        )

    def until_value(self, css: str, value: str) -> None:
        """Wait until a field has a value."""
        self.until(f"document.querySelector({json.dumps(css)})?.value === {json.dumps(value)}")

    def picture(self, css: str) -> NDArray[np.uint8]:
        """Give what is to be seen of an element: `(height, width, 3)` uint8."""
        box = self.run(
            """
            const node = document.querySelector(args[0]);
            node.scrollIntoView({block: "center"});
            await new Promise(requestAnimationFrame);
            const {left, top, right, bottom} = node.getBoundingClientRect();
            return [left, top, right, bottom, innerWidth];
            """,
            css,
        )
        seen = Image.open(io.BytesIO(self._screenshot())).convert("RGB")
        scale = seen.width / box[4]
        return np.array(seen.crop(tuple(round(side * scale) for side in box[:4])))


_PLACE = """(node) => {
  node.scrollIntoView({block: "center"});
  const {left, top, width, height} = node.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}"""


def decode(screenshot: str) -> bytes:
    return base64.b64decode(screenshot)
