"""Figures of plotting libraries: which library one is of, and its description for the page.

None of the libraries is imported before an app uses it: whoever has a figure has its library.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import version
from types import ModuleType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["matplotlib", "plotly", "altair", "bokeh"]

_LIBRARIES: Final = ("matplotlib", "plotly", "altair", "bokeh")
_PYPLOT: Final = "matplotlib.pyplot"

_BOKEH_PARTS: Final = {"bokeh.models.widgets.tables": "bokeh-tables", "bokeh.models.widgets": "bokeh-widgets"}
"""Modules of models that a script of their own draws."""


class Drawing(NamedTuple):
    """A figure as its library's script in the page draws it.

    Attributes:
        text: Its description as JSON.
        scripts: The scripts that draw it, in the order in which they are needed; empty for those of the page.
        version: The release of the Python package, which comes with the scripts.
    """

    text: str
    scripts: tuple[str, ...] = ()
    version: str = ""


def figure_of(value: object) -> tuple[Kind, Any] | None:
    """Tell which library a figure is of, and give it; `None` for what is no figure.

    `matplotlib.pyplot` itself stands for its current figure, axes for the figure that they are in, and so does what
    holds axes: an array of them, or a grid of seaborn.
    """
    if isinstance(value, ModuleType):
        return ("matplotlib", value.gcf()) if value.__name__ == _PYPLOT else None
    kind = next((name for name in _roots(type(value)) if name in _LIBRARIES), None)
    if kind == "matplotlib":
        figure = _owner_of(value)
        return None if figure is None else ("matplotlib", figure)
    if kind == "plotly":
        is_figure = any(base.__name__ == "BaseFigure" for base in type(value).__mro__)
        return ("plotly", value) if is_figure else None
    if kind is not None:
        return (kind, value)  # type: ignore[return-value]  # one of the names above
    flat = getattr(value, "flat", None)
    held = next(iter(flat), None) if flat is not None else getattr(value, "figure", None)
    is_axes = held is not None and "matplotlib" in _roots(type(held))
    return figure_of(held) if is_axes else None


def describe_figure(kind: Kind, figure: Any) -> Drawing:
    """Describe a figure for the script that draws it. Takes its time: never call it on the event loop.

    Raises:
        ValueError: The library cannot describe it; other errors of the library come as they are.
    """
    return _DESCRIBED[kind](figure)


def close_figure(figure: object) -> None:
    """Have pyplot forget a figure that has been drawn: it keeps every figure that it made until it is told not to."""
    pyplot = sys.modules.get(_PYPLOT)
    if pyplot is not None:
        pyplot.close(figure)


def _roots(kind: type) -> Iterator[str]:
    """Give the packages of a class and of its bases."""
    return (base.__module__.partition(".")[0] for base in kind.__mro__)


def _owner_of(artist: Any) -> object | None:
    """Give the outermost figure that something of matplotlib's belongs to."""
    if hasattr(artist, "savefig"):
        return artist  # type: ignore[no-any-return]
    figure = getattr(artist, "figure", None)
    return getattr(figure, "figure", figure) if figure is not None else None


def _plotly(figure: Any) -> Drawing:
    return Drawing(figure.to_json(validate=False), ("plotly",), _release("plotly"))


def _altair(chart: Any) -> Drawing:
    return Drawing(chart.to_json(indent=None))


def _bokeh(model: Any) -> Drawing:
    item: Mapping[str, object] = import_module("bokeh.embed").json_item(model)
    scripts = ["bokeh"]
    modules = {type(one).__module__ for one in model.references()}
    for module, script in _BOKEH_PARTS.items():
        if any(name.startswith(module) for name in modules):
            scripts.insert(1, script)
    if any(getattr(one, "output_backend", "") == "webgl" for one in model.references()):
        scripts.append("bokeh-gl")
    return Drawing(json.dumps(item), tuple(scripts), _release("bokeh"))


@cache
def _release(package: str) -> str:
    """Give the installed release of a package, as `server/http/package_scripts.py` finds it."""
    return version(package)


_DESCRIBED: Final[Mapping[Kind, Callable[[Any], Drawing]]] = {"plotly": _plotly, "altair": _altair, "bokeh": _bokeh}
