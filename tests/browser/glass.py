"""What is on the glass: the frames that a page shows, as pixels, as colours, as the number of a counter frame."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect

DEADLINE_S = 15.0

EYES = """
(() => {
  const draw = (source, width, height) => {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(source, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data;
  };
  const find = (selector) => document.querySelector(selector);
  const size = (source) => [
    source.videoWidth ?? source.naturalWidth ?? source.width,
    source.videoHeight ?? source.naturalHeight ?? source.height,
  ];
  /** Devices that the page has opened. */
  const tracks = [];
  const media = navigator.mediaDevices;
  if (media?.getUserMedia) {
    const open = media.getUserMedia.bind(media);
    media.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      tracks.push(...stream.getTracks());
      return stream;
    };
  }
  window.eyes = {
    tracks,
    size: (selector) => size(find(selector)),
    /** Mean of red, green and blue in the middle of the left and of the right half; null before there is a picture. */
    halves: (selector) => {
      const source = find(selector);
      if (!source || !size(source)[0]) return null;
      const data = draw(source, 40, 30);
      const colour = (x) => [0, 1, 2].map((channel) => data[(15 * 40 + x) * 4 + channel]);
      return [colour(10), colour(30)];
    },
    /** "red", "blue" or "other", left and right. */
    colours: (selector) =>
      (window.eyes.halves(selector) ?? []).map(([red, green, blue]) =>
        green < 100 && red > blue + 80 ? "red" : green < 100 && blue > red + 80 ? "blue" : "other").join(" "),
    /** Mean brightness, 0 to 255; -1 before there is a picture. */
    brightness: (selector) => {
      const source = find(selector);
      if (!source || !size(source)[0]) return -1;
      const data = draw(source, 80, 60);
      let sum = 0;
      for (let at = 0; at < data.length; at += 4) sum += data[at] + data[at + 1] + data[at + 2];
      return sum / (data.length / 4) / 3;
    },
    /** The number of a counter frame (media.py); -1 before there is one. */
    counter: (selector) => {
      const source = find(selector);
      if (!source || !size(source)[0]) return -1;
      const data = draw(source, 320, 240);
      let word = 0;
      for (let row = 0; row < 4; row++)
        for (let column = 0; column < 4; column++)
          word = (word << 1) | (data[((row * 60 + 30) * 320 + column * 40 + 20) * 4] > 127 ? 1 : 0);
      const number = word >> 4;
      return (word & 15) === ((number ^ (number >> 4) ^ (number >> 8) ^ 10) & 15) ? number : -1;
    },
    /** How many pixels are about of a colour. */
    count: (selector, colour) => {
      const source = find(selector);
      if (!source || !size(source)[0]) return -1;
      const data = draw(source, ...size(source));
      let count = 0;
      for (let at = 0; at < data.length; at += 4)
        if (colour.every((level, channel) => Math.abs(data[at + channel] - level) < 25)) count++;
      return count;
    },
    png: (selector) => {
      const source = find(selector);
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = size(source);
      canvas.getContext("2d").drawImage(source, 0, 0);
      return canvas.toDataURL("image/png");
    },
  };
})();
"""
"""Runs in every page before its own scripts: `window.eyes` reads frames, and knows the devices that were opened."""

Item = TypeVar("Item")


class Notes(Generic[Item]):
    """What handlers noted, in order; a test can wait for it."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._changed = threading.Condition()

    def add(self, item: Item) -> None:
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    @property
    def all(self) -> list[Item]:
        with self._changed:
            return list(self._items)

    def wait(self, count: int = 1, deadline_s: float = DEADLINE_S) -> list[Item]:
        """Wait until there are `count` notes."""
        return self.until(lambda items: len(items) >= count, deadline_s)

    def until(self, holds: Callable[[list[Item]], object], deadline_s: float = DEADLINE_S) -> list[Item]:
        """Wait until something holds for all notes; gives them."""
        with self._changed:
            assert self._changed.wait_for(lambda: holds(self._items), deadline_s), f"waited in vain: {self._items[-5:]}"
            return list(self._items)


def see(page: Page, selector: str = ".ms-output") -> NDArray[np.uint8]:
    """Give the frame that a surface shows: `(height, width, 3)` uint8."""
    encoded = str(page.evaluate("(selector) => eyes.png(selector)", selector)).partition(",")[2]
    return np.array(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB"))


def until(page: Page, holds: str, arg: object = None) -> None:
    """Wait until a JavaScript expression, which may name `arg`, is true in the page."""
    page.wait_for_function(f"(arg) => {holds}", arg=arg)


def button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def record(page: Page | Locator) -> None:
    button(page, "Record").click()


def stop(page: Page | Locator) -> None:
    """Press Stop, and wait until Record is offered again."""
    button(page, "Stop").click()
    expect(button(page, "Record")).to_be_visible()


def choose(page: Page, dropdown: str, option: str) -> None:
    """Choose an option of a dropdown, as a user does."""
    page.get_by_role("combobox", name=dropdown).click()
    page.get_by_role("option", name=option, exact=True).click()
