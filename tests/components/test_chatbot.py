import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.components.conftest import Folder

import millstream as gr
from millstream.components.chat.example_messages import MAX_IMAGES, image_address
from millstream.errors import DeclarationError, InvalidValue
from millstream.testing import TestPage
from millstream.types import Blob

USER = {"role": "user", "content": "hi"}
ANSWER = {"role": "assistant", "content": "**hello**"}


def chatbot(*arguments: object, **keywords: object) -> gr.Chatbot:
    with gr.Blocks():
        return gr.Chatbot(*arguments, **keywords)


def picture(folder: Path) -> Path:
    path = folder / "cat.png"
    Image.new("RGB", (4, 4)).save(path)
    return path


def test_markdown_is_rendered_on_the_server_and_the_text_goes_along() -> None:
    component = chatbot([USER, ANSWER])
    assert component.inline() == [
        {"role": "user", "content": [{"text": "hi", "html": "<p>hi</p>\n"}]},
        {"role": "assistant", "content": [{"text": "**hello**", "html": "<p><strong>hello</strong></p>\n"}]},
    ]


def test_text_may_stay_text() -> None:
    component = chatbot([ANSWER], render_markdown=False)
    assert component.inline() == [{"role": "assistant", "content": [{"text": "**hello**"}]}]


def test_a_title_is_markdown_too() -> None:
    said = [{"role": "assistant", "content": "x", "metadata": {"title": "_T_ <b onclick='f()'>a</b>"}}]
    assert chatbot(said).inline()[0]["metadata"]["heading"] == "<em>T</em> <b>a</b>"
    assert chatbot(said, render_markdown=False).inline()[0]["metadata"]["heading"].startswith("_T_ &lt;b")


def test_thoughts_are_parts_of_their_own_on_the_page_and_the_text_stays_whole(files: Folder) -> None:
    component = chatbot(reasoning_tags=[("<think>", "</think>")])
    given = [{"role": "assistant", "content": "<think>*a*</think>b"}, {"role": "assistant", "content": "<think>c"}]
    stored = component.postprocess(given, files)
    assert [entry["content"] for entry in component.wire(stored)] == [
        [{"thought": "done", "html": "<p><em>a</em></p>\n"}, {"text": "b", "html": "<p>b</p>\n"}],
        [{"thought": "pending", "html": "<p>c</p>\n"}],
    ]
    assert component.preprocess(stored, files) == given
    plain = chatbot(given, reasoning_tags=[("<think>", "</think>")], render_markdown=False)
    assert plain.inline()[0]["content"] == [{"thought": "done", "html": "*a*"}, {"text": "b"}]


def test_scripts_do_not_survive_unless_they_are_asked_for() -> None:
    bad = [{"role": "user", "content": '<img src=x onerror="f()">'}]
    assert "onerror" not in str(chatbot(bad).inline()[0]["content"][0]["html"])
    assert "onerror" in str(chatbot(bad, sanitize_html=False).inline()[0]["content"][0]["html"])


def test_what_was_given_is_given_back(files: Folder) -> None:
    component = chatbot()
    messages = [
        USER,
        {"role": "assistant", "content": "x", "metadata": {"title": "T"}, "options": [{"value": "a", "label": "A"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "y"}]},
        {"role": "assistant", "content": ""},
    ]
    assert component.preprocess(component.postprocess(messages, files), files) == messages


def test_nothing_is_an_empty_conversation(files: Folder) -> None:
    component = chatbot()
    assert component.initial() == []
    assert component.postprocess(None, files) == []


def test_images_sounds_and_files_are_shown_as_what_they_are(files: Folder) -> None:
    (files.path / "notes.txt").write_text("x")
    component = chatbot()
    stored = component.postprocess(
        [
            {"role": "assistant", "content": gr.Image(np.zeros((4, 4, 3), np.uint8), label="Black")},
            {"role": "assistant", "content": gr.Audio((8000, np.zeros(10, np.int16)))},
            {"role": "user", "content": {"path": str(picture(files.path)), "alt_text": "a cat"}},
            {"role": "user", "content": [{"path": files.path / "notes.txt"}, "see there"]},
            {"role": "assistant", "content": {"path": "https://example.org/film.mp4"}},
            {"role": "assistant", "content": [gr.File(picture(files.path)), gr.File(["https://example.org/a.pdf"])]},
        ],
        files,
    )
    parts = [part for entry in component.wire(stored) for part in entry["content"]]
    assert [part.get("kind") for part in parts] == ["image", "audio", "image", "file", None, "video", "file", "file"]
    assert [part["alt"] for part in parts if "alt" in part] == ["Black", None, "a cat", None, None, None, None]
    assert parts[0]["value"].mime == "image/webp"
    assert parts[1]["value"].mime == "audio/wav"
    assert parts[5]["value"] == {"url": "https://example.org/film.mp4"}
    assert parts[6]["value"].name == "cat.png"
    assert component.files(stored) == [part["value"] for part in [*parts[:4], parts[6]]]


