import warnings

import pytest

import millstream as gr


@pytest.mark.parametrize("kind", [gr.LoginButton, gr.DeepLinkButton, gr.DuplicateButton])
def test_what_belongs_to_a_hosting_site_is_accepted_with_one_warning(kind: type[gr.Button]) -> None:
    with warnings.catch_warnings(record=True, action="always") as told, gr.Blocks():
        button = kind("Text", variant="huggingface", size="lg", scale=0, elem_classes="x")
        button.updated({"interactive": False})
    assert [str(one.message).split(":")[0] for one in told] == [kind.__name__]
    assert button.tag == "button"


def test_a_button_logs_out_by_a_script_of_the_page() -> None:
    with warnings.catch_warnings(action="error"), gr.Blocks() as demo:
        button = gr.LogoutButton(render=False)
        button.render()
    manifest = demo.freeze()
    assert [list(binding.targets) for binding in manifest.bindings] == [[(button.id, "click")]]
    assert "fetch('logout', {method: 'POST'})" in manifest.scripts[0]


def test_the_text_of_a_login_button_is_that_of_logging_out() -> None:
    with warnings.catch_warnings(action="ignore"), gr.Blocks():
        assert gr.LoginButton("Sign in", logout_value="Leave ({})").value == "Leave"
        assert gr.DuplicateButton().visible is False
