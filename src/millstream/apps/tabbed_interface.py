"""`TabbedInterface`: several apps in one, a tab for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from millstream.apps.blocks import Blocks
from millstream.components.markdown import Markdown
from millstream.declare.tabs import Tab, Tabs
from millstream.declare.theme import ThemeLike
from millstream.errors import DeclarationError


class TabbedInterface(Blocks):
    """An app that shows each of several others in a tab of its own.

    Args:
        interface_list: The apps: `Interface`, `ChatInterface` or `Blocks`. Their titles are not the page's.
        tab_names: The headings of the tabs, one for each app; `"Tab 0"`, `"Tab 1"` … without any.
        title: Heading above the tabs, and the page's title.
        theme: See `Blocks`.
        css: See `Blocks`.
        js: See `Blocks`.
        head: See `Blocks`.
        tabs_kwargs: Arguments of the `Tabs` that holds the tabs, such as `{"selected": 1}`.
        ignored: Keywords that have a meaning in Gradio but none here.

    Raises:
        DeclarationError: There are more or fewer names than apps, or one of them is not an app.
    """

    tag = "blocks"

    def __init__(
        self,
        interface_list: Sequence[Blocks],
        tab_names: Sequence[str] | None = None,
        title: str | None = None,
        theme: ThemeLike = None,
        *,
        css: str | Path | None = None,
        js: str | Path | None = None,
        head: str | Path | None = None,
        tabs_kwargs: Mapping[str, Any] | None = None,
        **ignored: object,
    ) -> None:
        super().__init__(theme, title=title or "Millstream", css=css, js=js, head=head, **ignored)  # type: ignore[arg-type]
        apps = list(interface_list)
        names = [f"Tab {number}" for number in range(len(apps))] if tab_names is None else list(tab_names)
        if len(names) != len(apps):
            raise DeclarationError(f"TabbedInterface: {len(apps)} apps, but {len(names)} tab_names: give one for each")
        for app in apps:
            if not isinstance(app, Blocks):
                raise DeclarationError(f"TabbedInterface: {app!r} is not an Interface, ChatInterface or Blocks")
        with self:
            if title:
                Markdown(f"# {title}")
            with Tabs(**(tabs_kwargs or {})):
                for app, name in zip(apps, names, strict=True):
                    with Tab(name):
                        app.render()
