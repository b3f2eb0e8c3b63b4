import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import millstream as gr
from millstream.declare.caching.fingerprint import fingerprint
from millstream.declare.caching.store import Store, weight
from millstream.testing import TestPage

calls: list[object] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    calls.clear()


def test_equal_arguments_are_one_call_and_results_are_copies() -> None:
    @gr.cache
    def double(values: Any, factor: int = 2, request: gr.Request | None = None) -> list[int]:
        calls.append(values)
        return [value * factor for value in values]

    double([1, 2]).append(9)
    assert double([1, 2], factor=2, request=gr.Request()) == [2, 4]
    assert double([1, 2], 3) == [3, 6]
    assert len(calls) == 2
    assert double.__name__ == "double"


def test_all_kinds_of_functions() -> None:
    @gr.cache
    def each(text: str) -> Iterator[list[str]]:
        grown: list[str] = []
        for letter in text:
            calls.append(letter)
            grown.append(letter)
            yield grown

    @gr.cache
    async def one(text: str) -> str:
        calls.append(text)
        return text.upper()

    @gr.cache
    async def each_async(text: str) -> AsyncIterator[str]:
        for letter in text:
            calls.append(letter)
            yield letter

    async def heard() -> list[str]:
        return [letter async for letter in each_async("xy")]

    for _ in range(2):
        assert [list(grown) for grown in each("ab")] == [["a"], ["a", "b"]]
        assert asyncio.run(one("t")) == "T"
        assert asyncio.run(heard()) == ["x", "y"]
    assert calls == ["a", "b", "t", "x", "y"]


def test_a_generator_that_was_left_early_is_not_kept() -> None:
    @gr.cache
    def each(n: int) -> Iterator[int]:
        calls.append(n)
        yield from range(n)

    next(each(3))
    assert list(each(3)) == [0, 1, 2]
    assert len(calls) == 2


