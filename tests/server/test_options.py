from pathlib import Path

import pytest

from millstream.server.options import Options, read_size


def test_arguments_win_over_the_environment_and_that_over_defaults() -> None:
    environment = {"MILLSTREAM_SERVER_PORT": "8000", "MILLSTREAM_SERVER_NAME": "0.0.0.0", "OTHER": "1"}
    options = Options.resolve({"server_port": 9000, "server_name": None}, environment)
    assert (options.server_port, options.server_name, options.root_path) == (9000, "0.0.0.0", "")


def test_everything_in_the_environment_is_read() -> None:
    options = Options.resolve(
        {},
        {
            "MILLSTREAM_ALLOWED_HOSTS": "App.example, other.example",
            "MILLSTREAM_ALLOWED_ORIGINS": "https://app.example",
            "MILLSTREAM_TRUSTED_PROXIES": "10.0.0.0/8,::1",
            "MILLSTREAM_ALLOWED_PATHS": "/data,/models",
            "MILLSTREAM_ROOT_PATH": "demo/",
            "MILLSTREAM_SHOW_ERROR": "yes",
            "MILLSTREAM_MAX_FILE_SIZE": "5mb",
            "MILLSTREAM_DRAIN_S": "2.5",
            "MILLSTREAM_ABANDON_AFTER": "90",
        },
    )
    assert options.allowed_hosts == ("app.example", "other.example")
    assert options.allowed_origins == ("https://app.example",)
    assert [str(network) for network in options.proxies] == ["10.0.0.0/8", "::1/128"]
    assert options.allowed_paths == ("/data", "/models")
    assert (options.root_path, options.show_error, options.drain_s) == ("/demo", True, 2.5)
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
        ({"abandon_after": -1}, {}, "abandon_after=-1 is no number of seconds"),
        ({"abandon_after": "soon"}, {}, "launch\\(\\): abandon_after='soon' is not a number"),
        ({}, {"MILLSTREAM_ABANDON_AFTER": "nan"}, "abandon_after=nan"),
        ({}, {"MILLSTREAM_SERVER_PORT": "http"}, "MILLSTREAM_SERVER_PORT"),
        ({}, {"MILLSTREAM_SHOW_ERROR": "perhaps"}, "MILLSTREAM_SHOW_ERROR"),
    ],
)
def test_mistakes_are_named(given: dict[str, object], environment: dict[str, str], sentence: str) -> None:
    with pytest.raises((TypeError, ValueError), match=sentence):
        Options.resolve(given, environment)


def test_a_list_may_be_one_value() -> None:
    options = Options.resolve({"allowed_paths": Path("/data"), "allowed_hosts": "app.example"}, {})
    assert (options.allowed_paths, options.allowed_hosts) == ((Path("/data"),), ("app.example",))


@pytest.mark.parametrize(
    ("text", "size"),
    [(5000, 5000), ("5000", 5000), ("5kb", 5120), ("1.5 GiB", 1610612736), ("100 MB", 104857600), ("7b", 7)],
)
def test_sizes(text: str | int, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "-5", "kb", "5 tb", "nan"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="size"):
        read_size(text)
