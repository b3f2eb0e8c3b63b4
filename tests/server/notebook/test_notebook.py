"""Apps in a notebook's kernel: shown below the cell, replaced on the same port, launched by their last line."""

from collections.abc import Iterator
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from tests.server.notebook.kernels import Kernel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

APP = """
with gr.Blocks() as demo:
    gr.Textbox(label={label!r})
demo.launch()
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    kernel = Kernel()
    kernel.run("import millstream as gr, warnings; warnings.simplefilter('error')")
    yield kernel
    kernel.close()


def page(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/") as answer:
        return str(answer.read().decode())


def test_an_app_is_shown_below_its_cell_and_the_next_cell_can_run(kernel: Kernel) -> None:
    said = kernel.run(APP.format(label="Here"))
    assert said.error == ""
    assert 'allow="camera; microphone;' in said.html[0]
    assert "height:500px" in said.html[0]
    assert "Running on local URL" in said.printed
    assert said.text == [f"An app at http://127.0.0.1:{said.port}/"]  # and not the tuple that launch() returns
    assert '"Here"' in page(said.port)


def test_a_cell_that_runs_again_replaces_its_app_on_the_same_port(kernel: Kernel) -> None:
    first = kernel.run(APP.format(label="One"), cell="a")
    other = kernel.run(APP.format(label="Other"), cell="b")
    again = kernel.run(APP.format(label="Two"), cell="a")
    assert again.port == first.port != other.port
    assert '"Two"' in page(first.port)
    assert '"Other"' in page(other.port)


def test_two_apps_of_one_cell_keep_their_ports(kernel: Kernel) -> None:
    cell = "\n".join(f"gr.Interface(lambda x: x, 'text', 'text', title='{each}').launch()" for each in "ab")
    first, again = (kernel.run(cell, cell="pair") for _ in range(2))
    assert first.html != again.html
    ports = [[shown.partition("127.0.0.1:")[2][:5].strip("/") for shown in said.html] for said in (first, again)]
    assert ports[0] == ports[1]
    assert len(set(ports[0])) == 2


def test_the_same_app_moves_to_the_cell_that_launches_it_last(kernel: Kernel) -> None:
    first = kernel.run(APP.format(label="Moved"))
    again = kernel.run("demo.launch(height=300, width='50%')")
    assert again.port == first.port
    assert "width:50%;height:300px" in again.html[0]


def test_where_cells_have_no_names_the_variable_tells(kernel: Kernel) -> None:
    first, again = (kernel.run(APP.format(label=label).replace("demo", "unnamed"), cell="") for label in "ab")
    assert again.port == first.port


def test_an_app_as_the_last_line_is_launched_and_shown(kernel: Kernel) -> None:
    said = kernel.run("with gr.Blocks() as last:\n    gr.Textbox(label='Last')\nlast")
    assert '"Last"' in page(said.port)
    assert said.printed == ""
    assert kernel.run("last").port == said.port
    assert kernel.run("last.launch()\nlast").text[1:] == ["<Blocks 0>"]  # it is there already


def test_inline_and_quiet_are_what_they_say(kernel: Kernel) -> None:
    said = kernel.run(APP.format(label="Silent").replace("launch()", "launch(inline=False, quiet=True)"))
    assert (said.html, said.text, said.printed, said.error) == ([], [], "", "")


def test_a_size_that_is_none_is_refused(kernel: Kernel) -> None:
    said = kernel.run(APP.format(label="x").replace("launch()", "launch(height='1px;color:red')"))
    assert said.error.startswith("ValueError: launch(): height='1px;color:red' is not a size")


def test_the_magic_runs_a_cell_and_shows_its_app(kernel: Kernel) -> None:
    kernel.run("%load_ext millstream")
    cell = "%%app --height 300\nwith gr.Blocks() as demo:\n    gr.Textbox(label={!r})"
    first, again = (kernel.run(cell.format(label), cell="magic") for label in ("Magic", "More"))
    assert "height:300px" in first.html[0]
    assert again.port == first.port
    assert '"More"' in page(again.port)
    assert "DeclarationError: %%app: the cell makes no app" in kernel.run("%%app\n1 + 1").error
    assert "no app 'nothing'" in kernel.run("%%app nothing\n1").error
    assert "ZeroDivisionError" in kernel.run("%%app\n1 / 0").error


def test_only_notebooks_of_this_machine_may_show_it(kernel: Kernel) -> None:
    port = kernel.run(APP.format(label="Framed")).port
    with urlopen(f"http://127.0.0.1:{port}/") as answer:
        policy = answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] is None
    ancestors = policy.partition("frame-ancestors ")[2].partition(";")[0].split()
    assert ancestors == [
        *("'self'", "http://localhost:*", "http://127.0.0.1:*", "https://localhost:*", "https://127.0.0.1:*"),
        *("vscode-webview:", "vscode-file:"),
    ]


COLAB = """
import sys, types
colab, output, asked = types.ModuleType("google.colab"), types.ModuleType("google.colab.output"), []
def eval_js(script, ignore_result=False, timeout_sec=None):
    asked.append(script)
    return "https://7860-m-s.prod.colab.dev/"
output.eval_js = eval_js
sys.modules |= {"google.colab": colab, "google.colab.output": output}
"""


def test_a_kernel_like_colabs_is_reached_by_its_proxy(kernel: Kernel) -> None:
    kernel.run(COLAB)
    said = kernel.run(APP.format(label="Colab"))
    assert f"colab.proxyPort({said.port}, {{ cache: false }})" in said.html[0]
    asked = kernel.run("print(asked)").printed.strip()
    assert asked == f"['google.colab.kernel.proxyPort({said.port}, {{cache: false}})']"
    url = f"http://127.0.0.1:{said.port}/"
    with urlopen(Request(url, headers={"Host": "7860-m-s.prod.colab.dev"})) as answer:
        assert "https://*.googleusercontent.com" in answer.headers["content-security-policy"]
    inside = {"Host": "172.28.0.12:7860"}  # its proxy may name the machine, and not the page's own host
    assert status(url, {**inside, "Origin": "https://7860-m-s.prod.colab.dev"}) == 405
    assert status(url, {**inside, "Origin": "https://7861-m-s.prod.colab.dev"}) == 403
    kernel.run("del sys.modules['google.colab'], sys.modules['google.colab.output']")


def status(url: str, headers: dict[str, str]) -> int:
    """The status of a POST, which tells by 403 that its origin is refused."""
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(url, b"", headers))
    with refused.value as answer:
        return answer.code


def test_closing_an_app_ends_it(kernel: Kernel) -> None:
    port = kernel.run(APP.format(label="Closed")).port
    assert kernel.run("demo.close()").error == ""
    with pytest.raises(URLError):
        page(port)
    assert '"Closed"' in page(kernel.run("demo").port)  # as the last line it is launched again
    assert "Closed the app on" in kernel.run("gr.close_all()").printed
