"""The page: one HTML document that contains everything the first paint needs."""

from __future__ import annotations

import html
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final, cast

from starlette.requests import Request
from starlette.responses import Response

from millstream.declare.i18n import TEXTS, translated
from millstream.declare.languages import ENGLISH, preferred, wanted
from millstream.server.http.record_bar import BAR_CSS, RecordBar
from millstream.server.http.shared_responses import SharedResponse, Template
from millstream.server.http.words import Sentences, Written, direction, language_of, written
from millstream.server.security.caller import Caller, cookie_name, new_visitor, set_cookie
from millstream.server.security.headers import Policy
from millstream.server.sentences import NO_SCRIPT, RECORDED
from millstream.wire.plain import well_formed

_NONCE: Final = "\0nonce\0"
"""Placeholder in the template for the nonce of each response; no HTML may contain a NUL."""

_VISITOR: Final = re.compile(r"[\w-]{22}")

_NOTICE: Final = """<aside class="ms-recorded">{sentence}</aside>
"""
"""A part of the document, not of the app: no script, style sheet or handler comes between a visitor and it."""

_NOTICE_CSS: Final = (
    ".ms-recorded{position:sticky;top:0;z-index:1000;padding:.4rem 1rem;text-align:center;"
    "font:600 .9rem system-ui,sans-serif;color:#fff;background:#a11226}"
)

_DOCUMENT: Final = """<!doctype html>
<html lang="{lang}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
{first}<title>{title}</title>
<link rel="icon" href="favicon.ico">
{styles}
{head}
</head>
<body>
{notice}<noscript>{no_script}</noscript>
<script type="application/json" id="ms-manifest">{manifest}</script>
{words}{scripts}
</body>
</html>
"""


@dataclass(frozen=True)
class Content:
    """The contents of the page.

    Attributes:
        manifest: `Manifest.page()`, complete with the addresses of the workers.
        scripts: The `js=` of each binding that has one, by number.
        main_js, main_css: The built page.
        first_js: Its script that runs before anything else: it starts the media worker, which connects meanwhile.
        component_scripts: The scripts of single components.
        elements: Addresses of the modules that define elements: late ones, and those from outside the package.
        css, js, head: The developer's style sheets, function and HTML.
        lang: Language of the document; empty for the one that each browser asks for.
        words: The page's own words by language, but for English.
        written: Those of the sentences that stand in the document itself.
        is_recorded: Whether it says that the visit is recorded.
        bar: HTML in its place, for a developer who may record a visit.
    """

    manifest: Mapping[str, object]
    main_js: str
    main_css: str
    first_js: str = ""
    scripts: Mapping[int, str] = field(default_factory=dict)
    component_scripts: Sequence[str] = ()
    elements: Sequence[str] = ()
    css: str = ""
    js: str = ""
    head: str = ""
    lang: str = ""
    words: Mapping[str, Sentences] = field(default_factory=dict)
    written: Written = field(default_factory=dict)
    is_recorded: bool = False
    bar: str = ""


class PageDocument:
    """Answers `GET` of one page. The document is assembled once for each language; responses differ in their nonces."""

    def __init__(self, content: Content, policy: Policy, *, has_logins: bool, bar: RecordBar | None = None) -> None:
        self._content, self._bar = content, bar
        first = self._language("")
        self._documents = {first: _template(content, first)}
        self._policy = policy
        self._has_logins = has_logins

    async def serve(self, request: Request) -> Response:
        """Answer with the page, compressed if the browser accepts it; a new browser gets its visitor cookie."""
        caller: Caller = request.scope["caller"]
        language = self._language(wanted(request.headers, request.query_params))
        document = self._spoken(language)
        if self._bar is not None and caller.is_developers:
            if (elsewhere := self._bar.redirect(request)) is not None:
                return elsewhere
            document = _template(replace(self._content, bar=self._bar.html(request)), language)
        nonce = secrets.token_urlsafe(16)
        is_zipped = "gzip" in request.headers.get("accept-encoding", "")
        headers = {
            "cache-control": "no-store",
            "vary": "accept-encoding, accept-language",
            "content-security-policy": self._policy.page(caller, nonce),
        }
        if is_zipped:
            headers["content-encoding"] = "gzip"
        blocks = document.zipped(nonce.encode()) if is_zipped else document.filled(nonce.encode())
        response = SharedResponse(blocks, headers, "text/html")
        if not self._has_logins and not _VISITOR.fullmatch(caller.cookies.get(cookie_name("visitor", caller), "")):
            set_cookie(response, "visitor", new_visitor(), caller)
        return response

    def _language(self, header: str) -> str:
        """Give the app's language, or else the one that a browser asks for: first of those of the app's own texts."""
        return language_of(self._content.lang, header, self._content.words)

    def _spoken(self, language: str) -> Template:
        """Give the document in a language."""
        if language not in self._documents:
            self._documents[language] = _template(self._content, language)
        return self._documents[language]


def _template(content: Content, language: str) -> Template:
    return Template([well_formed(part).encode() for part in build(content, language).split(_NONCE)])


