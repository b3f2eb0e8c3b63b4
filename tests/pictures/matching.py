"""The look of a part as small data, and whether two looks are the same but for what another machine may change.

A look is the part's box, the boxes of the components in it, and its picture at a quarter of its size. Another machine
may draw letters and edges a little differently, and put something some pixels aside. Nothing here needs a browser.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

REFERENCES = Path(__file__).parent / "references"
BLOCK = 4
"""A pixel of a picture is the mean of so many by so many pixels of the page."""
MOST_PX = 4
"""So many pixels a box may be off."""
MOST_LEVELS = 18
"""By so much, of 255, a colour may be off after letters and edges were blurred."""
MOST_BLOCKS = 20
"""So many pixels of a picture may be off by more: letters drawn otherwise make up to 15, a label that is lost 30 …"""
MOST_PARTS = 0.001
"""… and of a large picture so much of it, as it has more lines and letters."""

Box = tuple[int, int, int, int]
"""Left, top, width, height."""
Picture = NDArray[np.uint8]
Looks = dict[str, "Look"]
"""The parts of a page by their names."""


@dataclass(frozen=True)
class Look:
    """A part as it looks.

    Attributes:
        box: Of the part, on the page.
        components: Boxes of the components in it, by their names, from the part's upper left corner.
        picture: Red, green and blue at a quarter of the size.
    """

    box: Box
    components: Mapping[str, Box]
    picture: Picture


def problems(reference: Look, taken: Look) -> list[str]:
    """Say in what a part looks otherwise than its reference; nothing if it looks the same."""
    found = []
    sides = [(0, "left"), (2, "width"), (3, "height")]  # the top follows from the parts above
    for at, side in sides:
        if abs(reference.box[at] - taken.box[at]) > MOST_PX:
            found.append(f"its {side} is {taken.box[at]} px instead of {reference.box[at]}")
    for name in sorted(reference.components.keys() | taken.components.keys()):
        before, now = reference.components.get(name), taken.components.get(name)
        if before is None or now is None:
            found.append(f"{name} is {'new' if before is None else 'gone'}")
        elif any(abs(one - other) > MOST_PX for one, other in zip(before, now, strict=True)):
            found.append(f"{name} is at {list(now)} instead of {list(before)}")
    off = different(reference.picture, taken.picture)
    if off.sum() > max(MOST_BLOCKS, MOST_PARTS * off.size):
        rows, columns = np.nonzero(off)
        left, top = int(columns.min()) * BLOCK, int(rows.min()) * BLOCK
        right, bottom = (int(columns.max()) + 1) * BLOCK, (int(rows.max()) + 1) * BLOCK
        found.append(f"its picture differs between ({left}, {top}) and ({right}, {bottom}), in {int(off.sum())} blocks")
    return found


def different(one: Picture, other: Picture) -> NDArray[np.bool_]:
    """Mark where two pictures differ by more than letters and edges do, which may also be a pixel aside."""
    height, width = np.minimum(one.shape[:2], other.shape[:2])
    first, second = (blurred(each[:height, :width]) for each in (one, other))
    off = distance(first, second) > MOST_LEVELS
    if off.sum() > MOST_BLOCKS:  # else no pixel needs another look
        off = np.maximum(least_distance(first, second), least_distance(second, first)) > MOST_LEVELS
    off[[0, -1]] = off[:, [0, -1]] = False  # nobody knows what is beside them
    return off


def blurred(picture: Picture) -> NDArray[np.int16]:
    """Give each pixel the mean of itself and its neighbours."""
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge").astype(np.int16)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) // 9


def distance(one: NDArray[np.int16], other: NDArray[np.int16]) -> NDArray[np.int16]:
    """Give how far the colours of two pictures are apart, by the channel in which they are farthest."""
    apart: NDArray[np.int16] = np.abs(one - other).max(axis=2)
    return apart


def least_distance(of: NDArray[np.int16], to: NDArray[np.int16]) -> NDArray[np.int16]:
    """Give how far the colour of each pixel is from the nearest one there and up to a pixel aside."""
    height, width = of.shape[:2]
    padded = np.pad(to, ((1, 1), (1, 1), (0, 0)), mode="edge")
    least = distance(of, to)
    for y in range(3):
        for x in range(3):
            neighbour = padded[y : y + height, x : x + width]
            for quarters in (1, 2, 3, 4):
                aside = (quarters * neighbour + (4 - quarters) * to) // 4
                np.minimum(least, distance(of, aside), out=least)
    return least


def mismatches(references: Looks, taken: Looks) -> dict[str, list[str]]:
    """Give the problems of each part that has some."""
    missing = {name: ["it is not on the page"] for name in references.keys() - taken.keys()}
    new = {name: ["there is no reference of it"] for name in taken.keys() - references.keys()}
    common = {name: problems(references[name], taken[name]) for name in references.keys() & taken.keys()}
    return {name: found for name, found in sorted({**missing, **new, **common}.items()) if found}


# ---- files ---------------------------------------------------------------------------------------------------------


def load(name: str) -> Looks:
    """Read the references of a page in one scheme and width; none if they were never taken."""
    if not (REFERENCES / f"{name}.json").exists():
        return {}
    boxes: dict[str, dict[str, Any]] = json.loads((REFERENCES / f"{name}.json").read_text())
    with Image.open(REFERENCES / f"{name}.webp") as file:
        sheet = np.asarray(file.convert("RGB"))
    looks, top = {}, 0
    for part, each in boxes.items():
        _, _, width, height = each["box"]
        rows, columns = height // BLOCK, width // BLOCK
        components = {component: tuple(box) for component, box in each["components"].items()}
        looks[part] = Look(tuple(each["box"]), components, sheet[top : top + rows, :columns])  # type: ignore[arg-type]
        top += rows
    return looks


def save(name: str, looks: Looks) -> None:
    """Write the references of a page in one scheme and width: all parts on one sheet, and their boxes."""
    REFERENCES.mkdir(exist_ok=True)
    boxes = {part: {"box": look.box, "components": look.components} for part, look in sorted(looks.items())}
    lines = ",\n".join(f"  {json.dumps(part)}: {json.dumps(each)}" for part, each in boxes.items())
    (REFERENCES / f"{name}.json").write_text(f"{{\n{lines}\n}}\n")
    stack([looks[part].picture for part in boxes]).save(REFERENCES / f"{name}.webp", quality=80, method=6)


def stack(pictures: Sequence[Picture]) -> Image.Image:
    """Put pictures below each other."""
    sheet = np.zeros((sum(each.shape[0] for each in pictures), max(each.shape[1] for each in pictures), 3), np.uint8)
    top = 0
    for each in pictures:
        sheet[top : top + each.shape[0], : each.shape[1]] = each
        top += each.shape[0]
    return Image.fromarray(sheet)


def show(path: Path, reference: Look | None, taken: Look | None) -> None:
    """Write a picture to look at: the reference, the part as it is, and where they differ, side by side."""
    shown = [each.picture for each in (reference, taken) if each is not None]
    if len(shown) == 2:
        shown.append(np.repeat(different(*shown)[..., None], 3, axis=2).astype(np.uint8) * 255)
    height = max(each.shape[0] for each in shown)
    tall = [np.pad(each, ((0, height - each.shape[0]), (0, 4), (0, 0)), constant_values=128) for each in shown]
    sheet = np.concatenate(tall, axis=1).repeat(2, axis=0).repeat(2, axis=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(path)
