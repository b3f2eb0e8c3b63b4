import subprocess
import sys

import pytest

import millstream


@pytest.mark.parametrize("name", millstream.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(millstream, name) is not None
    assert name in dir(millstream)


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="module 'millstream' has no attribute 'Vidoe'"):
        _ = millstream.Vidoe


def test_every_public_class_and_function_says_what_it_is() -> None:
    for name in millstream.__all__:
        if name != "__version__":
            assert getattr(millstream, name).__doc__, name


def test_importing_the_library_loads_nothing_heavy() -> None:
    program = "import sys, millstream; print([m for m in ('numpy', 'PIL', 'starlette', 'msgspec') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_declaring_an_app_loads_no_server() -> None:
    program = (
        "import sys, millstream as gr\n"
        "with gr.Blocks() as demo: gr.Markdown('a'); gr.Button().click(lambda: None)\n"
        "demo.freeze()\n"
        "print([m for m in ('starlette', 'uvicorn', 'nh3', 'PIL') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
