"""Whatever takes text from visitors takes four times as long for four times the text, and never a second.

Another entry is another line in `ENTRIES`: its name, a function, and what makes a hostile text of a length.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.faults.timing import Entry, around, check_bounded, check_linear, repeated

import millstream as gr
from millstream.components.chat.reasoning import split_reasoning
from millstream.components.chatbot import Chatbot
from millstream.components.playing.subtitles import to_webvtt
from millstream.components.text import markdown_html as prose
from millstream.components.text import sanitized_html as sanitised
from millstream.components.text.markdown_html import Style
from millstream.components.values import links
from millstream.declare.arguments import describe
from millstream.declare.component import Component
from millstream.declare.css_size import is_css_size
from millstream.errors import InvalidValue, ProtocolError
from millstream.runtime.send.list_diff import ListDiff
from millstream.server.http import uploads
from millstream.server.http.page import _once_ready, inline_json, inline_script
from millstream.server.security import hosts
from millstream.voice.stop_words import after_stop_word
from millstream.wire.encoding import decode_page_message
from millstream.wire.messages import Outputs

HUGE = 2_000_000
PROXIES = (ipaddress.ip_network("127.0.0.1"),)


def fresh(render: Callable[[str], object]) -> Callable[[str], object]:
    """Forget what was rendered before."""

    def rendered(text: str) -> object:
        for memory in (prose._RENDERED, prose._BEGUN, sanitised._SANITISED):
            memory.clear()
        return render(text)

    return rendered


MARKDOWN = fresh(lambda text: prose.prose(text, Style()))
TITLE = fresh(lambda text: prose.inline_prose(text, Style()))
HTML = fresh(sanitised.sanitised)


def declared(make: Callable[[], Component]) -> Component:
    with gr.Blocks():
        return make()


CHAT: Any = declared(lambda: Chatbot(reasoning_tags=[("<think>", "</think>")]))
CHAT_ENTRY = fresh(lambda text: CHAT.wire(CHAT.declared([{"role": "user", "content": text}])))
IMAGE: Any = declared(gr.Image)
TEXTBOX: Any = declared(lambda: gr.Textbox(max_length=10_000_000))
MENU: Any = declared(lambda: gr.Dropdown(list(range(3000)), multiselect=True, allow_custom_value=True))
BOXES: Any = declared(lambda: gr.CheckboxGroup([str(number) for number in range(100_000)]))

MARKDOWNS = {
    "fence in a language with a slow lexer": lambda length: "```maple\n" + '"' * length,
    "brackets": repeated("["),
    "pictures in pictures": around("![", "](a)"),
    "links": repeated("[a](b"),
    "links with titles": repeated('[a](b "'),
    "references": repeated("[a]: b\n"),
    "labels": repeated("[a\n"),
    "many references": lambda length: "".join(f"[a{number}]: b\n\n" for number in range(length // 12)),
    "a long address that is used often": lambda length: f"[a]: /{'x' * (length // 2)}\n\n{'[a]' * (length // 6)}",
    "stars": repeated("*a **a "),
    "stars and words": repeated("a**b"),
    "underlines": around("_", "_"),
    "tildes": repeated("~~a"),
    "backticks": lambda length: " ".join("`" * number for number in range(1, int((2 * length) ** 0.5))),
    "quotes": repeated("> "),
    "quotes of a line": repeated("> a\n"),
    "quotes that are looked at again": repeated("> <tr>|a|\n|-|\n"),
    "a deep quote that goes on": lambda length: "> " * 17 + "a\n" * (length // 2),
    "lists": repeated("- "),
    "items": repeated("- a\n"),
    "nested items": repeated("- a\n  - b\n    - c\n"),
    "tables": repeated("|a|b|\n|-|-|\n|a|\n\n"),
    "a sparse table": lambda length: f"|{'a|' * (length // 8)}\n|{'-|' * (length // 8)}\n{'|' * (length // 4)}",
    "rows of a sparse table": lambda length: f"|{'a|' * 100}\n|{'-|' * 100}\n" + "|\n" * (length // 2),
    "autolinks": repeated("<https:a"),
    "addresses": repeated("https://a.b("),
    "tags": repeated("<a b"),
    "comments": repeated("<!-- "),
    "blocks of HTML": repeated("<div>\n\n"),
    "nested HTML": around("<div>", "</div>"),
    "entities": repeated("&amp;&"),
    "escapes": repeated("\\*"),
    "formulas": repeated("$$"),
    "formulas in brackets": repeated("\\("),
    "lines": repeated("a\n"),
    "headings": repeated("# a\n"),
    "blanks": repeated(" "),
    "tabs": repeated("\t"),
    "returns": repeated("\r"),
    "code": repeated("    x\n\n"),
}

HTMLS = {
    "divisions": repeated("<div>"),
    "closed divisions": around("<div>", "</div>"),
    "divisions in cells": repeated("<div><table></div>"),
    "divisions and paragraphs": repeated("<div></p>"),
    "lists": repeated("<ul><li>"),
    "bold": repeated("<b>"),
    "bold of many kinds": lambda length: "".join(f"<p><b id={number}>" for number in range(length // 12)),
    "bold opened anew": lambda length: f'<p><b title="{"x" * (length // 2)}"><p>' + "z<p>" * (length // 8),
    "bold before rows": lambda length: f'<table><b title="{"x" * (length // 2)}">' + "<tr>z" * (length // 10),
    "links in links": repeated("<a href=x>"),
    "attributes": lambda length: f"<a {' '.join(f'a{number}' for number in range(length // 6))}>",
    "tags without an end": repeated("<a "),
    "quotes without an end": repeated('<a b="'),
    "comments": repeated("<!--"),
    "scripts": repeated("<script>"),
    "ends of scripts": repeated("<script></script"),
    "drawings": repeated("<svg><p>"),
    "shapes that do not end": lambda length: "<svg>" + "<circle r=1/>" * (length // 13),
    "shapes out of place": repeated("<circle/>"),
    "comments that make tags": repeated("<<!---->div>"),
    "ends": repeated("</div>"),
    "ampersands": repeated("&"),
    "ampersands in an attribute": lambda length: f'<p title="{"&a" * (length // 2)}">',
    "entities": repeated("&a"),
    "less": repeated("<"),
    "styles": repeated('<p style="a:b">'),
}

NAMES = {
    "slashes": repeated("/"),
    "letters": repeated("a"),
    "spaces": repeated(" "),
    "dots": repeated("."),
    "a scheme and slashes": lambda length: "https://" + "/" * length,
    "an address with spaces": lambda length: "https://" + "a" * length + " ",
    "an address with many parts": lambda length: "https://" + "a/" * (length // 2) + "\n",
    "a scheme of letters": lambda length: "a+" * (length // 2),
    "digits": repeated("1"),
    "digits and dots": repeated("1."),
    "equals": repeated("="),
    "brackets": repeated("({"),
    "data": lambda length: "data:image/" + "png" * length,
    "marks": repeated("\u0327\u0301\u0316"),
    "a script": repeated("<script"),
}

TAKERS: dict[str, Callable[[str], object]] = {
    "is_web_address": links.is_web_address,
    "is_embedded_image": links.is_embedded_image,
    "has_scheme": links.has_scheme,
    "is_page_address": links.is_page_address,
    "an image's value": lambda text: IMAGE.validate(text, None),
    "an image's address": lambda text: IMAGE.validate({"url": text}, None),
    "a text's value": lambda text: TEXTBOX.validate(text, None),
    "is_css_size": is_css_size,
    "Host": hosts.parse_host,
    "Origin": lambda text: hosts.is_same_origin(text, hosts.HostPort("a", None)),
    "a file's name": uploads.clean_name,
    "a file's type": uploads.clean_type,
    "Range": lambda text: uploads.parse_range("bytes=" + text, 1000),
    "a stop word": lambda text: after_stop_word(text, ["hey you", "a a a b"]),
    "a sentence about it": describe,
    "a value in the page": inline_json,
    "a script in the page": inline_script,
    "a script that may be a function": _once_ready,
}


def message(value: object) -> bytes:
    return msgspec.msgpack.encode({"type": "set", "seq": 1, "component": 1, "value": value})


def conversation(length: int) -> tuple[Outputs, Outputs]:
    said: list[Any] = [{"role": "user", "content": [{"text": f"{at} {'x' * 20}"}]} for at in range(length // 30)]
    more = [{"role": "user", "content": [{"text": f"{at} {'x' * 20}"}]} for at in range(length // 30)]
    return Outputs(call=1, updates={1: {"value": said}}), Outputs(call=2, updates={1: {"value": [*more, {}]}})


def tell(outputs: tuple[Outputs, Outputs]) -> object:
    told = ListDiff()
    told.note(outputs[0], {1})
    return told.shortened(outputs[1], {1})


OTHERS = [
    Entry("thoughts", lambda text: split_reasoning(text, [("<think>", "</think>"), ("<t", ">")]), repeated("<think>")),
    Entry("thoughts that end", CHAT_ENTRY, repeated("<think>a</think>")),
    Entry("subtitles of arrows", to_webvtt, lambda length: b"--> 00:00,000" * (length // 13)),
    Entry("subtitles of lines", to_webvtt, lambda length: b"-->\r" * (length // 4)),
    Entry("subtitles of commas", to_webvtt, lambda length: b"--> " + b"00:00," * (length // 6)),
    Entry(
        "many who forwarded",
        lambda text: hosts.client_behind("127.0.0.1", text, PROXIES),
        repeated("127.0.0.1,"),
    ),
    Entry("choices of one's own", lambda wire: MENU.validate(wire, None), lambda length: [*range(3000, 3000 + length)]),
    Entry("boxes", lambda wire: BOXES.validate(wire, None), lambda length: [str(at) for at in range(length)]),
    Entry("what a page was told", tell, conversation, 60_000),
    Entry("a message", decode_page_message, lambda length: message([1] * length), refuses=ProtocolError),
    Entry(
        "a deep message",
        decode_page_message,
        lambda length: message(None)[:-1] + b"\x91" * length + b"\xc0",
        refuses=ProtocolError,
    ),
]

ENTRIES = [
    *(Entry(f"Markdown: {name}", MARKDOWN, made, 5000) for name, made in MARKDOWNS.items()),
    *(Entry(f"HTML: {name}", HTML, made, 20_000) for name, made in HTMLS.items()),
    *(
        Entry(f"a title: {name}", TITLE, MARKDOWNS[name], 2000)
        for name in ("brackets", "pictures in pictures", "stars")
    ),
    *(Entry(f"a message: {name}", CHAT_ENTRY, MARKDOWNS[name], 5000) for name in ("nested HTML", "stars", "lines")),
    *(
        Entry(f"{taker}: {name}", take, made, 20_000, (InvalidValue,))
        for taker, take in TAKERS.items()
        for name, made in NAMES.items()
    ),
    *OTHERS,
]


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_four_times_the_text_takes_four_times_as_long(entry: Entry) -> None:
    check_linear(entry)


@pytest.mark.slow
@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.function in (MARKDOWN, HTML)], ids=str)
def test_however_long_it_is_it_takes_less_than_a_second(entry: Entry) -> None:
    check_bounded(entry, HUGE)


def test_the_measure_detects_what_is_not_linear() -> None:
    def quadratic(text: str) -> None:
        while text:
            text = text[8:]

    with pytest.raises(AssertionError, match="quadratic"):
        check_linear(Entry("quadratic", quadratic, repeated("a"), 60_000))
