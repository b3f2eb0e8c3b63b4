"""`I18n`: an app's own texts in several languages; each visitor reads them in one.

`i18n("key")` gives a text that is a mark: a few characters of private use around the key. It survives what an app does
with texts on their way to the page, such as formatting and joining, and is replaced by the visitor's words where it
leaves for the page: in the document, in each message, and in the values that a session keeps.
A mark can say nothing but a text of the app, with values; where that becomes HTML it is made harmless, or its values
are escaped. So one that a visitor forges does no harm; in what a page sends, marks are broken all the same.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final, Self

from millstream.declare.languages import ENGLISH, preferred
from millstream.declare.user_warnings import warn
from millstream.errors import DeclarationError
from millstream.wire.messages import Value
from millstream.wire.plain import plain

BEGIN: Final = "\ue000"
"""The first character of each mark. It is of private use: no text has it otherwise."""

_END, _VALUES = "\ue001", "\ue002"
_MARK: Final = re.compile(f"({BEGIN}[0-9a-f]{{16}}:[^{BEGIN}{_END}{_VALUES}]*)(?:{_VALUES}([0-9a-f]*))?{_END}")
"""Its beginning with the key, and the values of `format`: JSON in hexadecimal, which no escaping changes."""

_JSON_MARK: Final = re.compile(
    rf'(?<!\\)(?:\\ue000|{BEGIN})[0-9a-f]{{16}}:(?:[^"\\{BEGIN}{_END}]|\\(?!ue00[01]).)*(?:\\ue001|{_END})'
)
"""A mark in a text of JSON, which may have escapes in it."""

_EACH: Final = f"{BEGIN}each"
"""The only key of a dict that has a text, or a file, for each language."""

_BEGIN_BYTES: Final = BEGIN.encode()
_SENT_MARK: Final = re.compile(_BEGIN_BYTES + rb"(?=[0-9a-f]{16}:|each)")
_BROKEN: Final = "\ufffd".encode()
"""It has as many bytes."""

TEXTS: Final[dict[str, tuple[I18n, str]]] = {}
"""The `I18n` and the key that marks stand for, by their beginnings: the same in each process that imports the app.

An app without any has to pay nothing: whoever is on its path looks here first.
"""


class I18nData(str):
    """A text that each visitor reads in their language, made by `i18n("key")`. It may become part of a longer text.

    Attributes:
        key: The key of the text.
    """

    key: str

    def __new__(cls, mark: str, key: str) -> Self:
        """Make the text's mark, by which it is found on its way to a page."""
        made = super().__new__(cls, mark)
        made.key = key
        return made

    def format(self, *args: object, **values: object) -> str:
        """Put values into the `{…}` of the text, once it is known in which language that is.

        Numbers and text stay what they are, and everything else becomes text.
        """
        if _MARK.fullmatch(self) is None:
            return str.format(self, *args, **values)
        given = json.dumps([args, values], default=_plain).encode().hex()
        return I18nData(f"{self[:-1].partition(_VALUES)[0]}{_VALUES}{given}{_END}", self.key)

    def __reduce__(self) -> tuple[type[I18nData], tuple[str, str]]:
        return I18nData, (str.__str__(self), self.key)

    def __repr__(self) -> str:
        return f"i18n({self.key!r})"


class I18n:
    """An app's own texts in several languages, for `launch(i18n=)`.

    `i18n("key")` stands for a text wherever an app shows one: in labels, titles, placeholders, Markdown, choices, and
    in whatever handlers return or raise. A language that lacks the key shows the English text, or that of the first
    language that has it. A key that no language has is shown itself, with a warning.

    Args:
        translations: The texts of each language by key, under the tag of the language: `en={…}`, `**{"pt-BR": {…}}`.

    Attributes:
        translations: The texts of each language by key, by its tag; `pt_BR` is `pt-BR` here.

    Raises:
        DeclarationError: A language has no dict, or something in it is no text.
    """

    def __init__(self, **translations: Mapping[str, str]) -> None:
        for tag, texts in translations.items():
            if not isinstance(texts, Mapping):
                raise DeclarationError(f"I18n({tag}=…): give a dict of texts by their keys, not {texts!r}")
            pairs: Iterable[tuple[object, object]] = texts.items()  # so far only the signature says what they are
            for key, text in pairs:
                if not (isinstance(key, str) and isinstance(text, str)):
                    raise DeclarationError(f"I18n({tag}=…): a key and its text are text, but got {key!r}: {text!r}")
        self.translations = {tag.replace("_", "-"): dict(texts) for tag, texts in translations.items()}
        self._digest = hashlib.sha256(json.dumps(self.translations, sort_keys=True).encode()).hexdigest()[:16]
        for key in dict.fromkeys(key for texts in self.translations.values() for key in texts):
            TEXTS[self._begin(key)] = self, key

    @property
    def translations_dict(self) -> dict[str, dict[str, str]]:
        """`translations`, by Gradio's name."""
        return self.translations

    def __call__(self, key: str) -> I18nData:
        """Give what stands for the text of a key.

        Raises:
            DeclarationError: The key is not a text.
        """
        if not isinstance(key, str):
            raise DeclarationError(f"i18n({key!r}): a key is text")
        begin = self._begin(key)
        if begin in TEXTS:
            return I18nData(f"{begin}{_END}", key)
        warn(f"i18n({key!r}): no language has this key, so it is shown itself; add it, as in I18n(en={{{key!r}: …}})")
        return I18nData(key, key)

    def text(self, key: str, language: str) -> str:
        """Give the text of a key in a language, or else in English, or else in the first language that has it."""
        chosen = preferred(language, self.translations, "")
        found = (self.translations.get(tag, {}).get(key) for tag in (chosen, ENGLISH, *self.translations))
        return next((text for text in found if text is not None), key)

    def _begin(self, key: str) -> str:
        return f"{BEGIN}{self._digest}:{key}"


