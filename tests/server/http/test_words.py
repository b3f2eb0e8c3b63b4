import json
import re
from pathlib import Path

import pytest
from tests.server.asgi import ask
from tests.server.http.test_page import Document, content, load, serve

from millstream.declare.languages import preferred
from millstream.runtime.welcome import BUSY, refusal
from millstream.server.http.page import Content, build
from millstream.server.http.words import page_words, written, written_words
from millstream.server.options import ServerOptions
from millstream.server.security.refusal import LOGGED_OUT
from millstream.server.sentences import HEARD, LOG_IN, WAIT, WRITTEN
from millstream.wire.messages import Hello
from millstream.wire.packet import VERSION

WORDS = {"de": {"Record": "Aufnehmen"}, "zh": {"Record": "录制"}}
SOURCES = Path(__file__).parents[3] / "src/millstream"
SENTENCES = Path(__file__).parents[3] / "web/src/server_sentences.ts"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("sv,fr;q=0.5,pt;q=.8", "pt-BR"),
        ("zh-CN", "zh"),
        ("", "en"),
        ("*", "en"),
        ("de;q=0,fr;q=x,,;q=1", "en"),
        ("x" * 100_000, "en"),
    ],
)
def test_a_page_speaks_the_first_language_of_a_browser_that_it_knows(header: str, language: str) -> None:
    assert preferred(header, ["de", "pt-BR", "fr", "zh"]) == language


@pytest.mark.anyio
async def test_a_browser_gets_the_words_of_its_language_with_the_document() -> None:
    app = serve(content(words=WORDS))
    german = await ask(app, headers={"accept-language": "de-DE,de;q=0.9,en;q=0.8", "accept-encoding": "gzip"})
    document = Document(german.text)
    assert document.all("html")[0][0] == {"lang": "de", "dir": "ltr"}
    words = [text for attributes, text in document.all("script") if attributes.get("id") == "ms-words"]
    assert json.loads(words[0]) == WORDS["de"]
    assert "accept-language" in german.header("vary")

    english = Document((await ask(app, headers={"accept-language": "en-GB,en;q=0.9,de;q=0.8"})).text)
    assert english.all("html")[0][0]["lang"] == "en"
    assert not [text for attributes, text in english.all("script") if attributes.get("id") == "ms-words"]


@pytest.mark.anyio
async def test_an_app_chooses_the_language_for_everybody() -> None:
    reply, _ = await load(content(words=WORDS, lang="de-AT"), headers={"accept-language": "zh"})
    assert '<html lang="de-AT"' in reply.text
    assert "Aufnehmen" in reply.text
    assert "录制" not in reply.text
    assert ServerOptions().lang == ""


def test_words_cannot_leave_their_element() -> None:
    source = build(Content({}, "", "", words={"de": {"a": "</script><script>alert(1)"}}), "de")
    assert "<script>alert" not in source


def test_a_page_gets_only_the_words_that_its_elements_say() -> None:
    few, more = page_words(["textbox"], has_renders=False), page_words(["dataframe"], has_renders=False)
    every = page_words([], has_renders=True)
    assert len(few) == 11
    for language, words in few.items():
        assert words["Stop"]
        assert "No rows yet." not in words
        assert "No rows yet." in more[language]
        assert len(words) < len(more[language]) < len(every[language])


def test_words_of_the_servers_sentences_come_with_those_of_the_page_or_are_written_here() -> None:
    heard = page_words([], has_renders=False)["de"][""]
    assert isinstance(heard, dict)
    assert tuple(heard) == HEARD
    assert heard["Something went wrong in the app. ({number})"].endswith(" ({number})")
    words = written_words()
    assert written(WAIT, "fr-CA", words, seconds=3).startswith("Trop de tentatives infructueuses. Attendez 3 s")
    assert tuple(written(*each, words) for each in ((LOG_IN, "en"), (LOG_IN, "sv"), ("Else.", "de"))) == (
        "Log in",
        "Log in",
        "Else.",
    )


def test_sentences_of_the_server_are_those_that_the_page_translates() -> None:
    known = SENTENCES.read_text()
    pattern = re.compile(r'^  ("(?:[^"\\]|\\.)*"),$', re.MULTILINE)
    assert tuple(json.loads(text) for text in pattern.findall(known)) == (*HEARD, *WRITTEN)
    source = "\n".join(path.read_text() for path in SOURCES.rglob("*.py") if path.name != "sentences.py").lower()
    for sentence in HEARD:  # around its values, as the code has it, where it may begin with a small letter
        assert max(re.split(r"\{\w+\}", sentence), key=len).strip(" .").lower() in source
    restarting = refusal(Hello(version=VERSION, build="", page_us=0), "", is_ready=False)
    assert restarting is not None
    for message in (BUSY.message, restarting.message):
        assert message in known
    assert b"You are logged out. Reload the page to log in again." in LOGGED_OUT
