"""What can be wrong with a certificate is said before anything is served, with the file's name."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

import millstream as gr
from millstream.server.options import ServerOptions
from millstream.server.process.certificate import load_certificate

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two certificates with keys, one of them encrypted, and files that are neither."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("one", "two"):
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        files = ["-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"]
        openssl("req", "-x509", *key, "-subj", "/CN=millstream.test", *files)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x", "-keyout",
            folder / "rsa.key", "-out", folder / "rsa.crt")  # fmt: skip
    openssl("req", "-x509", "-newkey", "rsa:512", "-nodes", "-days", "2", "-subj", "/CN=x", "-keyout",
            folder / "weak.key", "-out", folder / "weak.crt")  # fmt: skip
    (folder / "half.key").write_text((folder / "one.key").read_text()[:100] + "\n-----END PRIVATE KEY-----\n")
    openssl("ec", "-in", folder / "one.key", "-aes256", "-passout", "pass:sesame", "-out", folder / "locked.key")
    openssl("x509", "-in", folder / "one.crt", "-outform", "DER", "-out", folder / "one.der")
    (folder / "both.pem").write_bytes((folder / "one.key").read_bytes() + (folder / "one.crt").read_bytes())
    (folder / "empty.pem").write_bytes(b"")
    (folder / "text.pem").write_text("hello")
    half = (folder / "one.crt").read_text()
    (folder / "half.crt").write_text(half[: len(half) // 2])
    return folder


@pytest.mark.parametrize(
    ("cert", "key", "password"),
    [
        ("both.pem", None, None),
        ("one.crt", "one.key", None),
        ("one.crt", "one.key", "not needed"),
        ("one.crt", "locked.key", "sesame"),
    ],
)
def test_what_is_right_is_loaded(folder: Path, cert: str, key: str | None, password: str | None) -> None:
    options = ServerOptions(
        ssl_certfile=folder / cert, ssl_keyfile=str(folder / key) if key else None, ssl_keyfile_password=password
    )
    assert isinstance(load_certificate(options), ssl.SSLContext)


def test_without_one_there_is_no_https() -> None:
    assert load_certificate(ServerOptions()) is None


@pytest.mark.parametrize(
    ("cert", "key", "password", "named", "wrong"),
    [
        ("none.pem", None, None, "none.pem", "No such file"),
        (".", None, None, "ssl_certfile", "directory"),
        ("empty.pem", None, None, "empty.pem", "no certificate in PEM"),
        ("text.pem", None, None, "text.pem", "no certificate in PEM"),
        ("one.der", "one.key", None, "one.der", "no certificate in PEM"),
        ("half.crt", "one.key", None, "half.crt", "no certificate in PEM"),
        ("one.key", "one.key", None, "one.key", "no certificate in PEM"),
        ("one.crt", None, None, "one.crt", "name it in ssl_keyfile"),
        ("one.crt", "none.key", None, "none.key", "No such file"),
        ("one.crt", ".", None, "ssl_keyfile", "directory"),
        ("one.crt", "empty.pem", None, "empty.pem", "no private key"),
        ("one.crt", "one.crt", None, "one.crt", "no private key"),
        ("one.crt", "two.key", None, "two.key", "does not belong"),
        ("one.crt", "rsa.key", None, "rsa.key", "does not belong"),
        ("rsa.crt", "one.key", None, "rsa.crt", "does not belong"),
        ("weak.crt", "weak.key", None, "weak.crt", "too small"),
        ("one.crt", "half.key", None, "half.key", "no private key"),
        ("one.crt", "locked.key", None, "locked.key", "ssl_keyfile_password"),
        ("one.crt", "locked.key", "", "locked.key", "ssl_keyfile_password"),
        ("one.crt", "locked.key", "wrong", "locked.key", "not the password"),
        ("one.crt", "locked.key", "x" * 2000, "locked.key", "not the password"),
    ],
)
def test_what_is_wrong_is_named_before_the_server_starts(
    folder: Path, cert: str, key: str | None, password: str | None, named: str, wrong: str
) -> None:
    with gr.Blocks() as demo:
        gr.Textbox()
    arguments = {"ssl_certfile": folder / cert, "ssl_keyfile": folder / key if key else None}
    with pytest.raises(ValueError, match=r"launch\(\)") as raised:
        demo.launch(prevent_thread_lock=True, quiet=True, ssl_keyfile_password=password, **arguments)
    assert named in str(raised.value)
    assert wrong in str(raised.value)
    assert "\n" not in str(raised.value)
    if password:
        assert password not in str(raised.value)


def test_one_that_may_not_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ValueError, match=r"one\.crt.*Permission denied"):
        load_certificate(ServerOptions(ssl_certfile=folder / "one.crt"))
