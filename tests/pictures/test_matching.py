"""The comparison of pictures: it finds what a visitor would see, and lets pass what another machine draws otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.pictures import matching
from tests.pictures.matching import BLOCK, Look, Looks, Picture, load, mismatches, problems, save, show

NAMES = sorted(path.stem for path in matching.REFERENCES.glob("*.json"))
MOST_BYTES = 300_000


@pytest.fixture(scope="module")
def looks() -> Looks:
    return load("390-dark")


def seen(look: Look, picture: Picture) -> list[str]:
    return problems(look, replace(look, picture=picture))


def shifted(picture: Picture, right: int, down: int) -> Picture:
    """Move a picture by whole pixels, and repeat its edge."""
    padded = np.pad(picture, ((down, 0), (right, 0), (0, 0)), mode="edge")
    return padded[: picture.shape[0], : picture.shape[1]]


def aside(picture: Picture) -> Picture:
    """Move a picture by a quarter of a pixel to the right and down: one pixel of the page."""
    moved = sum(
        weight * shifted(picture, right, down).astype(float)
        for (right, down), weight in {(0, 0): 0.5625, (1, 0): 0.1875, (0, 1): 0.1875, (1, 1): 0.0625}.items()
    )
    return np.asarray(moved).round().astype(np.uint8)


def noisy(picture: Picture) -> Picture:
    noise = np.random.default_rng(7).normal(0, 3, picture.shape)
    return (picture + noise).clip(0, 255).astype(np.uint8)


def soft(picture: Picture) -> Picture:
    """Draw letters and lines wider and fainter, as another hinting does."""
    return (0.6 * picture + 0.4 * matching.blurred(picture)).round().astype(np.uint8)


def test_there_is_a_reference_of_both_schemes_and_widths_and_all_are_small() -> None:
    assert NAMES == ["1280-dark", "1280-light", "390-dark", "390-light"]
    assert sum(path.stat().st_size for path in matching.REFERENCES.iterdir()) < MOST_BYTES


@pytest.mark.parametrize("draw", [aside, noisy, soft])
def test_what_another_machine_draws_otherwise_passes(looks: Looks, draw: Callable[[Picture], Picture]) -> None:
    drawn = {name: replace(look, picture=draw(look.picture)) for name, look in looks.items()}
    assert mismatches(looks, drawn) == {}


def test_a_part_that_is_20_pixels_aside_is_found(looks: Looks) -> None:
    for name in ("button", "dropdown", "model3d", "number", "radio", "textbox"):
        look = looks[name]
        assert seen(look, shifted(look.picture, 20 // BLOCK, 0)), name
        assert seen(look, shifted(look.picture, 0, 20 // BLOCK)), name
        box = (look.box[0] + 20, *look.box[1:])
        assert problems(look, replace(look, box=box)), name


def test_a_label_that_is_lost_is_found(looks: Looks) -> None:
    for part, component in [("dropdown", "ms-dropdown 1"), ("textbox", "ms-textbox 1"), ("radio", "ms-radio 1")]:
        left, top, width, _ = (side // BLOCK for side in looks[part].components[component])
        picture = looks[part].picture.copy()
        label = picture[top : top + 6, left : left + width // 2]
        label[:] = picture[top, left]
        assert seen(looks[part], picture), part


def test_a_colour_that_is_lost_is_found(looks: Looks) -> None:
    for part in ("button", "colorpicker", "filebuttons", "nativeplot"):
        grey = looks[part].picture.mean(axis=2, keepdims=True).repeat(3, axis=2).astype(np.uint8)
        assert seen(looks[part], grey), part


def test_a_part_without_its_style_sheet_is_found(looks: Looks) -> None:
    for part in ("dataframe", "gallery", "imageslider"):
        look = looks[part]
        left, top, width, height = (side // BLOCK for side in look.components[f"ms-{part} 1"])
        bare = look.picture.copy()
        bare[top : top + height, left : left + width] = bare[-1, -1]
        assert seen(look, bare), part
        lower = {name: (*box[:3], box[3] // 2) for name, box in look.components.items()}
        assert problems(look, replace(look, components=lower)), part


def test_parts_that_are_new_or_gone_are_named() -> None:
    look = Look((0, 0, 40, 40), {"ms-a 1": (0, 0, 40, 20)}, np.zeros((10, 10, 3), np.uint8))
    other = replace(look, components={"ms-b 1": (0, 0, 40, 20)})
    assert mismatches({"a": look, "b": look}, {"b": other, "c": look}) == {
        "a": ["it is not on the page"],
        "b": ["ms-a 1 is gone", "ms-b 1 is new"],
        "c": ["there is no reference of it"],
    }


def test_references_are_read_as_they_were_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(matching, "REFERENCES", tmp_path / "references")
    ramp = np.linspace(0, 255, 60 * 80 * 3).reshape(60, 80, 3).astype(np.uint8)
    looks = {
        "wide": Look((8, 100, 322, 241), {"ms-a 1": (0, 0, 322, 20)}, ramp),
        "small": Look((8, 0, 80, 40), {}, ramp[:10, :20]),
    }
    save("1280-light", looks)
    read = load("1280-light")
    assert mismatches(looks, read) == {}
    assert [read[name].picture.shape for name in looks] == [(60, 80, 3), (10, 20, 3)]
    show(tmp_path / "shown" / "wide.png", looks["wide"], read["wide"])
    with Image.open(tmp_path / "shown" / "wide.png") as shown:
        assert shown.size == (2 * 3 * 84, 120)
