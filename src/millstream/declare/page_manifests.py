"""The manifests of the pages of an app: each has what is on its page, under the numbers that it has in the app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from millstream.declare.binding import Binding
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.event import Dependency
from millstream.declare.freeze import element_scripts
from millstream.declare.manifest import Manifest
from millstream.declare.pages import DeclaredPage, is_shared, page_of, page_of_event


def page_manifests(
    whole: Manifest, pages: Sequence[DeclaredPage], dependencies: Iterable[Dependency]
) -> Mapping[str, Manifest]:
    """Give the manifests of all pages by path, that of the main page first, under `""`.

    Args:
        whole: The manifest of the app.
        pages: Its pages beside the main page.
        dependencies: What it has bound, in the order of the manifest's bindings.
    """
    happens = [(page_of_event(each), binding) for each, binding in zip(dependencies, whole.bindings, strict=True)]
    return MappingProxyType(
        {
            "" if page is None else page.path: _of_page(whole, page, tuple(each for at, each in happens if at is page))
            for page in (None, *pages)
        }
    )


def _of_page(whole: Manifest, page: DeclaredPage | None, bindings: tuple[Binding, ...]) -> Manifest:
    own: dict[int, Element] = {0: whole.root}
    own |= {number: element for number, element in whole.elements.items() if number and page_of(element) is page}
    named = {number for binding in bindings for number in _named(binding)}
    if any(binding.renders for binding in bindings):  # what they will name, nobody knows yet
        named |= {number for number, component in whole.components.items() if is_shared(component)}
    shared = {number: component for number, component in whole.components.items() if number in named - own.keys()}
    elements = {**own, **shared}
    components = {number: each for number, each in elements.items() if isinstance(each, Component)}
    return replace(
        whole,
        root=whole.root if page is None else page,
        elements=MappingProxyType(elements),
        components=MappingProxyType(components),
        bindings=bindings,
        element_scripts=element_scripts(components.values()),
        name="" if page is None else page.title,
        path="" if page is None else page.path,
        extra=tuple(component for component in shared.values() if component.on_page),
    )


def _named(binding: Binding) -> Iterable[int]:
    targets = [number for number, _ in binding.targets if number is not None]
    return [*targets, *binding.inputs, *binding.outputs]


def pages_by_path(whole: Manifest) -> Mapping[str, Manifest]:
    """Give the manifests of an app's pages by path; its own under `""` if it has only one page."""
    return whole.pages or {"": whole}


def pages_by_build(whole: Manifest) -> Mapping[str, Manifest]:
    """Give the manifests of an app's pages by their builds, by which a page says which it is."""
    return {page.build: page for page in pages_by_path(whole).values()}
