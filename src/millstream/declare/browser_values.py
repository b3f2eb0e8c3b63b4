"""Values that browsers keep, for the events of a page that opens: the server does not know them yet."""

from __future__ import annotations

import json
from typing import Final

from millstream.declare.event import Dependency
from millstream.declare.pages import DeclaredPage
from millstream.declare.tree import DeclaredTree

MOST_CHARACTERS: Final = 300_000
"""The longest text that is put in as it is; a longer one comes a moment later, as an edit of its component."""


def opening_script(dependency: Dependency) -> str | None:
    """Give the script of an event: its own, and for `load` one that puts in what the browser keeps of its inputs."""
    js = dependency.options.js
    kept = [
        [at, part.browser_key, *([MOST_CHARACTERS] if part.browser_text else [])]
        for at, part in enumerate(dependency.inputs)
        if part.browser_key is not None
    ]
    opens = any(
        trigger.name == "load" and isinstance(trigger.source, DeclaredTree | DeclaredPage)
        for trigger in dependency.triggers
    )
    if not kept or not opens or dependency.handler is None:
        return js
    read = (
        f"(...values)=>{{for(const[at,key,most]of {json.dumps(kept)})try{{const text=localStorage.getItem(key);"
        "if(text!==null&&!(text.length>most))values[at]=most?text:JSON.parse(text)}catch{}"
        f"return values.slice(0,{len(dependency.inputs)})}}"
    )
    return read if js is None else f"async(...values)=>({js})(...({read})(...values))"
