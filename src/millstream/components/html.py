"""`HTML`: the app's own HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Self, cast

from millstream.components.templates.server_functions import ServerFunctions
from millstream.components.templates.templates import VALUE, Templates
from millstream.components.text.sanitized_html import sanitised
from millstream.components.values.plain import plain_text
from millstream.declare.arguments import check_known, parameters
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.event import Event, Trigger
from millstream.declare.i18n import in_each_language
from millstream.declare.layout import Column
from millstream.declare.uploaded import files_in, with_files, with_paths
from millstream.declare.user_warnings import warn
from millstream.types import Blob, Files, Handler, Media, Scratch, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import encodable, plain

COMMON: Final = frozenset({*parameters(Element), *parameters(Component)} - {"value"})
"""The keywords that are no properties of the app's templates."""


class HTML(Component):
    """HTML that the app shows, and that its visitors may work with. Handlers get and return its value.

    Without a template the value is HTML, a `str`: the declared one is shown as it is. Values set later are sanitised:
    style, class, id and inline SVG survive, scripts, handlers such as `onclick` and `javascript:` links do not.

    With `html_template` the value is anything that JSON can say. `${…}` is an expression of JavaScript, `{{…}}` is
    Handlebars (`each`, `if`, `unless`, `with`); both know `value`, `label` and the further keywords. What `{{…}}` and
    attributes are given is escaped, what `${…}` gives elsewhere is HTML, and sanitised.

    Args:
        value: The HTML, or what the template shows; or a function that gives it (which counts as set later).
        html_template: The HTML around the value. `@children` is where elements made inside `with HTML(…):` go.
        css_template: A style sheet for this component alone, written like `html_template`.
        js_on_load: JavaScript that runs once the HTML is shown for the first time. It has `element`, `props` (writing
            to `props.value` edits the value), `trigger("event", data)`, `watch("value", fn)` for changes by handlers,
            `server`, and `await upload(file)`, which gives the `path` and `url` of a `File` that it has sent: within a
            value, an event's data and the arguments of a server function, Python gets the path on the server.
        server_functions: Functions that `js_on_load` may call: `await server.NAME(…)` gives what `NAME` returns, and
            throws if that fails. Arguments and results are what JSON can say. A call is an event, as a click is: it
            waits for a slot, and a component that is hidden or not interactive has none.
        head: HTML for the page's `<head>`, such as a script that `js_on_load` uses.
        apply_default_css: Whether text, tables and the like in it look as they do elsewhere in the page.
        padding: Whether there is space around it.
        min_height, max_height: Its height in pixels, or with a CSS unit; what is longer scrolls.
        autoscroll: Whether it follows its end, as long as that is in view.
        sanitize: `False` shows later values as they are, too: only for values that no visitor has a part in.
        props: See `Component`; any other keyword is a property for the templates, and handlers may change it.
    """

    default_label = False

    change = Event()
    click = Event()
    submit = Event()
    clear = Event()
    input = Event()
    select = Event()
    edit = Event()

    def __init__(
        self,
        value: object | Callable[[], object] | None = None,
        *,
        html_template: str = VALUE,
        css_template: str = "",
        js_on_load: str | None = None,
        server_functions: Sequence[Handler] | None = None,
        head: str | None = None,
        apply_default_css: bool = True,
        padding: bool = True,
        min_height: int | str | None = None,
        max_height: int | str | None = None,
        autoscroll: bool = False,
        sanitize: bool = True,
        **props: object,
    ) -> None:
        known = COMMON.union(*(base.__dict__.get("ignores", ()) for base in type(self).__mro__))
        common = {name: given for name, given in props.items() if name in known}
        own = {name: given for name, given in props.items() if name not in known}
        self.templates = Templates(html_template, css_template, js_on_load or "", own)
        self.head = head or ""
        self.apply_default_css = apply_default_css
        self.padding = padding
        self.min_height, self.max_height, self.autoscroll = min_height, max_height, autoscroll
        self.sanitize = sanitize
        self._inside: Column | None = None
        self.functions = ServerFunctions(self, server_functions or ())
        self.own_events = self.functions.events
        self.editing |= self.functions.events
        if self.templates.is_used:
            self.tag = "htmltemplate"  # type: ignore[misc]  # which element it is
            if js_on_load:
                self.names_files = True
                common.setdefault("interactive", True)
        common.setdefault("show_label", False)
        common.setdefault("container", False)
        super().__init__(value, **common)  # type: ignore[arg-type]  # checked by `Component`
        self.functions.bind()

    def render(self) -> Self:
        super().render()
        self.functions.bind()
        return self

    def __getattr__(self, name: str) -> Any:  # an event of its templates, or what the base class knows
        templates = self.__dict__.get("templates")
        if templates is not None and templates.fires(name):
            return Trigger(self, name)
        return super().__getattr__(name)

    def __enter__(self) -> Self:
        """Take in what is made inside of the `with`, to be shown in the place of `@children`."""
        self._inside = Column()
        self._inside.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        cast("AbstractContextManager[object]", self._inside).__exit__(*failure)  # type: ignore[arg-type]

    def check(self) -> None:
        if not self.templates.is_used or (self.templates.shows_value and not self.templates.js):
            check_known(type(self), self.templates.props)
        list(self.page_scripts())
        if self.functions.events and not self.templates.js:
            warn(f"{self.name}: server_functions= does nothing: js_on_load= calls them, which is missing")
        super().check()

    def props(self) -> dict[str, Value]:
        given = self.templates
        return {
            **super().props(),
            "padding": self.padding,
            "min_height": self.min_height,
            "max_height": self.max_height,
            "autoscroll": self.autoscroll,
            **({"given": dict(given.props), "prose": self.apply_default_css} if given.is_used else {}),
            **({"functions": self.functions.names} if self.functions.events else {}),
            **({"inside": self._inside.elem_id} if self._inside is not None else {}),
        }

    def patch(self, names: Sequence[str]) -> dict[str, Value]:  # type: ignore[override]
        is_given = any(name in self.templates.props for name in names)
        return super().patch([*names, "given"] if is_given else names)

    def settle(self, is_interactive: bool, drives_stream: bool, is_output: bool) -> None:
        super().settle(is_interactive, drives_stream, is_output)
        if self._inside is not None:
            self._inside.elem_id = f"ms-inside-{self.id}"

    def hand_over(self, fresh: Self) -> None:
        super().hand_over(fresh)
        fresh._inside, fresh.functions = self._inside, self.functions
        fresh.own_events, fresh.editing = self.own_events, self.editing

    def page_scripts(self) -> Iterator[str]:
        if self.templates.is_used:
            yield from self.templates.scripts(self.id, self.name)

    def validate(self, wire: Value, files: Files) -> Stored:
        return super().validate(wire, files) if not self.templates.is_used else with_files(self.accept(wire), files)

    def accept(self, value: object) -> Stored:
        if not self.templates.is_used or (self.templates.shows_value and not isinstance(value, list | dict)):
            return plain_text(value)
        try:
            return encodable(value)
        except TypeError as error:
            raise self.invalid(f"text, numbers, lists and dicts ({error})", value) from error

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        return with_paths(plain(value), scratch)  # a copy: the handler may write into it

    def files(self, stored: Stored) -> Sequence[Blob]:
        return list(files_in(stored))

    def mark(self, stored: Stored) -> object:
        return plain(stored)

    def wire(self, stored: Stored) -> Value:
        if not isinstance(stored, str) or not self.templates.shows_value:
            return stored if self.templates.is_used else plain_text(stored)
        is_own = not self.is_computed and stored == self._initial
        if is_own or not self.sanitize:
            return in_each_language(stored, str, sanitizes=False)
        return in_each_language(stored, sanitised)
