"""The source of an app: the module that declares it, and the variable there, so that another process finds it again."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, cast

from millstream.errors import DeclarationError

if TYPE_CHECKING:
    from millstream.declare.declaration import Declaration

MAIN: Final = "__main__"


class Launched(BaseException):
    """Ends the import of a program in a worker process where it calls `launch()`: what follows is not for it."""


@dataclass(frozen=True)
class AppSource:
    """A variable of a module.

    Attributes:
        module: The module's own name, also if it runs as a script.
        file: Its file; `None` if it is imported by its name.
        variable: The variable that holds the app.
        is_main: Whether it is the program that was started: `__main__` stands for it.
    """

    module: str
    file: str | None
    variable: str
    is_main: bool

    def load(self) -> Declaration:
        """Import the module in a worker process, and give the app.

        The module has its own name there, so that `if __name__ == "__main__":` is passed over, and its import ends
        where it calls `launch()`.

        Raises:
            DeclarationError: The module does not declare the app when it is imported.
        """
        become_worker()
        module = self._imported()
        if self.is_main:
            sys.modules[MAIN] = module  # what the server has pickled of its classes is found there
        found = vars(module).get(self.variable)
        if found is None:
            where = Path(self.file or self.module).name
            raise DeclarationError(
                f"{where} has no {self.variable!r} when a worker process imports it: move what makes the app out of "
                '`if __name__ == "__main__":`, to the top level of the file'
            )
        return cast("Declaration", found)

    def _imported(self) -> ModuleType:
        spec = importlib.util.find_spec(self.module) if self.file is None else _spec_of(self.module, self.file)
        if spec is None or spec.loader is None:
            raise DeclarationError(f"a worker process cannot import {self.file or self.module}: is it a Python file?")
        module = sys.modules[self.module] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Launched:
            return module
        return module


def find_source(app: object) -> AppSource:
    """Find the variable at the top level of a module that holds an app, a `Declaration`.

    A program that runs as `__main__` is known under its own name as well from then on: what worker processes send back
    of its classes is found there.

    Raises:
        DeclarationError: There is none, or its module is no file; the message says what to do.
    """
    for scope in _scopes(app):
        variable = next((name for name, value in list(scope.items()) if value is app), None)
        if variable is not None:
            return _source(scope, variable)
    raise DeclarationError(
        'engine="process": worker processes import the app, but no variable at the top level of a module holds it: '
        "move what makes it out of the function, as in `with gr.Blocks() as demo:` at the margin, or leave engine= out"
    )


def is_worker() -> bool:
    """Tell a worker process, where `launch()` serves nothing."""
    return _processes.is_worker


def become_worker() -> None:
    """Note that this process calls handlers for a server, and is none."""
    _processes.is_worker = True


class _Processes:
    is_worker = False


_processes: Final = _Processes()


def _scopes(app: object) -> Iterator[Mapping[str, object]]:
    """Give the variables of modules: first of the one that made the app."""
    yield cast("Declaration", app).scope
    for module in [sys.modules[MAIN], *list(sys.modules.values())]:
        scope = getattr(module, "__dict__", None)
        if isinstance(scope, dict):
            yield scope


def _source(scope: Mapping[str, object], variable: str) -> AppSource:
    name, file = str(scope.get("__name__", "")), scope.get("__file__")
    spec = scope.get("__spec__")
    module = sys.modules.get(name)
    is_main, is_known = name == MAIN, module is not None and vars(module) is scope
    if is_main and spec is not None:  # python -m package.module
        return _named(AppSource(str(getattr(spec, "name", name)), None, variable, is_main=True), module)
    if not is_main and is_known and spec is not None:
        return AppSource(name, None, variable, is_main=False)
    if not isinstance(file, str) or not Path(file).is_file():
        raise DeclarationError(
            'engine="process": worker processes import the app, but it was made in a notebook or at a prompt: save it '
            "as a file such as app.py and run that, or leave engine= out"
        )
    path = Path(file).resolve()
    own = name if is_known and not is_main else module_name(path)
    return _named(AppSource(own, str(path), variable, is_main), module if is_known else None)


def _named(source: AppSource, module: ModuleType | None) -> AppSource:
    if module is not None:
        sys.modules.setdefault(source.module, module)
    return source


def module_name(path: Path) -> str:
    """Name the module of a file that runs as a script: as it is imported, unless another module has that name."""
    name = path.stem
    known = sys.modules.get(name)
    is_taken = name in sys.stdlib_module_names or (known is not None and known is not sys.modules[MAIN])
    return name if name.isidentifier() and not is_taken else "script_" + re.sub(r"\W", "_", name)


def _spec_of(name: str, file: str) -> ModuleSpec | None:
    return importlib.util.spec_from_file_location(name, file)
