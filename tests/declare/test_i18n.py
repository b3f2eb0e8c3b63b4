"""Texts of an app in several languages: what each visitor reads, and what comes back of it."""

from __future__ import annotations

import html
import pickle
import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from tests.faults.timing import Entry, check_linear, repeated

import millstream as gr
from millstream.components.tables.pages import page_from
from millstream.declare.i18n import (
    BEGIN,
    I18nData,
    json_in_each_language,
    key_or_text,
    translated,
    translated_text,
    without_marks,
)
from millstream.errors import DeclarationError
from millstream.testing import TestPage

ENGLISH = {
    "hello": "Hello",
    "name": "Your name",
    "yes": "Yes",
    "no": "No",
    "intro": "**Hi** & bye",
    "only": "English",
}
GERMAN = {"hello": "Hallo", "name": "Dein Name", "yes": "Ja", "no": "Nein", "intro": "**Hallo** <script>x</script>"}


@pytest.fixture
def i18n() -> gr.I18n:
    return gr.I18n(en=ENGLISH, de=GERMAN)


def label(page: TestPage, elem_id: str) -> object:
    return page.props(elem_id)["label"]


def test_a_text_is_said_in_the_language_asked_for_or_in_english_or_in_the_first_that_has_it(i18n: gr.I18n) -> None:
    assert translated_text(f"{i18n('hello')}, {'x' * 3}!", "de-AT") == "Hallo, xxx!"
    assert translated_text(i18n("only"), "de") == "English"
    assert translated_text(i18n("hello"), "sv") == translated_text(i18n("hello")) == "Hello"
    other = gr.I18n(fr={"bye": "Salut"}, pt_BR={"bye": "Tchau", "up": "Cima"})
    assert [translated_text(other("bye"), tag) for tag in ("", "pt", "pt-BR", "de")] == [
        "Salut",
        "Tchau",
        "Tchau",
        "Salut",
    ]
    assert translated_text(other("up"), "fr") == "Cima"
    assert other.translations_dict["pt-BR"] == {"bye": "Tchau", "up": "Cima"}


def test_mistakes_are_told_where_they_are_made(i18n: gr.I18n) -> None:
    with pytest.warns(UserWarning, match="no language has this key"):
        assert i18n("nothing") == "nothing"
    with pytest.raises(DeclarationError, match="a key is text"):
        i18n(3)  # type: ignore[arg-type]
    with pytest.raises(DeclarationError, match=r"I18n\(de=…\): give a dict"):
        gr.I18n(de="Hallo")  # type: ignore[arg-type]
    with pytest.raises(DeclarationError, match="'a': 1"):
        gr.I18n(de={"a": 1})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="is no I18n"):
        gr.Blocks().launch(i18n={"en": {}}, prevent_thread_lock=True)  # type: ignore[arg-type]


def test_a_text_survives_the_way_to_another_process(i18n: gr.I18n) -> None:
    again: I18nData = pickle.loads(pickle.dumps(i18n("hello")))
    assert (again, again.key, repr(again)) == (i18n("hello"), "hello", "i18n('hello')")
    assert gr.I18n(en=ENGLISH, de=GERMAN)("hello") == again


def test_values_are_put_into_a_text_in_the_order_of_its_language() -> None:
    i18n = gr.I18n(
        en={"found": "{count:.1f} in {place}", "here": "here"}, de={"found": "{place}: {count}", "here": "hier"}
    )
    said = i18n("found").format(count=np.float32(3), place=i18n("here"))
    assert [translated_text(f"<{said}>", tag) for tag in ("en", "de")] == ["<3.0 in here>", "<hier: 3.0>"]
    assert translated_text(i18n("found").format("x", place=BEGIN), "de") == "{place}: {count}"
    assert translated_text(html.escape(i18n("found").format(count=1, place="<b>")), "de") == "<b>: 1"
    assert pickle.loads(pickle.dumps(said)) == said.format(count=3.0, place=i18n("here"))
    with pytest.warns(UserWarning, match="no language has this key"):
        assert i18n("no {key}").format(key=1) == "no 1"


def test_what_has_no_texts_in_it_is_not_copied(i18n: gr.I18n) -> None:
    plain = {"a": [1, ("x", {"y": None})]}
    assert translated(plain, "de") is plain
    assert translated({"a": [1, (i18n("yes"), b"\xee\x80\x80")]}, "de") == {"a": [1, ("Ja", b"\xee\x80\x80")]}


