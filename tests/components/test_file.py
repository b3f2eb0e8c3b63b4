"""Files of any kind: what handlers get and give, and what no page gets away with."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

import millstream as ms
from millstream.errors import DeclarationError
from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and these read and write files


@pytest.fixture
def papers(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("a.txt", "b.pdf", "c.png")]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


def given(seen: list[Any], **options: Any) -> ms.Blocks:
    """An app whose handler notes what it gets, and what stands in the files."""

    def note(value: Any) -> None:
        paths = value if isinstance(value, list) else [value]
        contents = [Path(path).read_bytes() if isinstance(path, str) else path for path in paths]
        kind = next(kind for kind in (str, bytes, list, type(None)) if isinstance(value, kind))
        seen.append((kind.__name__, contents))

    with ms.Blocks() as demo:
        file = ms.File(label="File", **options)
        ms.Button("Go").click(note, file, None)
    return demo


def uploaded(page: TestPage, path: Path) -> Any:
    mime = "application/pdf" if path.suffix == ".pdf" else "text/plain"
    return page.run(page.upload(path.name, mime, path.read_bytes()))


def test_one_file_is_a_path_or_bytes(papers: list[Path]) -> None:
    for kind, expected in (("filepath", "str"), ("binary", "bytes")):
        seen: list[Any] = []
        with TestPage(given(seen, type=kind)) as page:
            page.set("File", papers[0])
            page.click("Go")
            assert page.value("File") == [b"a.txt"]
        assert seen == [(expected, [b"a.txt"])]


@pytest.mark.parametrize("count", ["multiple", "directory"])
def test_several_files_are_a_list(papers: list[Path], count: str) -> None:
    seen: list[Any] = []
    with TestPage(given(seen, file_count=count)) as page:
        page.set("File", [uploaded(page, path) for path in papers[:2]])
        page.click("Go")
    assert seen == [("list", [b"a.txt", b"b.pdf"])]


def test_no_file_is_none() -> None:
    seen: list[Any] = []
    with TestPage(given(seen)) as page:
        page.set("File", None)
        page.click("Go")
        page.set("File", [])
        page.click("Go")
    assert seen == [("NoneType", [None])] * 2


@pytest.mark.parametrize("types", [["text"], [".txt"], ["text/plain"], [".TXT", "image"], ["file"]])
def test_types_that_fit(papers: list[Path], types: list[str]) -> None:
    seen: list[Any] = []
    with TestPage(given(seen, file_types=types)) as page:
        page.set("File", papers[0])
        page.click("Go")
        assert page.toasts == []
    assert seen[0][1] == [b"a.txt"]


def test_what_a_page_may_not_set(papers: list[Path]) -> None:
    seen: list[Any] = []
    with TestPage(given(seen, file_types=[".txt"])) as page, page.another() as other:
        stranger = uploaded(other, papers[0])
        mine = uploaded(page, papers[0])
        wrong = uploaded(page, papers[1])
        values: list[Any] = [
            [stranger], [wrong], [mine, mine], mine, "a.txt", [{"file": "guessed"}], [{**mine, "path": "/etc/passwd"}],
        ]  # fmt: skip
        for value in values:
            page.set("File", value)
        page.click("Go")
        assert [toast.level for toast in page.toasts] == ["error"] * len(values)
    assert seen == [("NoneType", [None])]


def test_addresses_that_the_app_has_given_can_be_reordered_and_removed_and_no_others(papers: list[Path]) -> None:
    seen: list[Any] = []
    addresses = ["https://example.org/a.zip", "https://example.org/b.zip"]
    with ms.Blocks() as demo:
        file = ms.File(addresses, label="File", file_count="multiple", allow_reordering=True)
        ms.Button("Go").click(seen.append, file, None)
    with TestPage(demo) as page, page.another() as other:
        first, second = page.page.values[file.id]  # type: ignore[misc]
        mine = uploaded(page, papers[0])
        for value in ([second, first], [second, mine]):
            page.set("File", value)
            page.click("Go")
        assert page.toasts == []
        strange: list[Any] = [[first], [{"url": "file:///etc/passwd"}], [{"url": [1]}], [{**second, "file": "x"}]]
        for value in strange:
            page.set("File", value)
        page.click("Go")
        assert [toast.level for toast in page.toasts] == ["error"] * len(strange)
        other.set("File", [{"url": addresses[0]}])
        assert other.toasts == []
    names = [[getattr(each, "orig_name", each) for each in value] for value in seen]
    assert names == [[*reversed(addresses)], [addresses[1], "a.txt"], [addresses[1], "a.txt"]]


def returning(value: Any, **options: Any) -> ms.Blocks:
    with ms.Blocks() as demo:
        file = ms.File(label="File", **options)
        ms.Button("Go").click(lambda: value, None, file)
    return demo


def test_what_handlers_return(papers: list[Path]) -> None:
    for value, names in (
        (papers[0], ["a.txt"]),
        (str(papers[0]), ["a.txt"]),
        (papers, ["a.txt", "b.pdf", "c.png"]),
        ("https://example.org/x/y.zip", []),
    ):
        with TestPage(returning(value, file_count="multiple")) as page:
            (run,) = page.click("Go")
            assert run.error == ""
            items: Any = page.page.values[page.page.find("File")]
            assert [item["name"] for item in items if "file" in item] == names
            assert all("/" not in str(item.get("file", "")) for item in items)
            if names:
                assert page.value("File") == [name.encode() for name in names]
            else:
                assert items == [{"url": "https://example.org/x/y.zip"}]


@pytest.mark.parametrize("value", [5, b"bytes", [5], [b"bytes"], ["/etc/passwd"], ["no such file"], ["ftp://x/y"]])
def test_what_handlers_may_not_return(value: Any) -> None:
    with TestPage(returning(value)) as page:
        (run,) = page.click("Go")
        assert run.state == "failed"


def test_what_is_declared_may_lie_anywhere_and_is_handed_out(tmp_path: Path) -> None:
    hidden = tmp_path / ".private" / "x.bin"
    hidden.parent.mkdir()
    hidden.write_bytes(b"mine")
    with ms.Blocks() as demo:
        ms.File(hidden, label="File")
    with TestPage(demo) as page:
        page.advance(0.1)
        assert page.value("File") == [b"mine"]


def test_nothing_clears(papers: list[Path]) -> None:
    for nothing in (None, []):
        with TestPage(returning(nothing)) as page:
            page.set("File", papers[0])
            page.click("Go")
            assert page.value("File") is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"file_count": "some"}, "file_count='some'"),
        ({"type": "text"}, "type='text'"),
        ({"height": "10em"}, "height='10em' is not a number"),
        ({"value": "no such file"}, "initial value"),
    ],
)
def test_what_cannot_be_declared(options: Any, message: str) -> None:
    with pytest.raises(DeclarationError, match=message), ms.Blocks():
        ms.File(**options)


def test_strings_stand_for_it() -> None:
    demo = ms.Interface(lambda one, many: one, ["file", "files"], "file")
    one, many = demo.input_components
    assert (one.props()["max_files"], many.props()["max_files"]) == (1, 100)


@pytest.mark.parametrize("count", ["single", "multiple", "directory"])
def test_a_path_has_a_name_and_the_users_own(papers: list[Path], count: str) -> None:
    seen: list[Any] = []

    def note(value: Any) -> None:
        for path in value if isinstance(value, list) else [value]:
            assert Path(path).read_bytes() == Path(path.name).read_bytes() == b"b.pdf"
            again = pickle.loads(pickle.dumps(path))
            seen.append((path == path.name, path.orig_name, path.endswith(".pdf"), again == path, again.orig_name))

    with ms.Blocks() as demo:
        file = ms.File(label="File", file_count=count)  # type: ignore[arg-type]
        ms.Button("Go").click(note, file, None)
    with TestPage(demo) as page:
        page.set("File", [uploaded(page, papers[1])])
        page.click("Go")
    assert seen == [(True, "b.pdf", True, True, "b.pdf")]


def test_a_path_may_be_returned(papers: list[Path]) -> None:
    with ms.Blocks() as demo:
        file, copy, text = ms.File(label="File"), ms.File(label="Copy"), ms.Textbox(label="Text")
        ms.Button("Go").click(lambda path: (path, path), file, [copy, text])
    with TestPage(demo) as page:
        page.set("File", papers[0])
        (run,) = page.click("Go")
        assert run.error == ""
        assert page.value("Copy") == [b"a.txt"]
        assert page.value("Text").endswith(".txt")
