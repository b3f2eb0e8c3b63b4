"""A warning of environment variables that begin like ours, and that nobody reads."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from millstream.errors import nearest
from millstream.server.options import OTHER_NAMES, VARIABLES, ServerOptions
from millstream.variables import OTHERS, PREFIX

logger = logging.getLogger("millstream")

ALIKE: Final = 0.8
"""Two names with our prefix are at least so similar if one may be meant by the other."""

_told: set[str] = set()


def warn_of_unread_variables(environment: Mapping[str, str] = os.environ) -> None:
    """Log each variable that is misspelt, or an argument of `launch()` alone; once in a process.

    One that is like none of ours is left alone: it may be the app's own.
    """
    known = VARIABLES | OTHERS
    arguments = {option.name for option in fields(ServerOptions) if option.init}
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in known or name in _told:
            continue
        argument = name.removeprefix(PREFIX).lower()
        argument = OTHER_NAMES.get(argument, argument)
        meant = f"{PREFIX}{argument.upper()}"
        is_argument = argument in arguments and meant not in known
        hint = f"; give {argument}= to launch()" if is_argument else nearest(meant, known, ALIKE)
        if hint:
            _told.add(name)
            logger.warning("The environment variable %s is not read%s", name, hint)
