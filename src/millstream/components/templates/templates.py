"""`Templates`: those of one `HTML`, and the scripts by which a page has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from millstream.components.templates.compiled import compile_template
from millstream.wire.messages import Value

VALUE: Final = "${value}"
"""The template that shows the value alone, as HTML."""

OWN: Final = ("value", "label", "visible")
"""The properties that templates may name, besides those that the app gives."""

CHILDREN: Final = "@children"
_PLACE: Final = '<div class="ms-children"></div>'


@dataclass(frozen=True)
class Templates:
    """The templates of one component.

    Attributes:
        html: The template of its contents.
        css: That of its style sheet.
        js: What runs once its contents are shown for the first time.
        props: The properties that the app gives.
    """

    html: str = VALUE
    css: str = ""
    js: str = ""
    props: Mapping[str, Value] = field(default_factory=dict)

    @cached_property
    def shows_value(self) -> bool:
        """True if the contents are the value itself, which is HTML then."""
        return self.html.strip() == VALUE

    @property
    def is_used(self) -> bool:
        """True if there is more to it than the value."""
        return bool(not self.shows_value or self.css or self.js or self.props)

    def fires(self, event: str) -> bool:
        """Say whether the script names an event."""
        return bool(event.isidentifier() and re.search(rf"""(['"`]){re.escape(event)}\1""", self.js))

    def scripts(self, number: int, where: str) -> Iterator[str]:
        """Write the scripts of a component; each by itself, so that an error in one costs no other.

        Raises:
            DeclarationError: A template cannot be read; the message begins with `where`.
        """
        names = (*OWN, *self.props)
        place = f"((window.millstreamTemplates??={{}})[{number}]??={{}})"
        html = self.html.replace(CHILDREN, _PLACE)
        body = (
            "($c,$x)=>$x.given($c.value)"
            if self.shows_value
            else compile_template(html, names, f"{where}: html_template")
        )
        yield f"{place}.html={body};"
        if self.css:
            yield f"{place}.css={compile_template(self.css, names, f'{where}: css_template', is_css=True)};"
        if self.js:
            yield f"{place}.load=async(element,trigger,props,server,upload,watch)=>{{{self.js}\n}};"
