"""The document that a person reads whose request for a page is refused. It needs no script."""

from __future__ import annotations

import html
from http import HTTPStatus
from typing import Final

from millstream.declare.i18n import translated_text
from millstream.server.http.plain_document import plain_document
from millstream.server.http.words import language_of, written, written_words
from millstream.server.security.refusal import Refusal
from millstream.server.sentences import NO_LOGIN, NO_PERMISSION, NOT_NOW

TITLES: Final = {401: NO_LOGIN, 403: NO_PERMISSION}
"""The titles by status; of all others it is `NOT_NOW`."""

PHRASES: Final = frozenset(status.phrase for status in HTTPStatus)
"""Names of statuses: whoever gives no other reason has given none."""

_STYLE: Final = "p { color: var(--muted) }\n"


class RefusedPage:
    """Writes the document in the language of its reader.

    Args:
        lang: Language of the document; empty for the one that each browser asks for, of those that the page speaks.
    """

    def __init__(self, lang: str = "") -> None:
        self._lang, self._words = lang, written_words()

    def __call__(self, refusal: Refusal, asked: str, nonce: str) -> str:
        """Write the document.

        Args:
            refusal: The refusal; its sentence may be in several languages of the app's own.
            asked: The language that the request asks for; see `wanted`.
            nonce: That of its content security policy.
        """
        language = language_of(self._lang, asked, self._words)
        title = written(TITLES.get(refusal.status, NOT_NOW), language, self._words)
        reason = written(translated_text(refusal.sentence, language), language, self._words)
        said = "" if reason in PHRASES else f"\n<p>{html.escape(reason)}</p>"
        return plain_document(title, f"<h1>{html.escape(title)}</h1>{said}", language, nonce, _STYLE)
