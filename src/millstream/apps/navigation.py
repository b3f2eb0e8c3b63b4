"""The navigation bars of an app with several pages: each page has one, in front of all else."""

from __future__ import annotations

from millstream.components.navbar import Navbar
from millstream.declare.declaration import Declaration
from millstream.declare.element import detached
from millstream.declare.layout import Layout
from millstream.declare.pages import page_of
from millstream.errors import DeclarationError


def place_navbars(app: Declaration) -> None:
    """Put the navigation bar of each page in front, and tell it what the pages are.

    A page that declares none has one with the links, and the name for the main page, that the main page declares.

    Raises:
        DeclarationError: A page has several.
    """
    listed = [(page.title, page.path) for page in app.pages if page.is_listed]
    declared = [element for element in app.walk() if isinstance(element, Navbar)]
    model = Navbar(render=False)
    for page in (None, *app.pages):
        own = [navbar for navbar in declared if page_of(navbar) is page]
        where: Layout = app if page is None else page
        if len(own) > 1:
            raise DeclarationError(
                f"the {'main page' if page is None else page.name} has {len(own)} Navbars: leave one"
            )
        if page is None and own:
            model = own[0]
        if not own and app.pages:
            with detached():
                own = [Navbar(model.value, main_page_name=model.main_page_name)]  # type: ignore[arg-type]  # its own
            where.join(own[0])
        for navbar in own:
            _to_front(navbar, where)
            navbar.lead(listed, "" if page is None else page.path)


def _to_front(navbar: Navbar, page: Layout) -> None:
    if isinstance(navbar.parent, Layout):
        navbar.parent.children.remove(navbar)
    navbar.parent = page
    page.children.insert(0, navbar)
