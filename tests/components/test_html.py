import pytest

import millstream as gr
from millstream.components.text.sanitized_html import sanitised
from millstream.testing import TestPage

EVIL = [
    "<script>alert(1)</script>",
    '<img src="x" onerror="alert(1)">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" jAvA\nscript:alert(1)">x</a>',
    "<svg><script>alert(1)</script></svg>",
    '<svg onload="alert(1)"><path d="M0 0"/></svg>',
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    '<svg><animate attributeName="href" values="javascript:alert(1)"/></svg>',
    '<svg><use href="data:image/svg+xml,<svg/>#x"/></svg>',
    "<svg><foreignObject><iframe src='javascript:alert(1)'></iframe></foreignObject></svg>",
    '<iframe src="https://evil.example"></iframe>',
    '<form action="https://evil.example"><input name="password"></form>',
    '<input formaction="javascript:alert(1)" type="submit">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<link rel="stylesheet" href="https://evil.example">',
    '<base href="https://evil.example">',
    '<object data="x"></object><embed src="x">',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<style>body { display: none }</style>",
]


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_that_runs_or_loads_survives(evil: str) -> None:
    clean = sanitised(evil).lower()
    outside_of_quotes = "".join(clean.split('"')[::2])
    for word in (
        "<script",
        "onerror=",
        "onload=",
        "<iframe",
        "<form",
        "formaction",
        "<meta",
        "<link",
        "<base",
        "<object",
    ):
        assert word not in outside_of_quotes
    for word in (
        "javascript:",
        "svg+xml",
        "text/html",
        "<embed",
        "<animate",
        "<use",
        "<foreignobject",
        "display: none",
    ):
        assert word not in clean


@pytest.mark.parametrize(
    "good",
    [
        '<p class="big" id="a" style="color:red">Hello</p>',
        '<svg viewBox="0 0 10 10"><circle cx="5" cy="5" r="4" fill="red"></circle></svg>',
        '<svg><linearGradient id="g"><stop offset="0" stop-color="red"></stop></linearGradient></svg>',
        "<table><tbody><tr><td>1</td></tr></tbody></table>",
        '<img src="data:image/png;base64,AAAA">',
        '<progress value="3" max="10"></progress>',
        '<button class="x">Press</button>',
    ],
)
def test_what_draws_survives(good: str) -> None:
    assert sanitised(good) == good


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("mine ms-notice", ' class="mine"'),
        ("MS-x\fkatex\tkatex-mathml js-plotly-plot plotly-notifier maplibregl-map", ""),
        ("gems katrin a-ms-b", ' class="gems katrin a-ms-b"'),
    ],
)
def test_html_does_not_dress_up_as_the_page(given: str, kept: str) -> None:
    assert sanitised(f'<p class="{given}">x</p>') == f"<p{kept}>x</p>"
    assert sanitised(f'<svg class="{given}"></svg>') == f"<svg{kept}></svg>"


CARD = "margin:0 auto 1rem;box-shadow:0 2px 4px rgba(0, 0, 0, 0.1)"


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("position: fixed; inset: 0; z-index: 99; color: red", "color:red"),
        ("p\\6fsition:fixed", None),
        ("position/**/:fixed", None),
        ("transform:scale(99);filter:blur(9px);outline:99px solid;--x:1", ""),
        (CARD, CARD),
        ("margin-top:-100vh", None),
        ("margin:calc(0px - 9em)", None),
        ("box-shadow:0 0 0 9999px red", None),
        ("box-shadow:0 0 0 99em red", None),
        ("display:grid;grid-template-columns:1fr 2fr;gap:4px", "display:grid;grid-template-columns:1fr 2fr;gap:4px"),
    ],
)
def test_no_style_lies_over_the_page(style: str, kept: str | None) -> None:
    assert sanitised(f'<p style="{style}">x</p>') == ("<p>x</p>" if kept is None else f'<p style="{kept}">x</p>')


def test_the_declared_value_is_the_developers_own() -> None:
    own = '<div onclick="f()">x</div><script>1</script>'
    with gr.Blocks():
        html = gr.HTML(own)
    assert html.inline() == own
    assert html.wire(html.initial()) == own


def test_later_values_are_sanitised() -> None:
    with gr.Blocks():
        html = gr.HTML("<b>own</b>")
        open_html = gr.HTML(sanitize=False)
        computed = gr.HTML(lambda: EVIL[0])
    assert html.wire(html.postprocess("a" + EVIL[0], None)) == "a"
    assert open_html.wire(EVIL[0]) == EVIL[0]
    assert computed.wire(computed.initial()) == ""


