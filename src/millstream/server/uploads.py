"""Files in both directions: uploads into a session, and the session's files out to the browser that owns them."""

from __future__ import annotations

import asyncio
import errno
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from millstream.errors import InvalidValue, QuotaExceeded
from millstream.runtime.host import Host, UnfitUpload
from millstream.server.caller import Caller
from millstream.types import Blob

SESSION_HEADER: Final = "x-millstream-session"
STALL_S: Final = 30.0
"""An upload that brings nothing for this long is given up: it holds a socket and a file."""

WRITE_BYTES: Final = 256 * 1024
MAX_NAME: Final = 200

_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,63}")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

INERT: Final = "default-src 'none'; sandbox"
SHOWN: Final = frozenset(
    {"image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/avif"}
    | {"audio/wav", "audio/x-wav", "audio/mpeg", "audio/ogg", "audio/webm", "audio/mp4", "audio/aac", "audio/flac"}
    | {"video/mp4", "video/webm", "video/ogg"}
)
"""Types that a browser may show by itself: none of them can hold a script. All else is sent as unknown bytes."""


class Uploads:
    """Answers `POST upload`: streams a body to the disk, and gives it to its session."""

    def __init__(self, max_file_size: int) -> None:
        self._max_file_size = max_file_size

    async def receive(self, request: Request) -> Response:
        """Take one file. Size and quota are counted while it streams; what the headers promise is not believed."""
        host: Host = request.scope["host"]
        caller: Caller = request.scope["caller"]
        session = request.headers.get(SESSION_HEADER, "")
        left = host.may_upload(session, caller.visitor)
        if not left:
            return _error(403, "The session has ended, or has no room for more files. Load the page again.")
        try:
            name = clean_name(request.query_params.get("name", ""))
            path = await host.upload_path(session, name)
            if not await self._store(request, path, min(left, self._max_file_size)):
                return _error(413, f"The file is larger than the {_megabytes(min(left, self._max_file_size))} allowed.")
            kind = clean_type(request.headers.get("content-type", ""))
            value = await host.upload(session, name, kind, path, _component_of(request))
        except QuotaExceeded as error:
            return _error(413, str(error))
        except UnfitUpload as error:
            return _error(415, str(error))
        except InvalidValue as error:
            return _error(403, str(error))
        except TimeoutError:
            return _error(408, f"The upload stood still for {STALL_S:.0f} s.")
        except ClientDisconnect:
            return _error(400, "The upload broke off.")  # nobody reads it
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            return _error(507, "The server's disk is full.")
        return JSONResponse(value, headers={"cache-control": "no-store"})

    async def _store(self, request: Request, path: Path, max_bytes: int) -> bool:
        """Write the body to `path`. `False` if it is too large; then, and on any error, nothing is left of it."""
        is_complete = False
        file = await asyncio.to_thread(path.open, "wb", WRITE_BYTES)
        try:
            is_complete = await _copy(request, file, max_bytes)
        finally:
            await asyncio.to_thread(_finish, file, path, is_complete)
        return is_complete


def _component_of(request: Request) -> int | None:
    """Say which component a file is meant for, by number; `None` if the page does not say."""
    text = request.query_params.get("component", "")
    return int(text) if _NUMBER.fullmatch(text) else None


async def _copy(request: Request, file: BinaryIO, max_bytes: int) -> bool:
    size, pieces, waiting = 0, request.stream(), bytearray()
    while True:
        async with asyncio.timeout(STALL_S):
            piece = await anext(pieces, None)
        if piece is None:
            break
        size += len(piece)
        if size > max_bytes:
            return False
        waiting += piece
        if len(waiting) >= WRITE_BYTES:
            await asyncio.to_thread(file.write, bytes(waiting))
            waiting.clear()
    await asyncio.to_thread(file.write, bytes(waiting))
    return True


def _finish(file: BinaryIO, path: Path, is_complete: bool) -> None:
    """Close the file; delete it if it is not complete, or if its last bytes find no room. Runs in a thread."""
    try:
        file.close()
    except OSError:
        is_complete = False
        raise
    finally:
        if not is_complete:
            path.unlink(missing_ok=True)


async def send_file(request: Request) -> Response:
    """Answer `GET file/HANDLE`: one of the caller's own files, whole or a range of it, as bytes that run nothing."""
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
    }
    span = parse_range(request.headers.get("range", ""), size)
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
    return StreamingResponse(_read(_open_path(blob), start, stop), status, headers)


def parse_range(header: str, size: int) -> tuple[int, int, bool] | None:
    """Read a Range header: start, end (exclusive), and whether it is a part; `None` if it lies beyond the file.

    Several ranges, and what cannot be understood, mean the whole file, as RFC 9110 section 14.2 allows.
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
    """Keep of a file's name what can be shown: the part after the last separator, without control characters."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(char for char in last if char.isprintable()).strip(" .")
    return shown[:MAX_NAME] or "file"


def clean_type(text: str) -> str:
    """Keep a media type without its parameters; what is none becomes `application/octet-stream`."""
    kind = text.partition(";")[0].strip().lower()
    return kind if _TYPE.fullmatch(kind) else "application/octet-stream"


def disposition(name: str, *, is_attachment: bool) -> str:
    """Write a Content-Disposition header (RFC 6266); any name is safe in it."""
    kind = "attachment" if is_attachment else "inline"
    return f"{kind}; filename*=UTF-8''{quote(clean_name(name), safe='')}"


async def _read(path: Path, start: int, stop: int) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb", WRITE_BYTES)
    try:
        await asyncio.to_thread(file.seek, start)
        while start < stop:
            piece = await asyncio.to_thread(file.read, min(WRITE_BYTES, stop - start))
            if not piece:
                return
            start += len(piece)
            yield piece
    finally:
        file.close()


def _open_path(blob: Blob) -> Path:
    if blob.path is None:
        raise InvalidValue(f"the file {blob.name!r} has no content")
    return blob.path


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.0f} MiB" if size >= 1024 * 1024 else f"{size} bytes"


def _error(status: int, sentence: str) -> Response:
    headers = {"cache-control": "no-store", "connection": "close"} if status != 404 else {"cache-control": "no-store"}
    return JSONResponse({"error": sentence}, status, headers)
