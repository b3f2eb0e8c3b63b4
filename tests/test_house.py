"""The rules of the house that no linter knows."""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "millstream"
FILES = sorted(PACKAGE.rglob("*.py"))
NAMELESS = {"utils", "util", "helpers", "common", "manager", "misc"}
MAX_MODULE_LINES = 350
MAX_METHODS = 20
MAX_FUNCTION_LINES = 40
MAX_ARGUED_LINES = 60
MAX_BROAD_EXCEPTS = 5

NARROWING = r"is (not )?None|isinstance\(|^assert len\(self\."
FOUND_BY_NAME = {"Engine", "Worker"}
"""Classes that every engine has, as the Protocols that they fulfil are called."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text())))


def functions(path: Path) -> Iterator[Function]:
    for node in nodes(path):
        if isinstance(node, Function):
            yield node


def body_lines(function: Function) -> int:
    """Count the lines from the first statement to the last; signature and docstring are not length."""
    statements = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not statements:
        return 0
    return (statements[-1].end_lineno or 0) - statements[0].lineno + 1


def is_argued(function: Function, lines: list[str]) -> bool:
    """Whether a comment `# Long: why` stands above the function or in its first lines."""
    start = min([function.lineno, *(node.lineno for node in function.decorator_list)])
    return any("# Long: " in line for line in lines[start - 2 : function.body[0].lineno + 2])


def test_a_module_is_short_enough_to_be_read() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in FILES}
    assert {name: length for name, length in lengths.items() if length > MAX_MODULE_LINES} == {}


def long_functions(path: Path) -> Iterator[tuple[str, int]]:
    lines = path.read_text().splitlines()
    for function in functions(path):
        if body_lines(function) > (MAX_ARGUED_LINES if is_argued(function, lines) else MAX_FUNCTION_LINES):
            yield f"{name_of(path)}: {function.name}", body_lines(function)


def test_a_function_is_short_enough_to_be_read() -> None:
    too_long = dict(found for path in FILES for found in long_functions(path))
    assert not too_long, f"split, or say why above it with '# Long: …' (up to {MAX_ARGUED_LINES} lines): {too_long}"


def test_a_text_is_read_and_written_as_utf_8_wherever_that_is_not_the_default() -> None:
    least = {"read_text": 0, "write_text": 1}  # arguments, without the encoding
    unsaid = [
        f"{name_of(path)}:{node.lineno}"
        for path in FILES
        if any(f"{name}(" in path.read_text() for name in least)
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and len(node.args) == least.get(node.func.attr)
        and "encoding" not in {keyword.arg for keyword in node.keywords}
    ]
    assert unsaid == [], f'say encoding="utf-8", as Windows has another default: {unsaid}'


def classes() -> Iterator[tuple[Path, ast.ClassDef]]:
    for path in FILES:
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                yield path, node


def test_a_class_is_small_enough_to_be_known() -> None:
    large = {
        node.name
        for path, node in classes()
        if sum(isinstance(each, Function) for each in node.body) > MAX_METHODS
        and "# Long: " not in path.read_text().splitlines()[node.lineno - 2]
    }
    assert large == set(), f"split, or say why above it with '# Long: …': {large}"


def test_a_class_name_means_one_thing() -> None:
    places = defaultdict(list)
    for path, node in classes():
        places[node.name].append(name_of(path))
    twice = {name: found for name, found in places.items() if len(found) > 1 and name not in FOUND_BY_NAME}
    assert twice == {}, f"rename one of each: {twice}"


def test_a_docstring_opens_with_no_question() -> None:
    asking = [
        f"{name_of(path)}: {text.splitlines()[0]}"
        for path in FILES
        for node in nodes(path)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if re.match(r"(What|Who|Whether|How)\b", text := ast.get_docstring(node) or "")
    ]
    assert asking == []


def test_a_file_is_named_for_what_it_is() -> None:
    page = (ROOT / "web" / "src").rglob("*.ts")
    assert [name_of(path) for path in [*FILES, *page] if path.stem in NAMELESS] == []


def test_a_room_is_a_package() -> None:
    rooms = {path.parent for path in FILES}
    assert [name_of(room) for room in sorted(rooms) if not (room / "__init__.py").is_file()] == []


@pytest.mark.parametrize("root", ["src/millstream", "web/src"])
def test_every_room_is_on_the_map(root: str) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    _, _, section = text.partition(f"In `{root}`:")
    on_the_map = {
        name
        for row in re.findall(r"^\| (`.+?) \|", section.partition("\n\nIn ")[0].partition("\n## ")[0], re.M)
        for name in re.findall(r"`([^`]+)`", row)
    }
    code = {path for suffix in ("py", "ts", "css") for path in (ROOT / root).rglob(f"*.{suffix}")}
    rooms = {path.parent.relative_to(ROOT / root).as_posix() for path in code} - {".", "static"}
    folders = {name for name in on_the_map if "." not in name}
    assert rooms - folders == set(), "describe these folders in the map of CONTRIBUTING.md"
    assert folders - rooms == set(), "these folders of the map in CONTRIBUTING.md do not exist"
    assert [name for name in on_the_map - folders if not (ROOT / root / name).is_file()] == []


def test_broad_excepts_stay_at_the_edges() -> None:
    found = [
        f"{name_of(path)}:{number}"
        for path in FILES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"noqa: .*BLE001", line)
    ]
    assert len(found) <= MAX_BROAD_EXCEPTS, f"only the handler call, the session loop and the CLI may: {found}"


def test_D28_an_assert_narrows_a_type_and_checks_nothing_else() -> None:
    """`python -O` leaves them out: what a visitor sends must never meet one."""
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in FILES
        if "testing" not in path.parts
        for node in nodes(path)
        if isinstance(node, ast.Assert) and not re.search(NARROWING, ast.unparse(node))
    ]
    assert found == []


def test_D28_each_exception_from_a_rule_of_security_is_argued() -> None:
    python = [*FILES, *(ROOT / "scripts").glob("*.py"), *(ROOT / "examples").rglob("*.py")]
    found = [
        f"{name_of(path)}:{number}"
        for path in python
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"noqa: .*\bS\d{3}\b", line) and not re.search(r"noqa: [A-Z0-9, ]+ - \w+\W+\w+", line)
    ]
    assert found == []


def test_B33_B34_nothing_speaks_webrtc_or_takes_datagrams() -> None:
    sources = [*FILES, *sorted((ROOT / "web" / "src").rglob("*.ts"))]
    words = re.compile(r"RTCPeerConnection|aiortc|datagram_endpoint|SOCK_DGRAM|SOCK_RAW")
    assert len(sources) > 500
    assert [name_of(path) for path in sources if words.search(path.read_text())] == []


def test_no_path_of_a_machine_is_in_the_package() -> None:
    page = (ROOT / "web" / "src").rglob("*.ts")
    found = [name_of(path) for path in [*FILES, *page] if re.search(r"/(work|root|home/\w+)/", path.read_text())]
    assert found == []


def test_the_declared_version_is_the_one_in_the_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1:2] in ([], [version])


@pytest.mark.parametrize("mark", ["browser", "ray"])
def test_the_test_script_looks_for_marked_tests_where_they_are(mark: str) -> None:
    lines = (ROOT / "scripts/test").read_text().splitlines()
    (line, *_) = [each for each in lines if re.search(rf"^run_tests .*-m {mark}\b", each)]
    named = tuple(f"{folder}/" for folder in re.findall(r"tests/\w+", line))
    named += ("tests/browsers/",) if mark == "browser" else ()  # one line for each engine
    marked = files_with(rf"\bpytest\.mark\.{mark}\b")
    assert marked
    assert [place for place in marked if not place.startswith(named)] == []


@pytest.mark.parametrize("mark", ["audit", "slow", "soak"])
def test_the_test_script_finds_the_files_with_a_mark(mark: str) -> None:
    marked = files_with(rf"\bmark\.{mark}\b")
    assert marked
    assert marked == [place for place in files_with(rf"\bpytest\.mark\.{mark}\b") if "/test_" in place]


def files_with(pattern: str) -> list[str]:
    """Find the files of tests in which a pattern is found."""
    return [name_of(path) for path in sorted((ROOT / "tests").rglob("*.py")) if re.search(pattern, path.read_text())]