def test_html_and_markdown_are_texts_of_their_own_kind(files: Folder) -> None:
    component = chatbot(render_markdown=False)
    stored = component.postprocess(
        [{"role": "assistant", "content": [gr.HTML("<b onclick='f()'>x</b>"), gr.Markdown("*y*")]}], files
    )
    html, markdown = component.wire(stored)[0]["content"]
    assert html["html"] == "<p><b>x</b></p>\n"
    assert markdown == {"text": "*y*"}


def test_other_components_are_refused_with_the_remedy(files: Folder) -> None:
    with pytest.raises(InvalidValue, match=r"no Slider: make a text or a file"):
        chatbot().postprocess([{"role": "user", "content": gr.Slider()}], files)
    with pytest.raises(InvalidValue, match="the path of a File"):
        chatbot().postprocess([{"role": "user", "content": gr.File([7])}], files)


def test_a_file_is_given_back_by_path_and_keeps_its_name(files: Folder) -> None:
    component = chatbot()
    stored = component.postprocess([{"role": "user", "content": {"path": picture(files.path)}}], files)
    (message,) = component.preprocess(stored, files)
    content = message["content"]
    assert (content["orig_name"], content["mime_type"]) == ("cat.png", "image/png")
    assert Path(content["path"]).read_bytes() == picture(files.path).read_bytes()


def test_a_file_in_memory_is_lent_as_a_file(files: Folder) -> None:
    component = chatbot()
    stored = component.postprocess([{"role": "assistant", "content": gr.Image(np.zeros((4, 4, 3), np.uint8))}], files)
    (message,) = component.preprocess(stored, files)
    with Image.open(message["content"]["path"]) as shown:
        assert shown.size == (4, 4)


def test_what_is_given_again_stays_the_same_file(files: Folder) -> None:
    component = chatbot()
    shown = gr.Image(np.zeros((4, 4, 3), np.uint8))
    messages = [
        {"role": "user", "content": {"path": picture(files.path)}},
        {"role": "assistant", "content": shown},
    ]
    first = component.files(component.postprocess(messages, files))
    second = component.files(component.postprocess([*messages, ANSWER], files))
    lent = component.preprocess(component.postprocess(messages, files), files)
    third = component.files(component.postprocess([*lent, ANSWER], files))
    assert [id(blob) for blob in first] == [id(blob) for blob in second] == [id(blob) for blob in third]
    assert len(files.admitted) == 1


def test_a_file_that_changed_is_another_one(files: Folder) -> None:
    component = chatbot()
    message = {"role": "user", "content": {"path": picture(files.path)}}
    (before,) = component.files(component.postprocess([message], files))
    Image.new("RGB", (40, 40)).save(files.path / "cat.png")
    (after,) = component.files(component.postprocess([message], files))
    assert before is not after


def test_files_outside_of_the_allowed_folders_are_refused(files: Folder) -> None:
    with pytest.raises(InvalidValue, match="not allowed"):
        chatbot().postprocess([{"role": "user", "content": {"path": "/etc/passwd"}}], files)
    with pytest.raises(InvalidValue, match="addresses"):
        chatbot().postprocess([{"role": "user", "content": {"path": "javascript:alert(1)"}}], files)


def test_declared_files_are_the_developers_own(tmp_path: Path) -> None:
    with gr.Blocks() as demo:
        component = gr.Chatbot([{"role": "assistant", "content": gr.Image(str(picture(tmp_path)))}])
    assert component.inline() is None
    (blob,) = component.files(component.initial())
    assert isinstance(blob, Blob)
    assert demo.children == [component]  # the image has its place in the message, and no other


