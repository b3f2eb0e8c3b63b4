import math
from pathlib import Path

import numpy as np
import pytest

from millstream.server.options import ServerOptions, read_size


def test_arguments_win_over_the_environment_and_that_over_defaults() -> None:
    environment = {"MILLSTREAM_SERVER_PORT": "8000", "MILLSTREAM_SERVER_NAME": "0.0.0.0", "OTHER": "1"}
    options = ServerOptions.resolve({"server_port": 9000, "server_name": None}, environment)
    assert (options.server_port, options.server_name, options.root_path) == (9000, "0.0.0.0", "")


def test_everything_in_the_environment_is_read() -> None:
    options = ServerOptions.resolve(
        {},
        {
            "MILLSTREAM_ALLOWED_HOSTS": "App.example, other.example",
            "MILLSTREAM_ALLOWED_ORIGINS": "https://app.example",
            "MILLSTREAM_TRUSTED_PROXIES": "10.0.0.0/8,::1",
            "MILLSTREAM_ALLOWED_PATHS": "/data,/models",
            "MILLSTREAM_ROOT_PATH": "demo/",
            "MILLSTREAM_SHOW_ERROR": "yes",
            "MILLSTREAM_MAX_FILE_SIZE": "5mb",
            "MILLSTREAM_DRAIN": "2.5",
            "MILLSTREAM_ABANDON_AFTER": "90",
        },
    )
    assert options.allowed_hosts == ("app.example", "other.example")
    assert options.allowed_origins == ("https://app.example",)
    assert [str(network) for network in options.proxies] == ["10.0.0.0/8", "::1/128"]
    assert options.allowed_paths == ("/data", "/models")
    assert (options.root_path, options.show_error, options.drain) == ("/demo", True, 2.5)
    assert options.abandon_after == 90.0
    assert options.max_file_size == 5 * 1024 * 1024


@pytest.mark.parametrize(
    ("given", "environment", "sentence"),
    [
        ({"sever_port": 1}, {}, "no argument 'sever_port'"),
        ({"allowed_origins": ["app.example"]}, {}, "not an origin"),
        ({"allowed_origins": "https://app.example/path"}, {}, "not an origin"),
        ({"frame_ancestors": ["https://a.example; script-src *"]}, {}, "not an origin"),
        ({"trusted_proxies": ["proxy"]}, {}, "trusted_proxies"),
        ({"ssl_keyfile": "key.pem"}, {}, "ssl_certfile"),
        ({"max_file_size": "many"}, {}, "size"),
        ({"abandon_after": -1}, {}, "abandon_after=-1 is not a number of seconds"),
        ({"grace": -1}, {}, "grace=-1 is not a number of seconds"),
        ({"grace": float("nan")}, {}, "grace=nan is not a number of seconds"),
        ({"grace": float("inf")}, {}, "grace=inf is not a number of seconds"),
        ({"grace": "soon"}, {}, "launch\\(\\): grace='soon' is not a number"),
        ({}, {"MILLSTREAM_GRACE": "inf"}, "grace=inf"),
        ({"abandon_after": "soon"}, {}, "launch\\(\\): abandon_after='soon' is not a number"),
        ({}, {"MILLSTREAM_ABANDON_AFTER": "nan"}, "abandon_after=nan"),
        ({}, {"MILLSTREAM_SERVER_PORT": "http"}, "MILLSTREAM_SERVER_PORT"),
        ({}, {"MILLSTREAM_SHOW_ERROR": "perhaps"}, "MILLSTREAM_SHOW_ERROR"),
    ],
)
def test_mistakes_are_named(given: dict[str, object], environment: dict[str, str], sentence: str) -> None:
    with pytest.raises((TypeError, ValueError), match=sentence):
        ServerOptions.resolve(given, environment)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"server_port": "http"}, r"launch\(\): server_port='http' is not a whole number"),
        ({"server_port": 70_000}, r"launch\(\): server_port=70000 is not a port"),
        ({"num_ports": 0}, r"launch\(\): num_ports=0"),
        ({"css": ["a", "b"]}, r"launch\(\): css="),
        ({"drain": "soon"}, r"launch\(\): drain='soon' is not a number"),
        ({"drain": -1}, r"launch\(\): drain=-1"),
        ({"drain": math.inf}, r"launch\(\): drain=inf"),
        ({"drain": math.nan}, r"launch\(\): drain=nan"),
        ({"unblock_after": 0}, r"launch\(\): unblock_after=0"),
        ({"drain_s": 3}, r"no argument 'drain_s'; say drain="),
        ({"max_file_size": "many"}, r"launch\(\): max_file_size='many'"),
        ({"max_image_pixels": object()}, r"launch\(\): max_image_pixels="),
    ],
)
def test_arguments_of_launch_are_named(given: dict[str, object], sentence: str) -> None:
    with pytest.raises((TypeError, ValueError), match=sentence):
        ServerOptions.resolve(given, {})


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("server_port", np.int64(8000), 8000),
        ("server_port", "8000", 8000),
        ("server_port", 8000.0, 8000),
        ("num_ports", np.int8(3), 3),
        ("drain", np.float32(0.5), 0.5),
        ("show_error", np.bool_(True), True),
        ("max_file_size", np.int64(5000), 5000),
        ("max_image_pixels", np.float64(5e6), 5_000_000),
        ("allowed_paths", np.array(["/data"]), ("/data",)),
        ("allowed_hosts", {"App.example": 1}.keys(), ("app.example",)),
        ("root_path", np.str_("demo"), "/demo"),
        ("auth", np.array([["ada", "secret"]]), [["ada", "secret"]]),
    ],
)
def test_values_of_numpy_are_plain(name: str, given: object, expected: object) -> None:
    found = getattr(ServerOptions.resolve({name: given}, {}), name)
    assert found == expected
    assert type(found) is type(expected)


def test_a_list_may_be_one_value() -> None:
    options = ServerOptions.resolve({"allowed_paths": Path("/data"), "allowed_hosts": "app.example"}, {})
    assert (options.allowed_paths, options.allowed_hosts) == ((Path("/data"),), ("app.example",))


@pytest.mark.parametrize(
    ("text", "size"),
    [(5000, 5000), ("5000", 5000), ("5kb", 5120), ("1.5 GiB", 1610612736), ("100 MB", 104857600), ("7b", 7)],
)
def test_sizes(text: str | int, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "-5", "kb", "5 tb", "nan"])
def test_what_is_not_a_size(text: str) -> None:
    with pytest.raises(ValueError, match="size"):
        read_size(text)
