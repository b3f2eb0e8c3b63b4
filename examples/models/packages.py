"""Python packages that contain a model: imported when they are needed, with a remedy when they are missing."""

from importlib import import_module
from types import ModuleType


class ModelError(RuntimeError):
    """A model cannot be used; the message is one paragraph that ends with the remedy."""


def need(module: str, package: str) -> ModuleType:
    """Import a module that contains a model or runs one.

    Args:
        module: Its name.
        package: Its name for `pip install`.

    Raises:
        ModelError: It is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ModelError(f"The Python package {module} is needed. Install it: pip install {package}") from error