def test_a_visitor_reads_labels_values_and_formatted_text_in_one_language(i18n: gr.I18n) -> None:
    with gr.Blocks(title=i18n("hello")) as demo:
        gr.Textbox(label=i18n("name"), value=i18n("hello"), info=f"({i18n('no')})", elem_id="name")
        gr.Markdown(i18n("intro"), elem_id="intro")
        gr.Chatbot([{"role": "assistant", "content": i18n("intro")}], elem_id="chat")
    with TestPage(demo, language="de-CH,en;q=0.5") as page, page.another(language="en") as other:
        assert page.page.manifest["title"] == "Hallo"
        assert (label(page, "name"), page.value("name"), page.props("name")["info"]) == ("Dein Name", "Hallo", "(Nein)")
        assert "<script>x" in page.value("intro")  # the developer's own words
        assert page.value("chat")[0]["content"][0]["html"].startswith("<p><strong>Hallo</strong>")
        assert "<script" not in page.value("chat")[0]["content"][0]["html"]
        assert (label(other, "name"), other.value("name")) == ("Your name", "Hello")
        assert other.value("intro") == "<p><strong>Hi</strong> &amp; bye</p>\n"


def test_handlers_get_what_the_visitor_reads_and_what_they_say_is_in_that_language(i18n: gr.I18n) -> None:
    seen: list[str] = []

    def greet(name: str, said: str) -> tuple[str, str, str, object]:
        seen.extend((name, said))
        gr.Info(i18n("only"), title=i18n("hello"))
        return (
            f"{i18n('hello').upper()[:0]}{i18n('hello')}, {name}",
            i18n("intro"),
            i18n("yes"),
            gr.update(label=i18n("no")),
        )

    def fail() -> None:
        raise gr.Error(f"{i18n('no')}!")

    with gr.Blocks() as demo:
        name = gr.Textbox(value=i18n("hello"), label="name")
        out, formatted, said = gr.Textbox(label="out"), gr.Markdown(elem_id="formatted"), gr.Textbox(label="said")
        gr.Button("Go", elem_id="go").click(greet, [name, said], [out, formatted, said, name])
        gr.Button("Fail", elem_id="fail").click(fail)
    with TestPage(demo, language="de") as page:
        page.click("go")
        assert page.value("out") == "Hallo, Hallo"
        assert page.value("formatted").startswith("<p><strong>Hallo</strong>")
        assert "<script" not in page.value("formatted")
        assert [(toast.title, toast.message) for toast in page.page.toasts] == [("Hallo", "English")]
        page.click("go")
        assert seen == ["Hallo", "", "Hallo", "Ja"]
        (run,) = page.click("fail")
        assert run.error == "Nein!"


def test_a_choice_has_its_key_as_its_value(i18n: gr.I18n) -> None:
    with gr.Blocks() as demo:
        choice = gr.Radio([i18n("yes"), (i18n("no"), "never")], value=i18n("yes"), label="choice")
        several = gr.Dropdown([i18n("yes"), i18n("no")], multiselect=True, label="several")
        out = gr.JSON(label="out")
        gr.Button("Go", elem_id="go").click(lambda one, more: [one, more], [choice, several], out)
        gr.Button("Set", elem_id="set").click(lambda: gr.update(choices=[i18n("no")], value=i18n("no")), None, choice)
    with TestPage(demo, language="de") as page:
        assert page.props("choice")["choices"] == [["Ja", "yes"], ["Nein", "never"]]
        assert page.value("choice") == "yes"
        page.set("several", ["no", "yes"])
        page.click("go")
        assert page.value("out") == ["yes", ["no", "yes"]]
        page.click("set")
        assert (page.value("choice"), page.props("choice")["choices"]) == ("no", [["Nein", "no"]])


def test_marks_that_a_visitor_sends_say_nothing(i18n: gr.I18n) -> None:
    forged, unknown = str.__str__(i18n("hello")), str.__str__(i18n("hello")).replace("hello", "<img src=x>")
    assert translated_text(unknown, "de") == unknown
    assert key_or_text(unknown) == unknown
    with gr.Blocks() as demo:
        box, out = gr.Textbox(label="box"), gr.Textbox(label="out")
        tree, shown = gr.JSON(label="tree"), gr.Markdown(elem_id="shown")
        gr.Button("Go", elem_id="go").click(lambda text: (text, {text: {"": "x"}}, text), box, [out, tree, shown])
    with TestPage(demo, language="de") as page:
        for text in (forged, f"a{forged}b", f"{BEGIN}each"):
            page.set("box", text)
            page.click("go")
            broken = text.replace(BEGIN, "\ufffd")
            assert page.value("out") == broken
            assert page.value("tree") == {broken: {"": "x"}}
            assert "Hallo" not in page.value("shown")
    assert without_marks(forged.encode()).decode() == forged.replace(BEGIN, "\ufffd")
    own = "\ue000 of an own font".encode()
    assert without_marks(own) is own


