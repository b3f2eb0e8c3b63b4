"""The login page and its form. Neither needs a script."""

from __future__ import annotations

import html
import math
import secrets
from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qs, quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from millstream.declare.i18n import translated_text
from millstream.declare.languages import wanted
from millstream.errors import Busy
from millstream.server.http.plain_document import plain_document
from millstream.server.http.words import language_of, written, written_words
from millstream.server.security.caller import Caller, set_cookie
from millstream.server.security.headers import Policy
from millstream.server.security.logins import Logins
from millstream.server.sentences import LOG_IN, NAME, PASSWORD, WAIT, WRONG

MAX_FORM_BYTES: Final = 4096
MAX_NAME: Final = 256
FORM: Final = "application/x-www-form-urlencoded"

_ICON: Final = '<link rel="icon" href="favicon.ico">\n'

_STYLE: Final = """\
:root { --edge: light-dark(#85888c, #777b80); --accent: light-dark(#0b6886, #63c3df);
  --accent-text: light-dark(#fff, #06222c); --error: light-dark(#b3261e, #ff8f86) }
main { width: min(100%, 360px) }
h1 { margin-bottom: 24px }
.message { margin: -12px 0 24px; color: var(--muted) }
.message a { color: var(--accent) }
label { display: block; margin-bottom: 4px; font-weight: 500 }
input { width: 100%; height: 44px; margin-bottom: 16px; padding: 0 12px; border: 1px solid var(--edge);
  border-radius: 8px; background: var(--bg); color: inherit; font: inherit }
button { width: 100%; height: 44px; margin-top: 8px; border: 0; border-radius: 8px; background: var(--accent);
  color: var(--accent-text); font: inherit; font-weight: 600; cursor: pointer }
button:hover { filter: brightness(1.08) }
input:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.error { margin-bottom: 16px; color: var(--error) }
"""

_CARD: Final = """\
<h1>{title}</h1>
{message}
<form method="post" action="login{back}">
{error}
<label for="username">{name}</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false"
 maxlength="{max_name}" required{name_focus} value="{username}">
<label for="password">{password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required{password_focus}>
<button type="submit">{log_in}</button>
</form>"""


class LoginPage:
    """Answers `login` and `logout`.

    Args:
        logins: Checks passwords and keeps logins.
        policy: Makes the content security policy of the page.
        title: The app's title, which may be in several languages.
        message: The developer's own HTML above the form, which may be so, too.
        lang: Language of the document; empty for the one that each browser asks for, of those that the page speaks.
        pages: The paths of the app's pages, without slashes: `login?page=` names the one that a visitor wants to see.
    """

    def __init__(
        self,
        logins: Logins,
        policy: Policy,
        *,
        title: str,
        message: str | None,
        lang: str,
        pages: Collection[str] = ("",),
    ) -> None:
        self._logins = logins
        self._policy = policy
        self._title, self._message = title, message
        self._lang, self._pages, self._words = lang, pages, written_words()

    async def show(self, request: Request) -> Response:
        """Answer `GET login`; a visitor who is already logged in is redirected to the app."""
        caller: Caller = request.scope["caller"]
        if caller.login is not None:
            return RedirectResponse(f"./{self._wanted(request)}", 303)
        return self._form(request)

    async def submit(self, request: Request) -> Response:
        """Answer `POST login`: redirect to the app, or show the form again with one sentence about the mistake."""
        caller: Caller = request.scope["caller"]
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return JSONResponse({"error": f"Send the login as {FORM}."}, 415)
        form = await _read_form(request)
        if form is None:
            return JSONResponse({"error": f"A login is shorter than {MAX_FORM_BYTES} bytes."}, 413)
        name, password = form
        if wait_s := await self._logins.wait_s(caller.address, name):
            response = self._form(request, name, WAIT, 429, seconds=math.ceil(wait_s))
            response.headers["retry-after"] = str(math.ceil(wait_s))
            return response
        try:
            user = await self._logins.check(name, password, caller.address)
        except Busy as error:
            response = self._form(request, name, str(error), 503)
            response.headers["retry-after"] = "5"
            return response
        if user is None:
            return self._form(request, name, WRONG, 401)
        await self._logins.succeeded(caller.address, name)
        if caller.token:
            self._logins.close(caller.token)
        response = RedirectResponse(f"./{self._wanted(request)}", 303)
        response.headers["cache-control"] = "no-store"
        set_cookie(response, "login", self._logins.open(user), caller)
        return response

    async def leave(self, request: Request) -> Response:
        """Answer `POST logout`: end the login and all connections that were opened with it."""
        caller: Caller = request.scope["caller"]
        self._logins.close(caller.token)
        response = RedirectResponse("login", 303)
        set_cookie(response, "login", "", caller)
        return response

    def _wanted(self, request: Request) -> str:
        """Give the path of the page that the visitor wants to see, by the table of them; the main page's is empty."""
        path = request.query_params.get("page", "")
        return quote(path) if path in self._pages else ""

    def _form(self, request: Request, name: str = "", error: str = "", status: int = 200, **values: object) -> Response:
        """Answer with the form; `values` belong into the sentence about a mistake."""
        caller: Caller = request.scope["caller"]
        language = language_of(self._lang, wanted(request.headers, request.query_params), self._words)
        message, words = translated_text(self._message or "", language), self._words
        sentence = written(error, language, words, **values)
        nonce, path = secrets.token_urlsafe(16), self._wanted(request)
        title, log_in = translated_text(self._title, language), written(LOG_IN, language, words)
        form = _CARD.format(
            title=html.escape(title),
            log_in=html.escape(log_in),
            name=html.escape(written(NAME, language, words)),
            password=html.escape(written(PASSWORD, language, words)),
            message=f'<p class="message">{message}</p>' if message else "",
            back=f"?page={path}" if path else "",
            error=f'<p class="error" role="alert">{html.escape(sentence)}</p>' if error else "",
            max_name=MAX_NAME,
            username=html.escape(name[:MAX_NAME]),
            name_focus="" if name else " autofocus",
            password_focus=" autofocus" if name else "",
        )
        body = plain_document(f"{log_in} · {title}", form, language, nonce, _STYLE, _ICON)
        headers = {"cache-control": "no-store", "content-security-policy": self._policy.page(caller, nonce)}
        return Response(body, status, headers, media_type="text/html")


async def _read_form(request: Request) -> tuple[str, str] | None:
    """Read name and password; `None` if the form is too long. A missing field is empty."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_FORM_BYTES:
                return None
    except ClientDisconnect:
        return None
    try:
        form = parse_qs(body.decode(), max_num_fields=8)
    except ValueError:  # not UTF-8, or too many fields
        return "", ""
    return form.get("username", [""])[0][:MAX_NAME], form.get("password", [""])[0]