@pytest.mark.parametrize("value", ["hi", 3, {"role": "user", "content": "x"}, [("hi", "hello")]])
def test_what_is_not_a_conversation_is_refused_with_the_remedy(value: object, files: Folder) -> None:
    with pytest.raises(InvalidValue, match=r'Chatbot.*"role": "user" or "assistant"'):
        chatbot().postprocess(value, files)


def test_the_old_format_is_refused_with_the_remedy() -> None:
    with pytest.raises(DeclarationError, match="leave type= out"):
        chatbot(type="tuples")
    with pytest.raises(DeclarationError, match="old format"):
        chatbot([("hi", "hello")])
    assert chatbot(type="messages").initial() == []


def test_a_page_may_empty_it_and_nothing_else(files: Folder) -> None:
    component = chatbot([USER])
    assert component.validate([], files) == component.validate(None, files) == []
    for wire in ("x", [USER], component.inline(), {"role": "user"}, 3):
        with pytest.raises(InvalidValue, match="only empty it"):
            component.validate(wire, files)


def test_properties(tmp_path: Path) -> None:
    props = chatbot(
        height="50vh",
        examples=[{"text": "a"}, {"text": "b", "display_text": "B"}, {"text": "", "files": ["c/d.png", Path("e.wav")]}],
        avatar_images=(None, picture(tmp_path)),
        placeholder="*say* something",
        editable="user",
        buttons=["copy", "copy_all", "share"],
        feedback_options=["Good"],
        layout="panel",
    ).props()
    assert props["height"] == "50vh"
    labels = [{"text": "a", "label": "a"}, {"text": "b", "label": "B"}, {"text": "", "label": "d.png, e.wav"}]
    assert props["examples"] == labels
    assert props["avatars"][0] is None
    assert props["avatars"][1].startswith("data:image/png;base64,")
    assert props["placeholder"] == "<p><em>say</em> something</p>\n"
    assert (props["editable"], props["layout"], props["feedback"]) == ("user", "panel", ["Good"])
    assert props["buttons"] == ["copy", "copy_all"]


def test_the_older_names_of_the_buttons() -> None:
    assert chatbot().props()["buttons"] == ["copy"]
    assert chatbot(show_copy_button=False, show_copy_all_button=True).props()["buttons"] == ["copy_all"]


@pytest.mark.parametrize(
    ("keywords", "complaint"),
    [
        ({"editable": "me"}, "editable"),
        ({"examples": [{"files": []}]}, "example"),
        ({"reasoning_tags": ["<think>"]}, "pairs such as"),
        ({"avatar_images": (None, "nowhere.png")}, "avatar_images"),
    ],
)
def test_a_wrong_argument_is_found_at_declaration(keywords: dict[str, object], complaint: str) -> None:
    with pytest.raises(DeclarationError, match=complaint):
        chatbot(**keywords)


def test_images_that_are_others_each_time_are_forgotten() -> None:
    for number in range(2 * MAX_IMAGES):
        assert image_address(f"https://example.org/{number}.png", "an icon")
    assert image_address.cache_info().currsize == MAX_IMAGES


def test_an_avatar_is_a_small_image(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "big.png").write_bytes(bytes(200_000))
    for name in ("a.txt", "big.png"):
        with pytest.raises(DeclarationError, match="images of at most"):
            chatbot(avatar_images=(tmp_path / name, None))


def test_the_page_gets_the_text_below_copied_replies() -> None:
    assert chatbot(watermark="By a model").props()["watermark"] == "By a model"
    assert "watermark" not in chatbot().props()


