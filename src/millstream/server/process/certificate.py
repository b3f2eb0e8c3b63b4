"""The certificate for HTTPS: read before anything is served, so that a mistake is reported in one sentence."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

from millstream.server.options import ServerOptions

_MISMATCHES: Final = frozenset({"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED"})
"""The last is OpenSSL's error for a key of another type."""

_NO_KEY: Final = frozenset({"NO_START_LINE", "BAD_BASE64_DECODE", "BAD_END_LINE"})


def load_certificate(options: ServerOptions) -> ssl.SSLContext | None:
    """Make the TLS context; `None` without a certificate.

    Raises:
        ValueError: A file is missing, unreadable or of the wrong kind, or the password is wrong; the message names the
            argument and the file.
    """
    if options.ssl_certfile is None:
        return None
    certfile = _readable("ssl_certfile", options.ssl_certfile)
    keyfile = certfile if options.ssl_keyfile is None else _readable("ssl_keyfile", options.ssl_keyfile)
    _check_certificate(certfile)
    key = f"ssl_keyfile={str(keyfile)!r}" if options.ssl_keyfile else f"ssl_certfile={str(certfile)!r}"
    asked: list[bool] = []

    def password() -> str:
        asked.append(True)  # without it, OpenSSL would prompt at the terminal
        return options.ssl_keyfile_password or ""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certfile, keyfile, password)
    except (ssl.SSLError, ValueError) as error:
        raise ValueError(_what_is_wrong(error, key, certfile, options, was_asked=bool(asked))) from error
    return context


def _readable(name: str, given: str | Path) -> Path:
    path = Path(given)
    try:
        path.read_bytes()
    except OSError as error:
        raise ValueError(f"launch(): the file {name}={str(path)!r} cannot be read: {error.strerror}") from error
    return path


def _check_certificate(path: Path) -> None:
    """Try the certificate alone, so that a mistake in it is not blamed on the key."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError as error:
        raise ValueError(
            f"launch(): ssl_certfile={str(path)!r} holds no certificate in PEM form "
            "(text with -----BEGIN CERTIFICATE-----)"
        ) from error


def _what_is_wrong(error: Exception, key: str, certfile: Path, options: ServerOptions, *, was_asked: bool) -> str:
    reason = getattr(error, "reason", "") or ""
    if reason in _MISMATCHES:
        return f"launch(): the key in {key} does not belong to the certificate in ssl_certfile={str(certfile)!r}"
    if was_asked and not options.ssl_keyfile_password:
        return f"launch(): the key in {key} is encrypted: give its ssl_keyfile_password, too"
    if was_asked:
        return f"launch(): ssl_keyfile_password is not the password of the key in {key}"
    if reason and reason not in _NO_KEY:
        return f"launch(): ssl_certfile={str(certfile)!r} cannot be used: {reason.replace('_', ' ').lower()}"
    hint = "" if options.ssl_keyfile else "; if the key is in a file of its own, name it in ssl_keyfile"
    return f"launch(): {key} holds no private key in PEM form (text with -----BEGIN PRIVATE KEY-----){hint}"
