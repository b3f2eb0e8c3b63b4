from pathlib import Path

import pytest
from tests.components.conftest import Folder

import millstream as gr
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Blob


def textbox(*arguments: object, **keywords: object) -> gr.MultimodalTextbox:
    with gr.Blocks():
        return gr.MultimodalTextbox(*arguments, **keywords)


def upload(files: Folder, name: str, mime: str) -> dict[str, object]:
    path = files.path / name
    path.write_bytes(b"x")
    files.blobs[name] = Blob(name, mime, path=path, size=1)
    return {"file": name, "name": name, "type": mime, "size": 1}


def test_handlers_get_the_text_and_the_paths(files: Folder) -> None:
    component = textbox()
    stored = component.validate({"text": "see", "files": [upload(files, "a.pdf", "application/pdf")]}, files)
    assert component.preprocess(stored, files) == {"text": "see", "files": [str(files.path / "a.pdf")]}


def test_it_begins_empty_and_nothing_empties_it(files: Folder) -> None:
    component = textbox()
    assert component.initial() == component.validate(None, files) == component.postprocess(None, files)
    assert component.inline() == {"text": "", "files": []}
    assert component.is_empty
    assert not textbox("x").is_empty


def test_a_text_alone_or_with_files_may_be_returned(files: Folder) -> None:
    component = textbox()
    (files.path / "b.txt").write_text("x")
    assert component.wire(component.postprocess("hi", files)) == {"text": "hi", "files": []}
    for given in (str(files.path / "b.txt"), [files.path / "b.txt"], [{"path": str(files.path / "b.txt")}]):
        stored = component.postprocess({"text": "hi", "files": given}, files)
        assert [blob.name for blob in component.files(stored)] == ["b.txt"]


def test_a_change_of_the_files_is_one(files: Folder) -> None:
    component = textbox()
    empty = component.initial()
    full = component.validate({"text": "", "files": [upload(files, "a.txt", "text/plain")]}, files)
    assert component.mark(empty) != component.mark(full)
    assert component.mark(full) == component.mark(dict(full))


@pytest.mark.parametrize(
    "wire",
    [
        "hi", 3, [], {"text": "a"}, {"text": 1, "files": []}, {"text": "", "files": "x"}, {"text": "", "files": ["a"]},
        {"text": "", "files": [{"path": "/etc/passwd"}]}, {"text": "", "files": [{"file": "unknown"}]},
        {"text": "", "files": [], "more": 1}, {"text": "a" * 500_001, "files": []},
    ],
)  # fmt: skip
def test_what_a_page_may_not_send(wire: object, files: Folder) -> None:
    with pytest.raises(InvalidValue):
        textbox().validate(wire, files)


@pytest.mark.parametrize(
    ("types", "name", "mime", "fits"),
    [
        (["image"], "a.png", "image/png", True),
        (["image"], "a.pdf", "application/pdf", False),
        ([".pdf"], "A.PDF", "application/pdf", True),
        ([".pdf"], "a.png", "image/png", False),
        (["image/png"], "a.png", "image/png", True),
        (["image/png"], "a.jpg", "image/jpeg", False),
        (["file"], "a.xyz", "application/x", True),
        (["text", "audio"], "a.wav", "audio/wav", True),
        (None, "a.xyz", "application/x", True),
    ],
)
def test_files_of_other_types_are_refused(
    types: list[str] | None, name: str, mime: str, fits: bool, files: Folder
) -> None:
    component, wire = textbox(file_types=types), {"text": "", "files": [upload(files, name, mime)]}
    if fits:
        assert component.validate(wire, files)
    else:
        with pytest.raises(InvalidValue, match="files of type"):
            component.validate(wire, files)


def test_what_the_microphone_records_is_of_no_other_type(files: Folder) -> None:
    component = textbox(file_types=["image"], sources=["upload", "microphone"])
    wire = {"text": "", "files": [upload(files, "recording.wav", "audio/wav")]}
    assert component.validate(wire, files)["files"][0].name == "recording.wav"


@pytest.mark.parametrize(("keywords", "most"), [({"file_count": "single"}, 1), ({"sources": []}, 0)])
def test_too_many_files_are_refused(keywords: dict[str, object], most: int, files: Folder) -> None:
    given = [upload(files, f"{number}.txt", "text/plain") for number in range(most + 1)]
    component = textbox(**keywords)
    assert component.validate({"text": "", "files": given[:most]}, files)
    with pytest.raises(InvalidValue, match=f"at most {most} files"):
        component.validate({"text": "", "files": given}, files)


def test_too_long_a_text_is_refused(files: Folder) -> None:
    with pytest.raises(InvalidValue, match="3 characters"):
        textbox(max_length=3).validate({"text": "abcd", "files": []}, files)


@pytest.mark.parametrize("value", [3, {"text": "a", "more": 1}, {"text": "", "files": [3]}])
def test_what_a_handler_may_not_return(value: object, files: Folder) -> None:
    with pytest.raises(InvalidValue):
        textbox().postprocess(value, files)


def test_properties() -> None:
    props = textbox(file_types=["image", ".pdf", "file"], sources="microphone", submit_btn="Go", stop_btn=None).props()
    assert props["accept"] == ["image/*", ".pdf"]
    assert props["sources"] == ["microphone"]
    assert (props["submit_button"], props["stop_button"], props["max_files"]) == ("Go", False, 50)


@pytest.mark.parametrize(
    "keywords",
    [
        {"sources": ["webcam"]},
        {"file_count": "directory"},
    ],
)
def test_a_wrong_argument_is_found_at_declaration(keywords: dict[str, object]) -> None:
    with pytest.raises(DeclarationError):
        textbox(**keywords)


def test_an_unknown_file_type_is_a_warning_that_names_it() -> None:
    with pytest.warns(UserWarning, match="file_types='pictures' is none of"):
        textbox(file_types=["pictures"])


def test_declared_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    component = textbox({"text": "a", "files": [str(tmp_path / "a.txt")]})
    assert component.inline() is None
    assert [blob.name for blob in component.files(component.initial())] == ["a.txt"]
