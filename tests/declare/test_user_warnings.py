"""Warnings name the line of the user's program, if it has one."""

from __future__ import annotations

import threading
import warnings
from functools import partial

from millstream.declare.user_warnings import user_scope, warn


def test_a_warning_names_the_line_of_the_program() -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        warn("here")
    assert [(each.filename, str(each.message)) for each in said] == [(__file__, "here")]
    assert user_scope()["__name__"] == __name__


def test_a_warning_from_a_thread_of_ours_blames_no_line() -> None:
    scopes: list[object] = []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for work in (partial(warn, "a result"), partial(_ask, scopes)):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
    assert [(each.filename.strip("<>"), str(each.message)) for each in said] == [("sys", "a result")]
    assert scopes == [__name__]


def _ask(scopes: list[object]) -> None:
    scopes.append(user_scope()["__name__"])
