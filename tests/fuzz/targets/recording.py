"""The file of a recorded visit."""

from __future__ import annotations

import tempfile
from pathlib import Path

from millstream.errors import ProtocolError
from millstream.recording.msr import (
    RecordKind,
    UnreadableRecording,
    pack,
    pack_header,
    read,
    read_upload,
    without_secrets,
)


def fuzz(data: bytes) -> None:
    """Read the file; what is read survives the way back."""
    with tempfile.NamedTemporaryFile(suffix=".msr") as file:
        file.write(data)
        file.flush()
        try:
            visit = read(Path(file.name))
        except UnreadableRecording:
            return
        written = pack_header(visit.header) + b"".join(map(pack, visit.records))
        file.seek(0)
        file.truncate()
        file.write(written)
        file.flush()
        assert repr(read(Path(file.name))) == repr(visit)
    for record in visit.records:
        if record.kind in (RecordKind.UP, RecordKind.DOWN):
            without_secrets(record.body)
        else:
            try:
                read_upload(record.body)
            except ProtocolError:
                continue
