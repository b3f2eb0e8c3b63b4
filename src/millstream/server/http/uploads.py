"""Files in both directions: uploads into a session, and downloads of its files by the browser that owns it."""

from __future__ import annotations

import asyncio
import errno
import os
import re
from collections.abc import AsyncIterator, Mapping
from typing import BinaryIO, Final, cast
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from millstream.errors import InvalidValue, QuotaExceeded
from millstream.recording.msr import UploadPart
from millstream.recording.recorder import MAX_UPLOAD_BYTES, Recorder
from millstream.run_in_thread import run_in_thread
from millstream.runtime.host import Host
from millstream.runtime.inspection import UnfitUpload
from millstream.server.security.caller import Caller
from millstream.types import Blob

SESSION_HEADER: Final = "x-millstream-session"
READ_BYTES: Final = 64 * 1024
MAX_NAME: Final = 200

_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,63}")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

STALL_S: Final = 30.0
"""An upload that stalls for this long is given up: it holds a socket and a file."""

INERT: Final = "default-src 'none'; sandbox"
SHOWN: Final = frozenset(
    {"image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/avif"}
    | {"audio/wav", "audio/x-wav", "audio/mpeg", "audio/ogg", "audio/webm", "audio/mp4", "audio/aac", "audio/flac"}
    | {"video/mp4", "video/webm", "video/ogg"}
)
"""Types that a browser may display: none of them can contain a script. Everything else is sent as unknown bytes."""


async def receive_file(request: Request) -> Response:
    """Answer `POST upload`: stream the body to the disk, and hand the file to its session."""
    host: Host = request.scope["host"]
    caller: Caller = request.scope["caller"]
    session = request.headers.get(SESSION_HEADER, "")
    name = clean_name(request.query_params.get("name", ""))
    try:
        upload = host.begin_upload(session, caller.visitor, name, _announced(request), _component_of(request))
        async with upload:
            async for chunk in chunks_of(request):
                await upload.write(chunk)
            value = await upload.finish(clean_type(request.headers.get("content-type", "")))
        host.totals.uploaded(cast("int", value["size"]))
        await _record(request, session, value)
    except QuotaExceeded as error:
        return _error(413, _sentence(error))
    except UnfitUpload as error:
        return _error(415, _sentence(error))
    except InvalidValue as error:
        return _error(403, _sentence(error))
    except TimeoutError:
        return _error(408, f"The upload stood still for {STALL_S:.0f} s.")
    except ClientDisconnect:
        return _error(400, "The upload was interrupted.")  # nobody reads it
    return JSONResponse(value, headers={"cache-control": "no-store"})


async def _record(request: Request, session: str, value: Mapping[str, object]) -> None:
    """Add an upload to the recording of its visit, if there is one."""
    recorder: Recorder | None = request.scope["recorder"]
    visit = recorder.known(session) if recorder is not None else None
    blob = request.scope["host"].file(request.scope["caller"].visitor, value["file"]) if visit is not None else None
    if visit is None or blob is None or blob.size > MAX_UPLOAD_BYTES:
        return
    data = blob.data if blob.path is None else await run_in_thread("recording", blob.path.read_bytes)
    part = UploadPart(str(value["file"]), blob.name, blob.mime, _component_of(request), data or b"", True)
    visit.add_upload(part)


async def chunks_of(request: Request) -> AsyncIterator[bytes]:
    """Yield a body as it arrives.

    Raises:
        TimeoutError: Nothing arrived for `STALL_S`. Our own server gives up sooner; another one may not.
    """
    chunks = request.stream()
    while True:
        async with asyncio.timeout(STALL_S):
            chunk = await anext(chunks, None)
        if chunk is None:
            return
        yield chunk


def _component_of(request: Request) -> int | None:
    """Return the number of the component that a file is meant for; `None` if the page does not say."""
    text = request.query_params.get("component", "")
    return int(text) if _NUMBER.fullmatch(text) else None


