"""Requests that fail in the server: a sentence for the visitor, and at most one line in the log."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from millstream.runtime.user_code import guarded
from millstream.server.complaints import VisitorLog

_FULL: Final = (507, "The server's disk is full.")
_CROWDED: Final = (503, "The server is overloaded. Try again in a moment.")
_GONE: Final = (404, "There is no such file.")
_OTHER: Final = (500, "Something went wrong in the server.")
_BY_NUMBER: Final = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _FULL),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN), _CROWDED),
    errno.ENOENT: _GONE,
}
_REMEDIES: Final = {
    errno.EMFILE: " (raise the limit: ulimit -n, or LimitNOFILE= of its service)",
    errno.ENFILE: " (raise fs.file-max of the machine)",
}


def answering(complaints: VisitorLog) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Make the handler for failures of files, descriptors and threads."""

    async def answer(request: Request, error: Exception) -> Response:
        number = error.errno or 0 if isinstance(error, OSError) else 0
        status, sentence = _BY_NUMBER.get(number, _OTHER)
        if isinstance(error, RuntimeError):
            if "start new thread" not in str(error):
                raise error
            status, sentence = _CROWDED
        if status != 404:  # its page was closed meanwhile, which is nobody's fault
            where = f"{request.method} {request.url.path}"
            complaints.say(f"{type(error).__name__} {number}", f"{where} failed: {error}{_REMEDIES.get(number, '')}")
        headers = {"cache-control": "no-store", "connection": "close"}
        return JSONResponse({"error": sentence}, status, headers | ({"retry-after": "3"} if status == 503 else {}))

    return answer


def contained(app: ASGIApp, complaints: VisitorLog) -> ASGIApp:
    """Wrap an app so that no visitor can fill a server's log with tracebacks."""

    async def contain(scope: Scope, receive: Receive, send: Send) -> None:
        what = f"{scope.get('method', scope['type'])} {scope.get('path', '')}"
        with guarded(lambda error: complaints.failed(f"{what} failed", error)):
            await app(scope, receive, send)

    return contain
