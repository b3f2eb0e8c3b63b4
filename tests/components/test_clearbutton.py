import millstream as gr


def test_it_empties_components_and_resets_states() -> None:
    with gr.Blocks() as demo:
        box, state = gr.Textbox("a"), gr.State([1])
        button = gr.ClearButton([box, state])
    binding = demo.freeze().bindings[0]
    assert binding.targets == ((button.id, "click"),)
    assert binding.outputs == (box.id, state.id)
    assert binding.handler.fn() == [None, [1]]
    assert not binding.queue
    assert button.inline() == "Clear"


def test_components_can_be_added_later() -> None:
    with gr.Blocks() as demo:
        button = gr.ClearButton(value="Away")
        box = gr.Textbox("a")
        assert button.add(box) is button
    assert demo.freeze().bindings[0].handler.fn() is None
