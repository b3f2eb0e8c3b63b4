"""The look of the page under the options of `launch()`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final, cast

from millstream.components.chat.attachments import ELEMENTS
from millstream.declare.component import Component, added_tags
from millstream.declare.manifest import Look, Manifest
from millstream.declare.theme import ThemeLike, theme_tokens
from millstream.server.http.assets import Assets
from millstream.server.http.page import Content, read_source, read_sources
from millstream.server.http.words import Sentences, written_words
from millstream.server.options import ServerOptions

FILLS_WIDTH: Final = ".ms-page, .ms-footer { max-width: none }\n"

FILLS_HEIGHT: Final = """\
@property --ms-scale { syntax: "*"; inherits: false }
.ms-page > [style*="--ms-scale"], .ms-column > [style*="--ms-scale"] { flex: var(--ms-scale) 0 auto }
.ms-row[style*="--ms-scale"]:not(.ms-fixed) { align-items: stretch }
:is(ms-chatbot, ms-textbox, ms-code)[style*="--ms-scale"]:not(.ms-fixed) {
  display: flex; flex-direction: column;
  > :is(.ms-chat, .ms-beside, .ms-code-editor) { flex: 1 0 auto }
  > .ms-beside { align-items: stretch }
  textarea { height: auto !important; max-height: none !important }
}
"""


def page_look(look: Look, options: ServerOptions) -> Look:
    """Fill in from the declaration the options that were not given."""
    return replace(
        look,
        theme=look.theme if options.theme is None else theme_tokens(cast("ThemeLike", options.theme)),
        css=filling(look) + read_sources(options.css or look.css, options.css_paths, ".css"),
        js=read_source(options.js or look.js, ".js"),
        head=read_sources(options.head or look.head, options.head_paths, ".html"),
        latency=look.latency or options.show_latency,
        is_recorded=options.record is not None and not options.record_button,
    )


FORMATTED: Final = frozenset({"chatbot", "markdown"})
"""The types of elements whose text may hold blocks of code and lists of tasks."""

CODE_BLOCKS: Final = "codeblocks"
"""The type of the element that brings their look; it stands in no page."""


def filling(look: Look) -> str:
    """Give the style sheet of an app that is as wide or as high as the window."""
    return (FILLS_WIDTH if look.fills_width else "") + (FILLS_HEIGHT if look.fills_height else "")


def first_elements(manifest: Manifest) -> Collection[str]:
    """Give the types of the elements that a page begins with: those in its tree, and what options or texts add."""
    added = {str(tag) for component in manifest.components.values() for tag in added_tags(component)}
    tags = {element.tag for element in manifest.elements.values()}
    # With the page, or what stands below would move.
    has_blocks = "chatbot" in tags or any(map(_has_blocks, manifest.components.values()))
    return tags | added | ({CODE_BLOCKS} if has_blocks else set())


def _has_blocks(component: Component) -> bool:
    value = str(component.value) if component.tag in FORMATTED else ""
    return any(sign in value for sign in ("```", "~~~", "- [ ] ", "- [x] "))


def later_elements(manifest: Manifest) -> Collection[str] | None:
    """Give the types of those elements that may come later on; `None` for any.

    A render may declare anything then, a message may hold what shows something, text may have code in it, and handlers
    change options.
    """
    if manifest.has_renders:
        return None
    tags = {element.tag for element in manifest.elements.values()}
    later = {
        tag for component in manifest.components.values() if component.is_output for tag in component.addons.values()
    }
    later.update(ELEMENTS if "chatbot" in tags else ())
    return later if tags.isdisjoint(FORMATTED) else later | {CODE_BLOCKS}


def page_contents(
    pages: Mapping[str, Manifest],
    options: ServerOptions,
    assets: Assets,
    words: Mapping[str, Sentences],
    *,
    reloads: bool,
    has_logins: bool,
) -> dict[str, Content]:
    """Give what each page of the app is made of, by its path.

    Args:
        pages: The manifest of each.
        options: How the app is served.
        assets: The built page.
        words: The page's own words by language.
        reloads: Whether a page loads itself again when the app has changed.
        has_logins: Whether visitors can log out.
    """
    facts, written = {"reloads": reloads, "has_logins": has_logins}, written_words()
    return {
        at: replace(_content(each, options, assets, **facts), words=words, written=written)
        for at, each in pages.items()
    }


def _content(manifest: Manifest, options: ServerOptions, assets: Assets, *, reloads: bool, has_logins: bool) -> Content:
    parts = assets.of_page(first_elements(manifest), later_elements(manifest))
    return Content(
        manifest={
            **manifest.page(),
            "assets": dict(assets.addresses),
            **parts.later,
            **({"reloads": True} if reloads else {}),
            **({"logout": True} if has_logins else {}),
        },
        scripts=manifest.scripts,
        component_scripts=manifest.component_scripts,
        elements=[*parts.late_elements, *(f"assets/{name}" for name in manifest.element_scripts)],
        first_js=assets.first_js,
        main_js=assets.main_js,
        main_css=parts.main_css,
        css=manifest.look.css,
        js=manifest.look.js,
        head=manifest.head,
        lang=options.lang,
        is_recorded=options.record is not None and not options.record_button,
    )
