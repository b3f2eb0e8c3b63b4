import json

import pytest
from tests.components.templates import golden

from millstream import DeclarationError
from millstream.components.templates.compiled import compile_template


def test_the_page_tests_what_is_compiled_now() -> None:
    assert json.loads(golden.FILE.read_text()) == golden.golden(), "run python tests/components/templates/golden.py"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("${value", "has no end"),
        ("${`${value}", "has no end"),
        ("{{#each value}}", "{{#each value}} has no end"),
        ("{{/each}}", "{{/each}} ends no block"),
        ("{{#if value}}{{/each}}", "{{/each}} ends no block"),
        ("{{else}}", "stands in no block"),
        ("{{> partial}}", "partial"),
        ("{{format value 2}}", "neither a name nor one of each, if"),
    ],
)
def test_a_template_that_cannot_be_read_is_refused_with_its_place(source: str, words: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        compile_template(source, ["value"], "HTML: html_template")
    assert "HTML: html_template" in str(caught.value)
    assert words in str(caught.value)


def test_a_style_sheet_is_left_as_it_is_but_for_its_values() -> None:
    compiled = compile_template("h1 { color: ${color}; }", ["color", "class", "a-b"], "HTML", is_css=True)
    assert compiled == (
        '($c0,$x)=>{const{color}=$c0,$d0={};let $o="";$o+="h1 { color: ";$o+=$x.css((color\n));$o+="; }";return $o}'
    )


@pytest.mark.parametrize("count", [2000, 4000])
def test_long_templates_take_linear_time(count: int) -> None:
    assert (
        len(compile_template("<p>${'x'.repeat(1)}</p>{{#if value}}{{value}}{{/if}}" * count, ["value"], "HTML")) > count
    )
