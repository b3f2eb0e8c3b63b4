"""The names of the environment variables that are read; those of `launch()` are its options with the prefix."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "MILLSTREAM_"

EXAMPLES_CACHE: Final = "MILLSTREAM_EXAMPLES_CACHE"
"""The folder of the results of examples."""

LOAD_PASSWORD: Final = "MILLSTREAM_LOAD_PASSWORD"  # noqa: S105 - the name of a variable
"""The password with which `millstream load` logs in."""

MODELS_CACHE: Final = "MILLSTREAM_CACHE"
"""The folder of the models that the examples fetch."""

OTHERS: Final = frozenset({EXAMPLES_CACHE, LOAD_PASSWORD, MODELS_CACHE})
"""Those that are no options of `launch()`."""
