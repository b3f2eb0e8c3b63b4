from tests.components.conftest import files

__all__ = ["files"]
