"""The language of a visitor, from the document to the last message: an app's own texts, and the server's sentences."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Literal

import pytest
from tests.server.asgi import Reply, ask
from tests.server.http.test_page import Document
from tests.server.live import serving

import millstream as gr
from millstream.client import Client
from millstream.server.app import App, create_app
from millstream.server.options import ServerOptions

OWN = {"origin": "http://localhost:7860", "content-type": "application/x-www-form-urlencoded"}
TEXT = {"title": "Greeter <b>", "name": "Name", "hello": "Hello"}
SWEDISH = {"title": "Hälsare <b>", "name": "Namn", "hello": "Hej"}
GERMAN = {"title": "Grüßer <b>", "name": "Name des Gastes", "hello": "Hallo"}


@pytest.fixture
def i18n() -> gr.I18n:
    return gr.I18n(en=TEXT, sv=SWEDISH, de=GERMAN)


def greeter(i18n: gr.I18n) -> gr.Blocks:
    with gr.Blocks(title=i18n("title")) as demo:
        name = gr.Textbox(label=i18n("name"), elem_id="name")
        out = gr.Textbox(label="out")
        name.submit(lambda text: f"{i18n('hello')}, {text}", name, out)
    return demo


async def build(i18n: gr.I18n, **options: object) -> App:
    return await asyncio.to_thread(lambda: create_app(greeter(i18n), ServerOptions.resolve(options, {})))


def facts(reply: Reply) -> tuple[str | None, str, object]:
    """Give the language of a document, its title, and the label of the first component."""
    document = Document(reply.text)
    (manifest,) = (text for attributes, text in document.all("script") if attributes.get("id") == "ms-manifest")
    components = json.loads(manifest)["components"]
    return document.all("html")[0][0]["lang"], document.all("title")[0][1], components["1"]["props"]["label"]


@pytest.mark.anyio
async def test_a_document_has_one_language_first_of_all_one_of_the_apps(i18n: gr.I18n) -> None:
    app = await build(i18n)
    swedish = "sv", "Hälsare <b>", "Namn"
    german = "de", "Grüßer <b>", "Name des Gastes"
    assert facts(await ask(app, headers={"accept-language": "sv-SE,de;q=0.9"})) == swedish
    assert facts(await ask(app, headers={"accept-language": "fr,de;q=0.9"})) == german
    assert facts(await ask(app, headers={"accept-language": "de"}, query="__lang=sv")) == swedish
    assert facts(await ask(app, headers={"accept-language": "de"}, query="__lang=%00<x>")) == german
    japanese = await ask(app, headers={"accept-language": "ja"})
    assert facts(japanese) == ("ja", "Greeter <b>", "Name")
    assert "JavaScript を許可" in japanese.text
    assert facts(await ask(app)) == ("en", "Greeter <b>", "Name")


@pytest.mark.anyio
async def test_the_login_page_and_its_mistakes_are_in_the_visitors_language(i18n: gr.I18n) -> None:
    app = await build(i18n, auth=("ann", "secret"), auth_message=i18n("hello"))
    form = await ask(app, "/login", headers={"accept-language": "de-AT"})
    assert '<html lang="de" dir="ltr">' in form.text
    for part in ("<title>Anmelden · Grüßer &lt;b&gt;", '<p class="message">Hallo<', ">Passwort<", ">Anmelden</button>"):
        assert part in form.text
    post = {**OWN, "accept-language": "fr;q=0.5,de"}
    for _ in range(5):
        wrong = await ask(app, "/login", method="POST", headers=post, body=b"username=ann&password=no")
        assert "Name oder Passwort ist falsch." in wrong.text
    blocked = await ask(app, "/login", method="POST", headers=post, body=b"username=ann&password=no")
    assert re.search(r"Warten Sie \d+ s und versuchen Sie es", blocked.text)
    assert '<html lang="en" dir="ltr">' in (await ask(app, "/login")).text
    fixed = await build(i18n, auth=("ann", "secret"), lang="ar")
    assert '<html lang="ar" dir="rtl">' in (await ask(fixed, "/login", headers={"accept-language": "de"})).text


@pytest.mark.parametrize("transport", ["websocket", "http"])
def test_a_session_speaks_the_language_of_its_document(i18n: gr.I18n, transport: Literal["websocket", "http"]) -> None:
    with serving(greeter(i18n)) as (url, _):
        for language, label, said in (("sv,de;q=0.5", "Namn", "Hej, Ann"), ("", "Name", "Hello, Ann")):
            with Client(url, language=language, transport=transport) as page:
                assert page.props("name")["label"] == label
                page.set("name", "Ann")
                page.fire("name", "submit")
                assert page.value("out") == said


def test_an_app_may_choose_the_language_of_its_texts_for_everybody(i18n: gr.I18n) -> None:
    with serving(greeter(i18n), lang="de-AT", i18n=i18n) as (url, _), Client(url, language="sv") as page:
        page.set("name", "Ann")
        page.fire("name", "submit")
        assert (page.props("name")["label"], page.value("out")) == ("Name des Gastes", "Hallo, Ann")
