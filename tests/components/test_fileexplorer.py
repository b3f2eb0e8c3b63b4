"""Files of the server's disk: what a page is told of them, and what it cannot reach."""

from pathlib import Path
from typing import Any

import pytest

import millstream as gr
from millstream.components.values.folder import MAX_SHOWN, Folder
from millstream.errors import InvalidValue
from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and these read the disk


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name in ("a.txt", "b.png", ".hidden", "sub/c.txt", "sub/deep/d.txt", ".git/config", "cache/x.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (tmp_path / "secret.txt").write_text("secret")
    (root / "outside").symlink_to(tmp_path)
    (root / "secret.txt").symlink_to(tmp_path / "secret.txt")
    (root / "inside").symlink_to(root / "sub")
    (root / "circle").symlink_to(root / "circle")
    return root


def given(seen: list[Any], root: Path, **options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        files = gr.FileExplorer(root_dir=root, label="Files", **options)
        gr.Button("Go").click(seen.append, files, None)
    return demo


def listing(page: TestPage, *folder: str) -> list[str]:
    page.fire("Files", "expand", {"folder": list(folder)})
    told: Any = page.props("Files")["listing"]
    assert told["folder"] == list(folder)
    return [name for name, _, _ in told["entries"]]


def test_folders_are_read_when_they_are_opened(root: Path) -> None:
    with TestPage(given([], root, ignore_glob="cache")) as page:
        assert page.props("Files")["interactive"] is True
        assert listing(page) == ["inside", "sub", "a.txt", "b.png"]
        assert listing(page, "sub") == ["deep", "c.txt"]
        (root / "sub/new.txt").write_text("new")
        assert listing(page, "inside") == ["deep", "c.txt", "new.txt"]
        for nothing in ("outside", "a.txt", "gone", "circle"):
            assert listing(page, nothing) == []


@pytest.mark.parametrize(
    ("glob", "found"), [("*.txt", ["a.txt", "c.txt"]), ("**/*.txt", ["a.txt", "c.txt"]), ("sub/*.txt", ["c.txt"])]
)
def test_a_pattern_chooses_files_and_leaves_folders_to_be_opened(root: Path, glob: str, found: list[str]) -> None:
    folder = Folder(root, glob, None)
    entries: list[Any] = [*folder.listing([])["entries"], *folder.listing(["sub"])["entries"]]  # type: ignore[misc]
    assert [name for name, is_folder, can_be_chosen in entries if can_be_chosen] == found
    assert "sub" in [name for name, is_folder, _ in entries if is_folder]


def test_a_handler_gets_paths(root: Path) -> None:
    seen: list[Any] = []
    with TestPage(given(seen, root)) as page:
        page.click("Go")
        page.set("Files", [["a.txt"], ["sub", "c.txt"]])
        page.click("Go")
    with TestPage(given(seen, root, file_count="single", value="sub/c.txt")) as page:
        assert page.value("Files") == [["sub", "c.txt"]]
        page.click("Go")
        page.set("Files", [])
        page.click("Go")
    assert seen == [[], [f"{root}/a.txt", f"{root}/sub/c.txt"], f"{root}/sub/c.txt", None]


@pytest.mark.parametrize(
    "names",
    [["..", "secret.txt"], ["outside", "secret.txt"], ["secret.txt"], ["circle"], [".hidden"], [".git", "config"],
     ["sub/../a.txt"], ["a.txt\0"], ["sub", "..", "a.txt"], ["/etc/passwd"], ["gone.txt"], ["b.png"], [""], []],
)  # fmt: skip
def test_nothing_else_can_be_chosen(root: Path, names: list[str]) -> None:
    seen: list[Any] = []
    with TestPage(given(seen, root, glob="*.txt")) as page:
        page.set("Files", [names])
        page.click("Go")
        page.wait_for(lambda: page.toasts)
        assert "FileExplorer 'Files'" in page.toasts[0].message
    assert seen in ([], [[]])


def test_what_is_left_out_is_left_out_with_all_that_it_holds(root: Path) -> None:
    (root / "cache/more").mkdir()
    (root / "cache/more/y.txt").touch()
    (root / "linked").symlink_to(root / "cache")
    folder = Folder(root, "**/*", "cache")
    ways = (["cache"], ["cache", "x.txt"], ["cache", "more", "y.txt"], ["linked"], ["linked", "x.txt"])
    assert [folder.find(way) for way in ways] == [None] * 5
    assert [folder.listing(way)["entries"] for way in ways] == [[]] * 5
    assert Folder(root, "**/*", ".*").listing([])["entries"], "the folder itself is not a part of a way"


@pytest.mark.parametrize(
    "said", [None, 5, "sub", {"folder": "sub"}, {"folder": [".."]}, {"folder": [1]}, {"folder": ["a"] * 99}]
)
def test_a_folder_is_named_by_names(root: Path, said: Any) -> None:
    with TestPage(given([], root)) as page:
        page.fire("Files", "expand", said)
        page.wait_for(lambda: page.toasts)
        assert "opens folders by their names" in page.toasts[0].message
        assert page.props("Files")["listing"] is None


def test_a_folder_has_to_be_allowed(root: Path) -> None:
    with pytest.warns(UserWarning, match=r"root_dir='.*gone' is not a folder; nothing is shown"), gr.Blocks():
        gr.FileExplorer(root_dir=root / "gone")
    elsewhere = given([], Path("/usr"))
    with pytest.warns(UserWarning, match=r"nothing of root_dir='/usr' is shown: .*launch\(allowed_paths="):
        page = TestPage(elsewhere)
    with page:
        assert listing(page) == []
        page.set("Files", [["bin"]])
        page.click("Go")
        page.wait_for(lambda: page.toasts)
        assert "has no file 'bin'" in page.toasts[0].message


def test_a_folder_with_very_many_files_is_cut_off(tmp_path: Path) -> None:
    for number in range(MAX_SHOWN + 3):
        (tmp_path / f"{number:05}").touch()
    folder, looked_up = Folder(tmp_path, "**/*", None), []
    folder.permits = lambda path: looked_up.append(path) is None
    told = folder.listing([])
    assert len(told["entries"]) == MAX_SHOWN  # type: ignore[arg-type]
    assert told["left_out"] == 3
    assert len(looked_up) == MAX_SHOWN + 1, "the folder, and each entry that is shown"


def test_paths_of_a_handler_lie_below_the_folder(root: Path) -> None:
    files = gr.FileExplorer(root_dir=root)
    assert files.postprocess([root / "a.txt", "sub/c.txt"], None) == [["a.txt"], ["sub", "c.txt"]]
    for wrong in ("/etc/passwd", "../secret.txt", 5, root, [["a.txt"]]):
        with pytest.raises(InvalidValue, match=r"FileExplorer 'FileExplorer' takes paths below|takes a path"):
            files.postprocess(wrong, None)
