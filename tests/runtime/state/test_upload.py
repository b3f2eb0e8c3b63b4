"""Uploads are looked at by the component that they are for, before they become a value."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import millstream as gr
from millstream.errors import InvalidValue, QuotaExceeded
from millstream.testing import TestPage


def file_of(kind: str, size: int = 64) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((size, size), 100).convert("RGB").save(file, kind)
    return file.getvalue()


def declared() -> gr.Blocks:
    with gr.Blocks() as demo:
        gr.Image(label="Image")
        gr.File(label="File")
    return demo


def host_of(page: TestPage) -> Any:
    return page._app.host


def upload(page: TestPage, data: bytes, component: int | None = None) -> Any:
    assert page.page.welcome is not None
    secret = page.page.welcome.session
    return page.run(host_of(page).upload(secret, "a.dat", "application/octet-stream", data, component))


def test_an_image_is_told_by_its_content_for_whomever_it_is() -> None:
    with TestPage(declared()) as page:
        number = page.page.find("Image")
        for component in (None, number, page.page.find("File"), 999):
            value = upload(page, file_of("TIFF"), component)
            assert (value["type"], value["name"]) == ("image/tiff", "a.dat")
        assert upload(page, b"no image")["type"] == "application/octet-stream"
        assert upload(page, b"no image", page.page.find("File"))["type"] == "application/octet-stream"
        with pytest.raises(InvalidValue, match=r"takes files of type image, but got a\.dat"):
            upload(page, b"no image", number)


@pytest.mark.blocking
def test_nothing_is_left_of_what_is_refused() -> None:
    with TestPage(declared()) as page:
        number = page.page.find("Image")
        assert page.page.welcome is not None
        session = page.page.welcome.session
        store, visitor = host_of(page).sessions[session].store, host_of(page).sessions[session].visitor

        async def given(data: bytes) -> Any:
            async with host_of(page).begin_upload(session, visitor, "a.tiff", len(data), number) as upload:
                await upload.write(data)
                return await upload.finish("")

        with pytest.raises(InvalidValue, match="whose format is PSD"):
            page.run(given(b"8BPS\0\1"))
        assert (list(store.folder.iterdir()), store.used) == ([], 0)
        data = file_of("TIFF", 2_100)
        taken = store.room - len(data) - 1_000  # which leaves no room for what is shown in its place
        store._allowance.take(taken)
        with pytest.raises(QuotaExceeded):
            page.run(given(data))
        assert (list(store.folder.iterdir()), store.used) == ([], taken)
        store._allowance.give(taken)
        assert page.run(given(data))["size"] == len(data)


@pytest.mark.blocking
def test_a_handler_finds_an_upload_under_the_visitors_name() -> None:
    with gr.Blocks() as demo:
        file, name = gr.File(), gr.Textbox()
        file.upload(lambda path: f"{Path(path).name} {Path(path).read_text()}", file, name)
    with TestPage(demo) as page:
        assert page.page.welcome is not None
        session = page.page.welcome.session
        visitor = host_of(page).sessions[session].visitor

        async def given() -> Any:
            async with host_of(page).begin_upload(session, visitor, "titanic.csv", 3, file.id) as upload:
                await upload.write(b"a,b")
                return await upload.finish("")

        page.set(file, [page.run(given())])
        page.fire(file, "upload")
        assert page.value(name) == "titanic.csv a,b"