def languages() -> tuple[str, ...]:
    """List the languages in which there are texts."""
    known = dict.fromkeys(i18n for i18n, _ in TEXTS.values())
    return tuple(dict.fromkeys(tag for i18n in known for tag in i18n.translations))


def in_languages(value: object) -> tuple[object, ...]:
    """List what `each` has made, English first; any other value alone."""
    by_tag = value.get(_EACH) if isinstance(value, dict) else None
    return tuple(by_tag.values()) if isinstance(by_tag, dict) else (value,)


def key_or_text(text: str) -> str:
    """Give the key of a text that is one mark and nothing else; any other text as it is."""
    mark = _MARK.fullmatch(text)
    known = None if mark is None else TEXTS.get(mark[1])
    return text if known is None else known[1]


def in_each_language(text: str, render: Callable[[str], str], *, sanitizes: bool = True) -> Value:
    """Render a text, such as Markdown, as HTML: one with marks in each language, of which the page gets its own.

    Args:
        text: The text.
        render: Gives its HTML.
        sanitizes: Whether that is made harmless. If not, the values in a text are escaped: whoever escaped all that a
            visitor has said has not seen the values of a mark that a visitor forged.
    """
    if not _has_texts(text):
        return render(text)
    return each(lambda tag: render(translated_text(text, tag, escapes=not sanitizes)))


def json_in_each_language(text: str) -> Mapping[str, str]:
    """Give JSON, such as that of a figure, by language if there are marks in it; nothing if there are none."""
    if not TEXTS or (BEGIN not in text and "\\ue000" not in text):
        return {}
    bare = _JSON_MARK.sub(lambda mark: str(json.loads(f'"{mark[0]}"')), text)
    if not _has_texts(bare):
        return {}
    return {tag: _MARK.sub(partial(_said_in_json, language=tag), bare) for tag in ("", *languages())}


def each(render: Callable[[str], Value]) -> dict[str, Value]:
    """Give what differs by language: each page gets that of its own.

    Args:
        render: Gives it in the language of a tag, or in English: text, or a file. A file is chosen on its way to the
            page; of text also a session keeps only that of its own language.
    """
    return {_EACH: {tag: render(tag) for tag in ("", *languages())}}


def translated_text(text: str, language: str = "", *, escapes: bool = False) -> str:
    """Replace the marks in a text by the words of a language; without one by English, or what else there is.

    Args:
        text: The text.
        language: A tag.
        escapes: Whether the values that belong into them are escaped, for HTML.
    """
    return _MARK.sub(lambda mark: _said(mark, language, escapes=escapes), text) if BEGIN in text else text


def translated(value: object, language: str) -> object:
    """Do so in lists and dicts. What has no marks is not copied, and of other types nothing is looked at."""
    if isinstance(value, str):
        return translated_text(value, language)
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        items = [translated(item, language) for item in value]
        is_same = all(new is old for new, old in zip(items, value, strict=True))
        return value if is_same else type(value)(items)
    if not isinstance(value, dict) or type(value) is not dict:
        return value
    by_tag = value.get(_EACH)
    if isinstance(by_tag, dict) and all(isinstance(said, str | dict) for said in by_tag.values()):
        return by_tag.get(preferred(language, by_tag, ""), "")
    entries = {key: translated(item, language) for key, item in value.items()}
    return value if all(entries[key] is item for key, item in value.items()) else entries


def has_marks(data: bytes) -> bool:
    """Tell if an encoded message may have marks in it."""
    return _BEGIN_BYTES in data


def without_marks(data: bytes) -> bytes:
    """Break the marks in what a page has sent: it is never given any."""
    return _SENT_MARK.sub(_BROKEN, data) if _BEGIN_BYTES in data else data


def _has_texts(text: str) -> bool:
    return BEGIN in text and any(mark[1] in TEXTS for mark in _MARK.finditer(text))


def _said_in_json(mark: re.Match[str], language: str) -> str:
    return json.dumps(_said(mark, language, escapes=False))[1:-1]


def _put(value: object, language: str, *, escapes: bool) -> object:
    said = translated(value, language)
    return html.escape(said) if escapes and isinstance(said, str) else said


def _plain(value: object) -> object:
    made = plain(value)
    return str(value) if made is value else made


def _said(mark: re.Match[str], language: str, *, escapes: bool) -> str:
    if mark[1] not in TEXTS:
        return mark[0]
    i18n, key = TEXTS[mark[1]]
    text = i18n.text(key, language)
    if mark[2] is None:
        return text
    try:
        args, values = json.loads(bytes.fromhex(mark[2]))
        put = partial(_put, language=language, escapes=escapes)
        return str(text.format(*map(put, args), **{name: put(value) for name, value in values.items()}))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return text  # which asks for another value, or is no template