def test_values_of_a_forged_mark_never_become_html(i18n: gr.I18n) -> None:
    texts = gr.I18n(en={"hi": "<b>Hi</b> {name}"})
    forged = html.escape(texts("hi").format(name="<img src=x onerror=alert(1)>"))
    with gr.Blocks() as demo:
        gr.HTML(forged, elem_id="own")
        later: list[gr.HTML | gr.Markdown] = [gr.HTML(elem_id="clean"), gr.HTML(sanitize=False, elem_id="raw")]
        later += [gr.Markdown(elem_id="clean text"), gr.Markdown(sanitize=False, elem_id="raw text")]
        table = gr.Dataframe([[forged + "<i></i>"]], headers=["A"], datatype=["markdown"])
        demo.load(lambda: [forged] * 4, None, later)
    with TestPage(demo) as page:
        for elem_id in ("own", "clean", "raw", "clean text", "raw text"):
            assert "<b>Hi</b> " in page.value(elem_id)
            assert not re.search(r"<img[^>]*onerror", page.value(elem_id))
        assert "onerror" not in str(page.value(table)["data"][0][1:])


@pytest.mark.blocking
def test_what_is_written_down_is_a_key_and_a_path_is_english(i18n: gr.I18n, tmp_path: Path) -> None:
    boxes = gr.Textbox(label="text"), gr.Textbox(label="out")
    options, folder = [i18n("no")], str(tmp_path)
    demo = gr.Interface(
        str.upper, *boxes, flagging_mode="manual", flagging_options=options, flagging_dir=folder, clear_btn=None
    )
    with demo.route(i18n("name")):
        gr.Markdown()
    with TestPage(demo, language="de") as page, page.another("/your-name", "de") as other:
        assert other.page.manifest["page"] == "Dein Name"
        page.set("text", "a")
        page.click("Submit")
        page.click("Flag as Nein")
    (written,) = tmp_path.glob("**/*.csv")
    assert ",no," in written.read_text()


def test_a_visitor_reads_a_large_table_in_one_language_and_one_without_texts_has_a_file_for_all(i18n: gr.I18n) -> None:
    def told(value: pd.DataFrame) -> str:
        return f"{value.columns[0] == i18n('name')} {set(value.iloc[:, 0])}"

    rows = [[i18n("yes"), f"*{i18n('no')}*", number] for number in range(3_000)]
    with gr.Blocks() as demo:
        table = gr.Dataframe(
            rows, headers=[i18n("name"), "B", "C"], datatype=["str", "markdown", "number"], elem_id="table"
        )
        out = gr.Textbox(label="out")
        table.change(told, table, out)
    with TestPage(demo, language="de") as page, page.another() as other:
        for one, name, yes, no in ((page, "Dein Name", "Ja", "Nein"), (other, "Your name", "Yes", "No")):
            value: Any = one.page.values[table.id]
            fetched = msgspec.msgpack.decode(one.run(one.download(value["data"][0]["page"]["file"])))
            assert value["headers"][0] == name
            assert fetched[0] == [yes, f"*{no}*", 0, f"<p><em>{no}</em></p>\n"]
            assert value["data"][-1][0] == yes
        page.set("table", {"headers": ["Dein Name", "B", "C"], "data": [["Ja", "x", 1]]})
        page.wait_for(lambda: page.page.values[out.id] == "True {'Ja'}")
    [alone] = page_from([("yes", 1)] * 20).files
    assert alone.data == page_from([("yes", 1)] * 20).data


def test_messages_of_ours_name_a_component_in_words(i18n: gr.I18n) -> None:
    with gr.Blocks():
        assert gr.Textbox(label=i18n("name")).name == "Textbox 'Your name'"


@pytest.mark.parametrize("piece", ["\ue000", "\\ue000", "\ue0000123456789abcdef:"])
def test_marks_that_do_not_end_take_time_in_proportion_in_a_figure(piece: str) -> None:
    gr.I18n(en={"a": "Hello"})
    check_linear(Entry("a figure", lambda text: json_in_each_language(f'{{"title": "{text}"}}'), repeated(piece)))