def test_a_call_that_gives_too_much_is_not_kept(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    monkeypatch.setattr("millstream.declare.caching.kept_calls.MAX_RESULTS", 3)

    @gr.cache
    def count(n: int) -> Iterator[int]:
        yield from range(n)

    @gr.cache(max_memory=1000)
    async def enlarge(n: int) -> AsyncIterator[bytes]:
        for _ in range(n):
            yield bytes(400)

    async def all_of(n: int) -> int:
        return len([part async for part in enlarge(n)])

    for n in (3, 4, 4):
        assert list(count(n)) == list(range(n))
    assert [asyncio.run(all_of(n)) for n in (2, 3)] == [2, 3]
    said = [record.getMessage() for record in caplog.records]
    assert [text.partition("(")[0] for text in said] == ["count", "count", "enlarge"]


def test_large_arguments_and_results_of_async_functions_leave_the_loop_alone() -> None:
    seen: set[str] = set()

    class Large(bytes):
        def __deepcopy__(self, memo: object) -> "Large":
            seen.add(threading.current_thread().name)
            return self

    def key_of(given: dict[str, object]) -> object:
        seen.add(threading.current_thread().name)
        return given["data"]

    @gr.cache(key=key_of)
    async def one(data: bytes) -> Large:
        return Large(data)

    @gr.cache(key=key_of)
    async def each(data: bytes) -> AsyncIterator[Large]:
        yield Large(data)

    async def main() -> None:
        for _ in range(2):
            assert await one(b"a") == b"a"
            assert [part async for part in each(b"a")] == [b"a"]

    asyncio.run(main())
    assert seen == {"millstream cache"}


def test_a_function_that_asks_for_the_request_keeps_results_for_one_page_and_events_count() -> None:
    @gr.cache
    async def greet(request: gr.Request) -> str:
        return str(request.session_hash)

    @gr.cache
    def chosen(event: gr.SelectData) -> object:
        return event.value

    with gr.Blocks() as demo:
        name = gr.Textbox(label="Name")
        gr.Button("Greet").click(greet, None, name)
    with TestPage(demo) as page, page.another() as other:
        for each in (page, other):
            each.click("Greet")
        assert page.value("Name") != other.value("Name")
    assert [chosen(gr.SelectData(None, {"index": n, "value": n})) for n in (1, 2)] == [1, 2]


def test_a_cache_inside_of_another_function_and_a_key_of_its_own() -> None:
    def fetch(text: str, mood: str) -> str:
        calls.append(mood)
        return text

    def text_of(given: dict[str, object]) -> object:
        return given["text"]

    for mood in ("good", "bad"):
        assert gr.cache(fetch, key=text_of)("a", mood) == "a"  # type: ignore[call-overload]
        assert gr.cache(fetch)("a", "any") == "a"
    assert calls == ["good", "any"]
    with pytest.raises(gr.DeclarationError, match=r"write gr.cache\(fn\)"):
        gr.cache("result")  # type: ignore[call-overload]


def test_a_store_that_a_handler_fills() -> None:
    kept = gr.Cache(max_size=2)
    assert kept.get("a") is None
    for key in ("a", "b", "c"):
        kept.set(key, n=key, at=1)
        kept.get("b")
    assert kept.keys() == ["c", "b"]
    assert kept.get("b") == {"n": "b", "at": 1}
    kept.clear()
    assert len(kept) == 0


def test_entries_of_a_page_are_its_own_and_go_with_it() -> None:
    kept = gr.Cache(per_session=True)

    def count(cached: gr.Cache = kept) -> int:
        found = cached.get("n") or {"n": 0}
        cached.set("n", n=found["n"] + 1)
        return int(found["n"]) + 1

    with gr.Blocks() as demo:
        number = gr.Number(label="N")
        gr.Button("Count").click(count, None, number)
    with TestPage(demo) as page:
        with page.another() as other:
            page.click("Count")
            page.click("Count")
            other.click("Count")
            assert (page.value("N"), other.value("N")) == (2, 1)
        page.advance(1)
        assert len(kept._store._entries) == 1


def test_memory_is_bounded() -> None:
    store = Store(0, "1kb")
    for n in range(5):
        store.put(str(n), np.zeros(50))
    assert [value is not None for value in map(store.get, "01234")] == [False, False, False, True, True]
    assert weight({"a": [np.zeros(10), b"x"]}) > 80
    for size in ("many", "5 parsecs"):
        with pytest.raises(gr.DeclarationError, match="max_memory="):
            gr.Cache(max_memory=size)
    with pytest.raises(gr.DeclarationError, match="max_size="):
        gr.Cache(max_size=-1)


def coloured(red: int = 0, clear: int | None = None) -> Image.Image:
    """Make an image whose pixels are numbers of colours."""
    image = Image.new("P", (2, 2))
    image.putpalette([red, 0, 0, 255, 255, 255])
    if clear is not None:
        image.info["transparency"] = clear
    return image


def test_fingerprints_tell_contents_apart(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("one")
    values = [
        *(None, 0, 0.0, False, "", b"", [], (), {}, "0", [0], [[0]], {"a": 0}, {"a": [0]}, {0}),
        *(np.zeros(2), np.zeros((2, 1)), np.zeros(2, np.float32), Image.new("RGB", (2, 2)), Image.new("L", (2, 2))),
        *(coloured(), coloured(9), coloured(clear=1)),
        *(pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}), pd.Series([1]), str(file)),
    ]
    found = [fingerprint(value) for value in values]
    assert len(set(found)) == len(values)
    assert [fingerprint(value) for value in values] == found
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    copied = tmp_path / "b.txt"
    copied.write_text("one")
    file.write_text("two")
    assert fingerprint(str(copied)) == fingerprint(copied) == found[-1] != fingerprint(str(file))
    objects = [np.array([text.upper(), None], dtype=object) for text in ("a b", "a b", "a c")]
    same, equal, other = map(fingerprint, objects)
    assert same == equal != other, "of objects in an array what they are, not where they are"
    assert fingerprint("/proc/self/maps") == fingerprint("/proc/self/cmdline"), "files without a size are not read"
    circle: list[object] = []
    circle.append(circle)
    for value in (object(), circle):
        with pytest.raises(TypeError):
            fingerprint(value)
