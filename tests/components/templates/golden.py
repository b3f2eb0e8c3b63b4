# ruff: noqa: E501
"""Templates, the functions that they are compiled to, and their texts, for the tests of both sides.

`python tests/components/templates/golden.py` writes `tests/golden/templates.json`; `web/tests/late/htmltemplate.test.ts` calls the functions.
"""

from __future__ import annotations

import json
from pathlib import Path

from millstream.components.templates.compiled import compile_template

FILE = Path(__file__).parents[2] / "golden" / "templates.json"

CASES: list[tuple[str, dict[str, object], str]] = [
    ("<h1>Hello, ${value}! ${value.length} letters</h1>", {"value": "Ann"}, "<h1>Hello, Ann! 3 letters</h1>"),
    ("<p>{{value}}</p>", {"value": "<b>&"}, "<p>&lt;b&gt;&amp;</p>"),
    ("<p>{{{value}}}${value}</p>", {"value": "<b onclick='x()'>1</b>"}, "<p><b onclick='x()'>1</b><b onclick='x()'>1</b></p>"),
    ("<p>{{ value }}${value}</p>", {"value": None}, "<p></p>"),
    ('<i title="${value}" class=${value} ${value}>', {"value": '"><b> x'}, '<i title="&quot;&gt;&lt;b&gt; x" class=&quot;&gt;&lt;b&gt;&#32;x "b x>'),
    ("<ul>${value.map((i) => `<li>${i + '}'}</li>`).join('')}</ul>", {"value": [1, 2]}, "<ul><li>1}</li><li>2}</li></ul>"),
    ("{{#each value}}<b>{{this}}{{@index}}</b>{{else}}none{{/each}}", {"value": ["a", "<"]}, "<b>a0</b><b>&lt;1</b>"),
    ("{{#each value}}{{this}}{{else}}none{{/each}}", {"value": []}, "none"),
    ("{{#each value as |row at|}}{{at}}{{row.n}}{{../label}}{{#unless @last}},{{/unless}}{{/each}}", {"value": [{"n": 1}, {"n": 2}], "label": "L"}, "01L,12L"),
    ("{{#each value}}{{@key}}={{this}};{{/each}}", {"value": {"x": 1, "y": 2}}, "x=1;y=2;"),
    ("{{#if value}}A{{else if label}}B{{else}}C{{/if}}", {"value": [], "label": "x"}, "B"),
    ("{{#with value}}{{name}}{{@root.label}}{{/with}}{{#value}}!{{/value}}{{^label}}?{{/label}}", {"value": {"name": "n"}, "label": ""}, "n!?"),
    ("a {{~! gone ~}} b{{!-- {{gone}} --}}c{{~#if value~}} d {{~/if~}} e", {"value": 1}, "abcde"),
    ("${/[}'`]/.test(value) /* } */ ? '}' : \"{\"} $5 {1} \\${value} // }", {"value": "}"}, "} $5 {1} ${value} // }"),
    ("{{value.constructor}}{{lookup value label}}{{value.0}}", {"value": [7], "label": "0"}, "77"),
    ("<script>${value}</script><textarea>${value}</textarea>", {"value": "</"}, "<script>&lt;/</script><textarea>&lt;/</textarea>"),
    ("<style>b { color: ${value} }</style>{{value}}", {"value": "red} *<"}, "<style>b { color: red * }</style>red} *&lt;"),
    ("${x}${o}", {"x": 1, "o": 2, "value": ""}, "12"),
]  # fmt: skip
"""The template, the properties, and the text."""


def golden() -> list[dict[str, object]]:
    return [
        {"source": source, "props": props, "text": text, "compiled": compile_template(source, props, "HTML")}
        for source, props, text in CASES
    ]


if __name__ == "__main__":
    FILE.write_text(json.dumps(golden(), indent=1, ensure_ascii=False) + "\n")