def build(content: Content, language: str = ENGLISH) -> str:
    """Assemble the document in a language, with a placeholder for the nonce."""
    words = content.words.get(preferred(language, content.words))
    manifest = content.manifest
    if TEXTS:
        manifest = cast("Mapping[str, object]", translated(dict(manifest), language))
    notice, notice_css = "", ""
    if content.is_recorded:
        notice, notice_css = _NOTICE.format(sentence=_own(RECORDED, language, content)), _NOTICE_CSS
    if content.bar:
        notice, notice_css = content.bar.replace("\0", ""), _NOTICE_CSS + BAR_CSS
    scripts = [
        _script(f"(window.millstreamScripts??={{}})[{number}]=({js}\n);") for number, js in content.scripts.items()
    ]
    scripts += [_script(source) for source in content.component_scripts]
    # Modules run in the order of the document: the elements are defined when the page is built from them.
    scripts += [
        f'<script type="module" nonce="{_NONCE}" src="{html.escape(address)}"></script>' for address in content.elements
    ]
    scripts.append(_script(content.main_js, kind="module"))
    if content.js:
        scripts.append(_script(_once_ready(content.js)))
    return _DOCUMENT.format(
        lang=html.escape(language),
        direction=direction(language),
        first=_first(content),
        no_script=_own(NO_SCRIPT, language, content),
        words=f'<script type="application/json" id="ms-words">{inline_json(words)}</script>\n' if words else "",
        title=html.escape(_title(manifest).replace("\0", "")),
        styles=style_elements(content, _NONCE, content.css, notice_css),
        head=with_nonce(content.head),
        notice=notice,
        manifest=inline_json(manifest),
        scripts="\n".join(scripts),
    )


def _own(sentence: str, language: str, content: Content) -> str:
    return html.escape(written(sentence, language, content.written), quote=False)


def _title(manifest: Mapping[str, object]) -> str:
    """Give the title of the browser's window: that of the app, behind the name of the page if it has several."""
    title = str(manifest.get("title") or "Millstream")
    return f"{manifest['page']} · {title}" if manifest.get("page") else title


def inline_json(value: object) -> str:
    """Encode as JSON that is safe in a script element: without `<` and line ends that only JavaScript knows."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029\0":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def inline_script(source: str) -> str:
    """Rewrite a script so that the HTML parser finds neither its end nor a comment in it; its meaning stays the same.

    These characters can occur only in strings, templates and regular expressions, where the escape means the same.
    """
    return re.sub(r"<(?=/script|script|!--)", r"\\x3C", source, flags=re.IGNORECASE).replace("\0", "")


def with_nonce(head: str) -> str:
    """Add the nonce to each script, style and link of the developer's own HTML."""
    head = head.replace("\0", "")
    finder = _TagFinder()
    finder.feed(head)
    finder.close()
    lines = list(accumulate((len(line) + 1 for line in head.split("\n")), initial=0))
    starts = [lines[line - 1] + column for line, column in finder.positions]
    ends = sorted(start + length for start, length in zip(starts, finder.lengths, strict=True))
    parts = [head[begin:end] for begin, end in pairwise((0, *ends, len(head)))]
    return f' nonce="{_NONCE}"'.join(parts)


class _TagFinder(HTMLParser):
    """Finds the positions behind the names of tags that need a nonce under the content security policy."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.positions: list[tuple[int, int]] = []
        self.lengths: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that has no nonce of its own."""
        if tag in ("script", "style", "link") and not any(name == "nonce" for name, _ in attrs):
            self.positions.append(self.getpos())
            self.lengths.append(len(tag) + 1)


def read_source(value: str | Path, suffix: str) -> str:
    """Return text as it is, or the contents of a file: of a `Path`, or of a string that ends in `suffix` and names one.

    Raises:
        FileNotFoundError: A `Path` names no file.
    """
    if isinstance(value, Path):
        return value.read_text(encoding="utf-8")
    is_path = value.strip().lower().endswith(suffix) and "\n" not in value.strip() and Path(value.strip()).is_file()
    return Path(value.strip()).read_text(encoding="utf-8") if is_path else value


def read_sources(value: str | Path, paths: Sequence[str | Path], suffix: str) -> str:
    """Read a source, as `read_source` does, and further files.

    Raises:
        FileNotFoundError: A path names no file.
    """
    return "\n".join([read_source(value, suffix), *(Path(path).read_text(encoding="utf-8") for path in paths)])


def style_elements(content: Content, nonce: str, *sheets: str) -> str:
    """Write the style sheet of the built page, the tokens of the theme and further style sheets as HTML."""
    theme = content.manifest.get("theme") or {}
    tokens = "".join(f"{name}:{value};" for name, value in theme.items()) if isinstance(theme, Mapping) else ""
    given = (content.main_css, f":root{{{tokens}}}" if tokens else "", *sheets)
    # `<\/` is `</` in a CSS string, the only place where it can occur.
    safe = [sheet.replace("</", "<\\/").replace("\0", "") for sheet in given if sheet]
    return "\n".join(f'<style nonce="{nonce}">{sheet}</style>' for sheet in safe)


def _first(content: Content) -> str:
    """Write the script that starts the worker, with what it needs to know: the manifest comes after it."""
    if not content.first_js:
        return ""
    assets = cast("Mapping[str, object]", content.manifest["assets"])
    return _script(content.first_js, worker=assets["media_worker"], build=content.manifest["build"]) + "\n"


def _script(source: str, kind: str = "", **data: object) -> str:
    attributes = "".join(f' data-{name}="{html.escape(str(value))}"' for name, value in data.items())
    attributes += f' type="{kind}"' if kind else ""
    return f'<script{attributes} nonce="{_NONCE}">{inline_script(source)}</script>'


def _once_ready(js: str) -> str:
    """Call the developer's function once the page is built; any other script runs as it is."""
    is_function = re.match(r"\s*+(async\b|function\b|\(?(?:[\w$\s,{}]|=(?!>))*+\)?\s*+=>)", js)
    body = f"({js.strip().rstrip(';')}\n)();" if is_function else js
    return f'addEventListener("DOMContentLoaded", () => {{ {body}\n}});'