def _announced(request: Request) -> int:
    """Read the Content-Length; 0 if it is missing or malformed."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


async def send_file(request: Request) -> Response:
    """Answer `GET file/HANDLE`: one of the caller's own files, or a range of it, as bytes that cannot run."""
    host: Host = request.scope["host"]
    caller: Caller = request.scope["caller"]
    blob = host.file(caller.visitor, request.path_params["handle"])
    if blob is None:
        return _error(404, "There is no such file.")
    is_download = request.query_params.get("download") == "1"
    if blob.shown is not None and not is_download:
        blob = blob.shown
    size = blob.size
    is_shown = blob.mime in SHOWN and not is_download
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "no-store",
        "content-disposition": disposition(blob.name, is_attachment=not is_shown),
        "content-security-policy": INERT,
        "content-type": blob.mime if blob.mime in SHOWN else "application/octet-stream",
        "etag": f'"{request.path_params["handle"]}"',  # a handle never changes its content
    }
    is_current = request.headers.get("if-range", headers["etag"]) == headers["etag"]
    span = parse_range(request.headers.get("range", "") if is_current else "", size)
    if span is None:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    start, stop, is_part = span
    headers["content-length"] = str(stop - start)
    if is_part:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{size}"
    status = 206 if is_part else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    if blob.data is not None:
        return Response(memoryview(blob.data)[start:stop], status, headers)
    # Before anything is sent, so that a failure can be answered.
    file = await run_in_thread("downloads", lambda: _open(blob, start))
    return _Download(file, stop - start, status, headers)


def parse_range(header: str, size: int) -> tuple[int, int, bool] | None:
    """Read a Range header: start, end (exclusive), and whether it is a part; `None` if it lies beyond the file.

    Several ranges, or a malformed header, mean the whole file, as RFC 9110 section 14.2 allows.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return 0, size, False
    if not match[1]:
        length = min(int(match[2]), size)
        return (size - length, size, True) if length else None
    start = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < start:
        return 0, size, False
    return (start, last + 1, True) if start < size else None


def clean_name(name: str) -> str:
    """Reduce a file's name to what can be shown: the part after the last separator, without control characters."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(char for char in last if char.isprintable()).strip(" .")
    return shown[:MAX_NAME] or "file"


def clean_type(text: str) -> str:
    """Strip the parameters from a media type; anything malformed becomes `application/octet-stream`."""
    kind = text.partition(";")[0].strip().lower()
    return kind if _TYPE.fullmatch(kind) else "application/octet-stream"


def disposition(name: str, *, is_attachment: bool) -> str:
    """Write a Content-Disposition header (RFC 6266); any name is safe in it."""
    kind = "attachment" if is_attachment else "inline"
    return f"{kind}; filename*=UTF-8''{quote(clean_name(name), safe='')}"


class _Download(StreamingResponse):
    """Sends the rest of an open file, and closes it in any case."""

    def __init__(self, file: BinaryIO, size: int, status: int, headers: dict[str, str]) -> None:
        super().__init__(self._chunks(size), status, headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            await super().__call__(scope, receive, send)

    async def _chunks(self, size: int) -> AsyncIterator[bytes]:
        while size > 0 and (chunk := await self._read(min(READ_BYTES, size))):
            size -= len(chunk)
            yield chunk

    async def _read(self, size: int) -> bytes:
        return await run_in_thread("downloads", lambda: self._file.read(size))


def _open(blob: Blob, start: int) -> BinaryIO:
    """Open the file of a blob. Blocks: not on the loop."""
    if blob.path is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), blob.name)
    file = blob.path.open("rb", 0)
    file.seek(start)
    return file


def _sentence(error: Exception) -> str:
    text = str(error).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def _error(status: int, sentence: str) -> Response:
    headers = {"cache-control": "no-store", "connection": "close"} if status != 404 else {"cache-control": "no-store"}
    return JSONResponse({"error": sentence}, status, headers)
