"""The look of the page under the options of `launch()`."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from millstream.declare.manifest import Look, Manifest
from millstream.declare.theme import ThemeLike, theme_tokens
from millstream.server.http.assets import Assets
from millstream.server.http.page import Content, read_source, read_sources
from millstream.server.options import ServerOptions


def page_look(look: Look, options: ServerOptions) -> Look:
    """Fill in from the declaration the options that were not given."""
    return replace(
        look,
        theme=look.theme if options.theme is None else theme_tokens(cast("ThemeLike", options.theme)),
        css=read_sources(options.css or look.css, options.css_paths, ".css"),
        js=read_source(options.js or look.js, ".js"),
        head=read_sources(options.head or look.head, options.head_paths, ".html"),
        latency=look.latency or options.show_latency,
        is_recorded=options.record is not None and not options.record_button,
    )


def page_content(manifest: Manifest, options: ServerOptions, assets: Assets, *, reloads: bool) -> Content:
    """Give what the page is made of; with `reloads` it loads itself again when the app has changed."""
    return Content(
        manifest={
            **manifest.page(),
            "assets": dict(assets.addresses),
            **assets.later,
            **({"reloads": True} if reloads else {}),
        },
        scripts=manifest.scripts,
        component_scripts=manifest.component_scripts,
        elements=[*assets.late_elements, *(f"assets/{name}" for name in manifest.element_scripts)],
        main_js=assets.main_js,
        main_css=assets.main_css,
        css=manifest.look.css,
        js=manifest.look.js,
        head=manifest.head,
        lang=options.lang,
        is_recorded=options.record is not None and not options.record_button,
    )
