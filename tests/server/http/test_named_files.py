"""Files at `gradio_api/file=PATH`: those that the app names, and nobody else's."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.asgi import Reply, ask

import millstream as gr
from millstream.server.app import App, create_app
from millstream.server.options import ServerOptions

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def no_static_paths() -> Iterator[None]:
    yield
    gr.set_static_paths([])


async def fetch(path: object, prefix: str = "/gradio_api", **options: object) -> Reply:
    def build() -> App:
        with gr.Blocks() as demo:
            gr.Textbox()
        return create_app(demo, ServerOptions.resolve(options, {}))

    app = await asyncio.to_thread(build)
    return await ask(app, f"{prefix}/file={path}", asgi={"version": "3.0", "spec_version": "2.4"})


@pytest.fixture
def logo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "assets"
    folder.mkdir()
    (tmp_path / "app.py").write_text("secret")
    (folder / "page.html").write_text("<script>")
    (folder / ".hidden.png").write_bytes(b"no")
    (folder / "logo.png").write_bytes(b"picture")
    return folder / "logo.png"


async def test_a_file_of_an_allowed_folder(logo: Path) -> None:
    reply = await fetch(logo, allowed_paths=[logo.parent])
    assert (reply.status, reply.body, reply.header("content-type")) == (200, b"picture", "image/png")
    assert "sandbox" in reply.header("content-security-policy")
    assert (await fetch(logo, prefix="", allowed_paths=[logo.parent])).status == 200


async def test_static_paths_are_allowed_in_every_app(logo: Path) -> None:
    await asyncio.to_thread(gr.set_static_paths, "assets")
    assert (await fetch("assets/logo.png")).body == b"picture"
    await asyncio.to_thread(gr.set_static_paths, ["elsewhere"])
    assert (await fetch("assets/logo.png")).status == 404


async def test_what_is_not_a_picture_is_a_download(logo: Path) -> None:
    reply = await fetch(logo.with_name("page.html"), allowed_paths=[logo.parent])
    assert reply.header("content-type") == "application/octet-stream"
    assert reply.header("content-disposition").startswith("attachment")


@pytest.mark.parametrize("path", ["assets/logo.png", "../secret", "assets/../app.py", "no\0name", "a" * 5000, ""])
async def test_nothing_else(logo: Path, path: str) -> None:
    allowed = [] if path == "assets/logo.png" else [logo.parent]
    assert (await fetch(path.replace("\0", "%00"), allowed_paths=allowed)).status == 404


async def test_neither_hidden_nor_blocked_ones(logo: Path) -> None:
    assert (await fetch(logo.with_name(".hidden.png"), allowed_paths=[logo.parent])).status == 404
    assert (await fetch(logo, allowed_paths=[logo.parent], blocked_paths=[logo])).status == 404


async def test_no_file_of_a_visitor(logo: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="millstream-") as folder:
        (Path(folder) / "own.png").write_bytes(b"mine")
        reply = await fetch(Path(folder) / "own.png", allowed_paths=[Path(tempfile.gettempdir())])
        assert reply.status == 404
