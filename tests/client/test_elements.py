"""The elements of a page: asked for what they can do, never for their type."""

from collections.abc import Mapping
from typing import Any

import pytest

from millstream.client.elements import Elements
from millstream.errors import InvalidValue
from millstream.wire.packet import PacketKind


def elements(**capabilities: list[str]) -> Elements:
    components: Mapping[str, Any] = {
        str(number): {"type": "of-its-own", "capabilities": can, "props": {"label": name, "value": "Caption"}}
        for number, (name, can) in enumerate(capabilities.items(), 1)
    }
    return Elements({"components": components, "root": {"id": 0, "props": {}, "children": []}})


@pytest.mark.parametrize(
    ("capabilities", "with_microphone", "without"),
    [
        (["captures_frames"], (PacketKind.PICTURE,), (PacketKind.PICTURE,)),
        (["captures_audio"], (PacketKind.SOUND,), (PacketKind.SOUND,)),
        (["captures_frames", "captures_audio"], (PacketKind.PICTURE, PacketKind.SOUND), (PacketKind.PICTURE,)),
        ([], (), ()),
    ],
)
def test_a_component_of_any_type_captures_what_it_says(
    capabilities: list[str], with_microphone: tuple[PacketKind, ...], without: tuple[PacketKind, ...]
) -> None:
    page = elements(one=capabilities)
    assert page.captures(1) == with_microphone
    assert page.captures(1, microphone=False) == without


@pytest.mark.parametrize("reference", ["two", 7, 1.5, None])
def test_what_is_not_there_is_called_by_its_name(reference: Any) -> None:
    with pytest.raises(InvalidValue, match=r"0 components are called .*; this page has one"):
        elements(one=[]).find(reference)


def test_a_layout_can_do_nothing() -> None:
    assert not elements().can(0, "takes_file")


def test_a_caption_is_a_name_where_the_component_shows_it() -> None:
    assert elements(one=["shows_caption"], other=[]).find("Caption") == 1
