"""Reports of what went wrong in one session: in the log, and in the page for those who may read them."""

from __future__ import annotations

import logging
from collections.abc import Callable

from millstream.jobs import Failure, Notice
from millstream.runtime.call.error_text import explained, in_one_line, new_number
from millstream.runtime.page_info import PageInfo

logger = logging.getLogger("millstream.session")


class Reports:
    """Logs what went wrong, and tells the page.

    Args:
        tell: Shows a message in the page.
        page: The page.
        show_error: Whether visitors read the text of every exception; `None` for the developer alone.

    Attributes:
        tell: As given.
    """

    def __init__(self, tell: Callable[[Notice], None], page: PageInfo, show_error: bool | None) -> None:
        self.tell = tell
        self._page = page
        self._show_error = show_error
        self._has_logged_input = False

    def report(self, failure: Failure) -> None:
        """Show in the page why a call failed, if it is to be shown."""
        if failure.is_visible:
            self.tell(Notice("error", failure.message, failure.title, failure.duration_s))

    def reject(self, failure: Failure) -> None:
        """Log, once for each session, that what the page sent could not be used."""
        if not self._has_logged_input:
            self._has_logged_input = True
            logger.warning("a page sent what cannot be used: %s", in_one_line(failure.message))

    def failed(self, name: str, error: Exception) -> Failure:
        """Log that a result of a handler cannot be delivered, and say what the user may read of it."""
        number = new_number()
        logger.error("results of %s cannot be shown [%s]: %s", name, number, in_one_line(error))
        return Failure(explained(error, self._show_error, self._page.is_developers, number))

    def fault(self, what: str, error: BaseException) -> Failure:
        """Log what should not have happened, and say what the user may read of it."""
        number = new_number()
        logger.error("%s broke off [%s]", what, number, exc_info=error)
        return Failure(explained(error, self._show_error, self._page.is_developers, number))
