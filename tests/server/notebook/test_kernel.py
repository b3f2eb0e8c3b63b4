"""What the environment of a kernel tells: Colab's page, and JupyterHub."""

import sys
from types import ModuleType

import pytest

from millstream.server.notebook.kernel import colab_origin, hub_hosts


def colab(monkeypatch: pytest.MonkeyPatch, answer: object) -> list[tuple[str, float | None]]:
    """Put a module in the place of Colab's, which answers as told; gives what it is asked."""
    asked: list[tuple[str, float | None]] = []

    def eval_js(script: str, ignore_result: bool = False, timeout_sec: float | None = None) -> object:
        asked.append((script, timeout_sec))
        if isinstance(answer, Exception):
            raise answer
        return answer

    output = ModuleType("google.colab.output")
    output.eval_js = eval_js  # type: ignore[attr-defined]
    for name, module in (("google.colab", ModuleType("google.colab")), ("google.colab.output", output)):
        monkeypatch.setitem(sys.modules, name, module)
    return asked


def test_colab_is_asked_for_the_origin_of_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = colab(monkeypatch, "https://x-7860-colab.googleusercontent.com/")
    assert colab_origin(7860) == "https://x-7860-colab.googleusercontent.com"
    assert asked == [("google.colab.kernel.proxyPort(7860, {cache: false})", 10.0)]


@pytest.mark.parametrize("answer", [None, 5, "", "http://plain.example/", TimeoutError("nobody answers")])
def test_a_page_that_does_not_say_so_is_an_error_with_its_words(
    monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    colab(monkeypatch, answer)
    with pytest.raises(LookupError, match="port 7860"):
        colab_origin(7860)


def test_outside_of_colab_there_is_nobody_to_ask() -> None:
    with pytest.raises(LookupError, match="Colab's page does not say"):
        colab_origin(7860)


def test_jupyterhub_tells_under_which_names_browsers_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JUPYTERHUB_PUBLIC_URL", "JUPYTERHUB_HOST"):
        monkeypatch.delenv(name, raising=False)
    assert hub_hosts() == ()
    monkeypatch.setenv("JUPYTERHUB_PUBLIC_URL", "https://hub.example.com/user/ann/")
    monkeypatch.setenv("JUPYTERHUB_HOST", "")
    assert hub_hosts() == ("hub.example.com",)
