"""What the documentation says is there: links, anchors, images; and what it must not say."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from tests.docs.pages import PAGES, ROOT, blocks_of, prose_of, text_of

HISTORY = {"CHANGELOG.md"}
"""Pages whose words were true when they were written."""

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img[^>]* src=\"([^\"]+)\"|srcset=\"([^\"]+)\"")


def names(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """Give the anchors that headings become: lower case, hyphens for spaces, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in (next(filter(None, groups)) for groups in LINK.findall(prose_of(page))):
        target, _, anchor = link.partition("#")
        if re.match(r"(https|mailto):", link):
            continue
        file = (page.parent / unquote(target)).resolve() if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in HISTORY], ids=names)
def test_files_that_are_named_exist(page: Path) -> None:
    """`src/millstream/…`, `web/src/…` and so on are checked; what is about to be written is in a block above."""
    named = re.findall(r"`((?:src|web|tests|scripts|benchmarks|examples|docs)/[\w./-]+)`", prose_of(page))
    written = {block.detail for block in blocks_of(page)}
    missing = [path for path in named if not (ROOT / path).exists() and path not in written]

    assert [path for path in missing if "NAME" not in path] == []


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_no_registry_and_no_path_of_a_machine_is_named(page: Path) -> None:
    registries = r"\b(pypi|npmjs|pythonhosted|huggingface|hf|jsdelivr|unpkg|docker)\.(org|com|net|co|io)\b"
    machines = r"(?<![\w.])/(work|root|home/\w+)/|\.cache/pip"
    assert re.findall(f"{registries}|{machines}", text_of(page)) == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=names)
def test_every_page_can_be_reached_from_the_index(page: Path) -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / target.partition("#")[0]).resolve() for target, *_ in LINK.findall(text_of(index))}
    assert page == index or page in linked or (page.parent in linked and "decisions" in page.parts)


def test_every_image_is_used() -> None:
    pictures = {path.name for path in (ROOT / "docs" / "images").glob("*")}
    used = {Path(target).name for page in PAGES for groups in LINK.findall(text_of(page)) for target in groups}
    assert pictures - used == set()


def test_the_messages_of_the_trouble_page_are_the_ones_that_are_shown() -> None:
    """A heading in quotes is a message; what differs from case to case is left out on both sides."""
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "web" / "src").rglob("*.ts")]
    varying = r"\$?\{[^{}\n]*\}|KIND|\" \"|\"\n\s+f?\""
    shown = "\n".join(re.sub(varying, "…", text_of(path)) for path in sources).lower()
    headings = re.findall(r'^### "(.+?)"', text_of(ROOT / "docs" / "guide" / "trouble.md"), flags=re.MULTILINE)
    parts = {heading: re.split(r"…|\d+(?: inputs)?|camera|f\(\)", heading.lower()) for heading in headings}

    assert len(headings) >= 8
    assert [heading for heading, pieces in parts.items() if not all((piece or "") in shown for piece in pieces)] == []
