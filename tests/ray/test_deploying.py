"""What of a deployment on Ray needs no Ray: its options, its command, the environment, how many replicas there are."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream import installation
from millstream.cli import main
from millstream.errors import DeclarationError
from millstream.ray import environment
from millstream.ray.autoscaling import StreamsPolicy
from millstream.ray.options import RayOptions

WITHOUT_RAY = """
import sys
class NoRay:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "ray":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, NoRay())
from millstream.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_options_are_read_from_texts_as_a_configuration_of_ray_serve_has_them() -> None:
    options = RayOptions.resolve({"target": "app.py", "num_gpus": "0.25", "max_replicas": "4", "min_replicas": 2})
    assert options == RayOptions(target="app.py", num_gpus=0.25, max_replicas=4, min_replicas=2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "target is missing"),
        ({"target": ""}, "target is empty"),
        ({"target": "app.py", "num_gpu": "1"}, "num_gpus"),
        ({"target": "app.py", "num_gpus": "many"}, "num_gpus='many' is not a number"),
        ({"target": "app.py", "min_replicas": "1.5"}, "whole number"),
        ({"target": "app.py", "min_replicas": 3, "max_replicas": 2}, "min_replicas=3 and max_replicas=2"),
        ({"target": "app.py", "streams": 0}, "streams=0"),
        ({"target": "app.py", "streams": "nan"}, "streams=nan"),
        ({"target": "app.py", "drain": -1}, "drain=-1"),
    ],
)
def test_a_mistake_in_the_options_is_named(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        RayOptions.resolve(given)


def test_the_environment_that_we_ask_for_is_enough() -> None:
    environment.check(environment.ENVIRONMENT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RAY_SERVE_ENABLE_HA_PROXY", "0"),
        ("RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD", "1"),
        ("RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S", "120"),
        ("RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S", "a day"),
    ],
)
def test_a_replica_does_not_start_where_it_would_serve_badly(name: str, value: str) -> None:
    with pytest.raises(DeclarationError, match=f"need {name}="):
        environment.check({**environment.ENVIRONMENT, name: value})


@given(st.lists(st.integers(0, 50)), st.floats(0.5, 50))
def test_there_are_replicas_for_all_streams(streams: list[int], each: float) -> None:
    metrics = {"streams": dict(enumerate(map(float, streams)))}
    wanted, state = StreamsPolicy(each)(SimpleNamespace(aggregated_metrics=metrics))
    assert wanted * each == pytest.approx(sum(streams))
    assert state == {}


def test_replicas_that_have_not_reported_yet_want_none() -> None:
    assert StreamsPolicy(8)(SimpleNamespace(aggregated_metrics=None)) == (0, {})


def test_without_ray_the_command_says_what_to_install_and_nothing_else_needs_it() -> None:
    deploy = [sys.executable, "-c", WITHOUT_RAY, "deploy", "ray", "app.py"]
    refused = subprocess.run(deploy, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stderr) == (
        1,
        f"millstream: Ray is not installed: {installation.extra_command('ray')}\n",
    )
    version = subprocess.run([sys.executable, "-c", WITHOUT_RAY, "--version"], capture_output=True, check=False)
    assert version.returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["deploy", "ray"], "FILE[:NAME] is missing"),
        (["deploy", "mars", "app.py"], "invalid choice: 'mars'"),
        (["deploy", "ray", "app.py", "--replicas", "4-2"], "'4-2' is not a number of replicas"),
        (["deploy", "ray", "app.py", "--replicas", "0"], "'0' is not a number of replicas"),
        (["deploy", "ray", "app.py", "--gpus", "1"], "there is no option --gpus"),
    ],
)
def test_a_mistake_in_the_command_line_is_answered_with_the_usage(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert said in capsys.readouterr().err