def test_an_update_does_not_make_a_value_the_developers_own() -> None:
    with gr.Blocks():
        html = gr.HTML("<b>own</b>")
    changed = html.updated({"value": EVIL[0], "padding": False})
    assert changed.wire(EVIL[0]) == ""
    assert changed.wire("<b>own</b>") == "<b>own</b>"


def test_handlers_get_what_was_set() -> None:
    html = gr.HTML()
    assert html.preprocess(html.postprocess(EVIL[0], None), None) == EVIL[0]


def test_properties() -> None:
    with gr.Blocks():
        assert gr.HTML(padding=False).props()["padding"] is False
        assert gr.HTML().props()["show_label"] is False


def test_a_template_has_its_scripts_and_properties_in_the_page() -> None:
    with gr.Blocks() as demo:
        html = gr.HTML(
            3, html_template="<b>${size}</b>", css_template="color: ${color}", js_on_load="f()", size=2, color="red"
        )
    manifest = demo.freeze()
    contents, sheet, script = manifest.component_scripts
    assert "$x.html((size\n))" in contents
    assert "$x.css((color\n))" in sheet
    assert script.endswith("=async(element,trigger,props,server,upload,watch)=>{f()\n};")
    leaf = manifest.page()["components"][str(html.id)]
    assert (leaf["type"], leaf["props"]["value"], leaf["props"]["given"]) == (
        "htmltemplate",
        3,
        {"size": 2, "color": "red"},
    )
    assert leaf["props"]["interactive"] is True
    with gr.Blocks() as other:
        gr.HTML(3, html_template="<b>${size}!</b>", size=2)
    assert other.freeze().build != manifest.build


def test_html_alone_needs_no_script_and_its_keywords_are_checked() -> None:
    with gr.Blocks() as demo, pytest.raises(TypeError, match="no argument 'lable'; did you mean 'label'"):
        gr.HTML("<b>x</b>", lable="x")
    assert demo.freeze().component_scripts == ()


def test_a_template_that_cannot_be_read_is_found_while_the_app_is_declared() -> None:
    with gr.Blocks(), pytest.raises(gr.DeclarationError, match=r"HTML 'Stars': html_template: .* has no end"):
        gr.HTML(label="Stars", html_template="<b>${value</b>")


class Stars(gr.HTML):
    def __init__(self, label: str, value: int = 0, **more: object) -> None:
        template = "${label}: ${'*'.repeat(value)}"
        super().__init__(value, label=label, html_template=template, js_on_load="trigger('rated', {by: 1})", **more)


def test_a_visitor_edits_a_template_and_fires_events_of_its_script() -> None:
    with gr.Blocks() as demo:
        stars = Stars("Food", 3)
        with gr.HTML([0], html_template="{{#each value}}{{this}}{{/each}}@children", size=1) as total:
            note = gr.Textbox(label="Note")

        @stars.rated(inputs=[stars, total], outputs=[stars, total, note])
        def rate(count: int, before: list[object], event: gr.EventData) -> object:
            before.append(count)  # its own copy
            return count + event.by, gr.HTML(before, size=5), "rated"

    with TestPage(demo) as page:
        page.set(stars.id, 4)
        (run,) = page.fire(stars.id, "rated", {"by": 2})
        assert run.state == "done"
        assert (page.value(stars.id), page.value(total.id), page.value(note.id)) == (6, [0, 4], "rated")
        assert page.props(total.id)["given"] == {"size": 5}
        assert page.props(total.id)["inside"] == note.parent.elem_id  # type: ignore[union-attr]
    with pytest.raises(AttributeError, match="no 'rates'"):
        _ = stars.rates


def test_values_of_templates_are_plain_data() -> None:
    with gr.Blocks():
        html = gr.HTML(html_template="${value}")
        shown = gr.HTML(js_on_load="f()")
        data = gr.HTML(html_template="<i>${value}</i>")
    assert html.wire(html.accept(EVIL[0])) == ""
    assert shown.wire(shown.accept(EVIL[0])) == ""
    assert data.validate({"a": [1, None, float("nan")]}, None) == {"a": [1, None, None]}
    assert data.preprocess(stored := {"a": [1]}, None) == stored
    assert data.preprocess(stored, None)["a"] is not stored["a"]
    with pytest.raises(gr.InvalidValue, match="HTML takes text, numbers, lists and dicts"):
        data.accept({"a": object()})
