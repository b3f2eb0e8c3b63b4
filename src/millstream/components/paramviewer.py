"""`ParamViewer`: a table of parameters, with their types, defaults and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Literal, TypeAlias, TypedDict, Unpack

from millstream.components.text.markdown_html import Style, prose
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.types import Stored
from millstream.wire.messages import Value
from millstream.wire.plain import plain

FIELDS = ("type", "description", "default")


class Parameter(TypedDict, total=False):
    """The facts about one parameter."""

    type: str
    description: str
    default: str | None


Parameters: TypeAlias = Mapping[str, Parameter]


class ParamViewer(Component):
    """A table of parameters. Handlers get and return a dict of `{"type", "description", "default"}` by name.

    Args:
        value: The parameters, or a function that gives them. Descriptions are Markdown.
        language: The language of types and defaults, `"python"` or `"typescript"`; both look the same here.
        linkify: Types that are links to the parameter of the same name.
        header: The heading, `None` for none.
        anchor_links: Whether each parameter has an address of its own, `#param-NAME`; a string comes before it.
        max_height: Height in pixels, or with a CSS unit, beyond which it scrolls.
        common: See `Component`.
    """

    tag = "html"
    default_label = False

    change = Event()
    upload = Event()

    def __init__(
        self,
        value: Parameters | Callable[[], Parameters] | None = None,
        *,
        language: Literal["python", "typescript"] = "python",
        linkify: Sequence[str] | None = None,
        header: str | None = "Parameters",
        anchor_links: bool | str = False,
        max_height: int | str | None = None,
        **common: Unpack[Common],
    ) -> None:
        self.language = language
        self.linkify = tuple(linkify or ())
        self.header = header
        self.anchor_links = anchor_links
        self.max_height = max_height
        common.setdefault("show_label", False)
        super().__init__(value, **common)

    def check(self) -> None:
        self.prefer_one_of("language", ("python", "typescript"), "python")
        super().check()

    def props(self) -> dict[str, Value]:
        own: dict[str, Value] = {"padding": True, "min_height": None, "max_height": self.max_height}
        return {**super().props(), **own, "autoscroll": False}

    def accept(self, value: object) -> Stored:
        if not isinstance(value, Mapping) or not all(isinstance(known, Mapping) for known in value.values()):
            raise self.invalid(
                'a dict of {"type": …, "description": …, "default": …} by the name of the parameter', value
            )
        return {str(name): {key: known[key] for key in FIELDS if key in known} for name, known in value.items()}

    def preprocess(self, value: Stored | Any, scratch: object) -> object:
        return plain(value)

    def wire(self, stored: Stored) -> Value:
        if not isinstance(stored, Mapping):
            return None
        head = "".join(f"<th>{title}</th>" for title in ("Name", "Type", "Description", "Default"))
        rows = "".join(self._row(str(name), known) for name, known in stored.items())
        title = f"<h3>{escape(self.header)}</h3>" if self.header else ""
        return f"{title}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def _row(self, name: str, known: Mapping[str, object]) -> str:
        prefix = f"{self.anchor_links}-" if isinstance(self.anchor_links, str) else ""
        anchor = f' id="{escape(f"param-{prefix}{name}")}"' if self.anchor_links else ""
        default = known.get("default")
        cells = (
            f"<code>{escape(name)}</code>",
            self._type(str(known.get("type") or ""), prefix),
            prose(str(known.get("description") or ""), Style(False, True)),
            "" if default is None else f"<code>{escape(str(default))}</code>",
        )
        return f"<tr{anchor}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"

    def _type(self, said: str, prefix: str) -> str:
        shown = escape(said)
        for word in self.linkify:
            link = f'<a href="#param-{escape(f"{prefix}{word}")}">{escape(word)}</a>'
            shown = shown.replace(escape(word), link)
        return f"<code>{shown}</code>" if said else ""
