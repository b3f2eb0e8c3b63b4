"""The page's knowledge of growing lists, so that each item is sent once, and of what it may act on. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import cast

import msgspec

from millstream.wire.messages import ALL, Outputs, Value


class ListDiff:
    """The values that a page has of components whose value is a list, such as a conversation, or has one in `data`.

    A conversation is written anew with each word of an answer: sent as a whole each time it would cost the square of
    its length. So an update says from which item on the list differs from the one that was sent last. Results of one
    stream are applied in order, and so are those of ordinary events; what another one has sent is told as a whole.
    """

    def __init__(self) -> None:
        self._values: dict[int, tuple[int, Value]] = {}
        self._owed: Counter[int] = Counter()
        self._told: dict[int, int] = {}

    def shortened(self, outputs: Outputs, growing: AbstractSet[int]) -> Outputs:
        """Replace whole values by `splice`: the first differing index, and the items from there on.

        Of a value with a list in `data`, what else of it has changed comes third.
        """
        updates = dict(outputs.updates)
        for number in growing:
            stream, told = self._values.get(number, (0, None))
            value = updates[number]["value"]
            if told and stream == outputs.stream and type(told) is type(value):
                others = {name: item for name, item in updates[number].items() if name != "value"}
                updates[number] = {**others, "splice": _splice(told, value)}
        return msgspec.structs.replace(outputs, updates=updates) if growing else outputs

    def going(self, outputs: Outputs, growing: AbstractSet[int]) -> Outputs:
        """Give the updates that are sent now, shortened, and remember them."""
        shortened = self.shortened(outputs, growing)
        self.note(outputs, growing)
        return shortened

    def note(self, outputs: Outputs, growing: AbstractSet[int]) -> None:
        """Remember what was sent; `outputs` is what was given to be shortened."""
        for number in growing:
            self._values[number] = outputs.stream, outputs.updates[number]["value"]

    def forget(self, number: int) -> None:
        """Have the next list sent as a whole: the page may show another one by now."""
        self._values.pop(number, None)

    def leave(self, numbers: Iterable[int]) -> None:
        """Forget elements that are gone."""
        for number in numbers:
            self._values.pop(number, None)
            self._owed.pop(number, None)
            self._told.pop(number, None)

    def owe(self, reach: Iterable[int]) -> None:
        """Note that the page will be told whether its user gets at some elements; until then it does not know."""
        self._owed.update(reach)

    def number(self, reach: Iterable[int], seq: int) -> None:
        """Note under which sequence the page is told that."""
        for number in reach:
            self._owed[number] -= 1
            self._told[number] = seq

    def knows(self, number: int, seen: int) -> bool:
        """True if a page that shows what was said up to `seen` shows as well whether its user gets at an element."""
        return seen == ALL or (self._owed[number] <= 0 and seen >= self._told.get(number, 0))


def _splice(told: Value, value: Value) -> list[Value]:
    if isinstance(told, dict) and isinstance(value, dict):
        start = _first_difference(told["data"], value["data"])
        names = [name for name in {**told, **value} if name != "data" and told.get(name) != value.get(name)]
        return [start, value["data"][start:], {name: value.get(name) for name in names}]
    one, other = cast("list[Value]", told), cast("list[Value]", value)
    start = _first_difference(one, other)
    return [start, other[start:]]


def _first_difference(one: list[Value], other: list[Value]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))
