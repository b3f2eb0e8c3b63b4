import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.server.security.hosts import (
    HostPort,
    client_behind,
    is_allowed_host,
    is_same_origin,
    own_names,
    parse_host,
)

LOCAL = HostPort("localhost", 7860)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("localhost:7860", HostPort("localhost", 7860)),
        ("LocalHost", HostPort("localhost", None)),
        ("[::1]:80", HostPort("[::1]", 80)),
        ("192.168.0.7", HostPort("192.168.0.7", None)),
        ("a/?x", None),
        ("a@b", None),
        ("a:99999", None),
        ("a:1:2", None),
        ("a b", None),
        ("a\r\nx: y", None),
        ("", None),
    ],
)
def test_host_header(text: str, expected: HostPort | None) -> None:
    assert parse_host(text) == expected


@given(st.text())
def test_a_host_that_is_read_can_be_written_into_a_header(text: str) -> None:
    host = parse_host(text)
    assert host is None or parse_host(str(host)) == host


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "10.1.2.3", "[fe80::1]", "mine.example", *sorted(own_names())]
)
def test_allowed_hosts(host: str) -> None:
    assert is_allowed_host(host, ["mine.example"], own_names())


@pytest.mark.parametrize(
    "host", ["evil.com", "localhost.evil.com", "localhost.", "127.1", "0x7f000001", "mine.example.com"]
)
def test_foreign_hosts_are_not_allowed(host: str) -> None:
    assert not is_allowed_host(host, ["mine.example"], own_names())


def test_a_star_allows_every_host() -> None:
    assert is_allowed_host("evil.com", ["*"], own_names())


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:7860", LOCAL),
        ("https://localhost:7860", LOCAL),  # TLS may end at a proxy
        ("https://app.example", HostPort("app.example", None)),
        ("http://app.example", HostPort("app.example", 80)),
        ("http://[::1]:7860", HostPort("[::1]", 7860)),
    ],
)
def test_same_origin(origin: str, host: HostPort) -> None:
    assert is_same_origin(origin, host)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.com",
        "null",
        "",
        "http://localhost",
        "http://localhost:7861",
        "http://localhost.evil.com:7860",
        "http://evil-localhost:7860",
        "http://localhostXevil:7860",
        "HTTP://localhost:7860",
        "http://LOCALHOST:7860",
        "http://localhost.:7860",
        "http://localhost:7860/",
        "http://localhost:7860@evil.com",
        "http://localhost:7860#x",
        "ftp://localhost:7860",
        "localhost:7860",
        "http://127.0.0.1:7860",
    ],
)
def test_other_origins(origin: str) -> None:
    assert not is_same_origin(origin, LOCAL)


PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (
            "10.0.0.1",
            "6.6.6.6, 203.0.113.9, 10.0.0.2",
            "203.0.113.9",
        ),  # what is left of it, the client may have made up
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
        ("203.0.113.1", "6.6.6.6", "203.0.113.1"),
        ("::1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_client_behind_proxies(peer: str, forwarded: str, client: str) -> None:
    assert client_behind(peer, forwarded, PROXIES) == client