def test_what_has_no_meaning_here_is_a_warning() -> None:
    with pytest.warns(UserWarning, match="allow_tags"):
        chatbot(allow_tags=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chatbot(type="messages", rtl=True, resizable=True)


def test_a_conversation_grows_by_what_is_new() -> None:
    def speak(history: list[object]) -> object:
        for count in range(1, 4):
            yield [*history, {"role": "assistant", "content": "word " * count}]

    with gr.Blocks() as demo:
        component = gr.Chatbot([{"role": "user", "content": f"{number}"} for number in range(50)])
        gr.Button("Go").click(speak, component, component)
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        (again,) = page.click("Go")
        assert [len(result.values[component.id]) for result in run.results] == [51, 51, 51]
        assert [len(result.values[component.id]) for result in again.results] == [52, 52, 52]
        assert len(page.value(component)) == 52


def test_a_page_that_empties_it_goes_on_from_there() -> None:
    with gr.Blocks() as demo:
        component = gr.Chatbot()
        gr.Button("Go").click(lambda history: [*history, USER], component, component)
    with TestPage(demo) as page:
        for expected in (1, 2):
            page.click("Go")
            assert len(page.value(component)) == expected
        page.set(component, [])
        page.click("Go")
        assert len(page.value(component)) == 1
        page.set(component, "nonsense")  # refused: what the page shows by itself is not what the server has
        page.click("Go")
        assert len(page.value(component)) == 2


def test_the_pattern_of_a_multimodal_chat() -> None:
    def add(history: list[object], message: dict[str, object]) -> tuple[object, object]:
        history += [{"role": "user", "content": {"path": path}} for path in message["files"]]
        return [*history, {"role": "user", "content": message["text"]}], gr.MultimodalTextbox(
            value=None, interactive=False
        )

    def answer(history: list[dict[str, str]]) -> object:
        history.append({"role": "assistant", "content": ""})
        for letter in "yes":
            history[-1]["content"] += letter
            yield history

    with gr.Blocks() as demo:
        component = gr.Chatbot(elem_id="chatbot", type="messages")
        box = gr.MultimodalTextbox(
            interactive=True,
            file_count="multiple",
            placeholder="Say",
            show_label=False,
            sources=["microphone", "upload"],
        )
        asked = box.submit(add, [component, box], [component, box])
        asked.then(answer, component, component).then(lambda: gr.MultimodalTextbox(interactive=True), None, [box])
        with pytest.warns(UserWarning, match="like_user_message"):
            component.like(lambda: None, None, None, like_user_message=True)
    with TestPage(demo) as page:
        page.set(box, {"text": "hi", "files": []})
        page.fire(box, "submit")
        page.advance(1)
        assert [entry["content"][0]["text"] for entry in page.value(component)] == ["hi", "yes"]
        assert (page.value(box), page.props(box)["interactive"]) == ({"text": "", "files": []}, True)


@pytest.mark.blocking  # the inline engine of tests looks for the files on the loop
def test_a_handler_is_told_of_the_files_of_the_example_that_was_chosen(tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    Image.new("RGB", (4, 4)).save(image)
    examples = [{"text": "alone"}, {"text": "see", "files": [str(image), "https://example.org/b.wav"]}]

    def append(event: gr.SelectData, history: list[object]) -> list[object]:
        assert isinstance(event.value, dict)
        files = [{"role": "user", "content": file} for file in event.value["files"]]
        return [*history, {"role": "user", "content": event.value["text"]}, *files]

    with gr.Blocks() as demo:
        chatbot = gr.Chatbot(examples=examples)
        chatbot.example_select(append, chatbot, chatbot)
    with TestPage(demo) as page:
        page.fire(chatbot, "example_select", {"index": 0, "value": {"text": "alone"}})
        assert [entry["content"][0]["text"] for entry in page.value(chatbot)] == ["alone"]
        page.fire(chatbot, "example_select", {"index": 1, "value": {"text": "see"}})
        _, text, first, second = [entry["content"][0] for entry in page.value(chatbot)]
    assert text["text"] == "see"
    assert (first["kind"], first["value"]["name"]) == ("image", "a.png")
    assert (second["kind"], second["value"]) == ("audio", {"url": "https://example.org/b.wav"})


def test_the_first_small_image_among_its_files_stands_for_an_example(tmp_path: Path) -> None:
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    Image.new("RGB", (4, 4)).save(small)
    large.write_bytes(b"\x89PNG" + bytes(200_000))
    examples = [
        {"text": "a", "files": ["gone.png", str(large), {"path": str(small)}, "https://example.org/b.png"]},
        {"text": "b", "files": ["https://example.org/b.png"]},
        {"text": "c", "icon": "🦊", "files": [str(small)]},
        {"text": "d", "files": ["https://example.org/b.wav", str(large)]},
    ]
    icons = [one.get("icon") for one in gr.Chatbot(examples=examples).props()["examples"]]
    assert icons == [image_address(small, ""), "https://example.org/b.png", "🦊", None]
    assert str(icons[0]).startswith("data:image/png;base64,")
