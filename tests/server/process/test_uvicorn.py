"""The internals of uvicorn that our subclasses build on: an upgrade that changes one of them fails here, in words.

`pyproject.toml` bounds uvicorn from above. To raise the bound: install the new release, run this file, read uvicorn's
change of each thing that it names, and mend the class of ours before the table.
"""

import ast
import inspect
import re
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from uvicorn.config import Config
from uvicorn.lifespan.on import LifespanOn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.server import ServerProtocol

from millstream.server import serving
from millstream.server.process import uvicorn_config
from millstream.server.process.accepting import Acceptor

ROOT = Path(__file__).parents[3]

SIGNATURES = {
    HttpToolsProtocol: {
        "_start_asgi_task": "(cycle, app)",
        "connection_lost": "(exc)",
        "connection_made": "(transport)",
        "data_received": "(data)",
        "handle_websocket_upgrade": "()",
        "on_body": "(body)",
        "on_header": "(name, value)",
        "on_headers_complete": "()",
        "on_message_begin": "()",
        "on_message_complete": "()",
        "on_response_complete": "()",
        "on_url": "(url)",
        "pause_writing": "()",
        "resume_writing": "()",
        "send_400_response": "(msg)",
    },
    FlowControl: {"__init__": "(transport)", "resume_reading": "()"},
    WebSocketsSansIOProtocol: {
        "connection_lost": "(exc)",
        "connection_made": "(transport)",
        "data_received": "(data)",
        "handle_close": "(event)",
        "handle_parser_exception": "()",
        "keepalive_timeout": "()",
        "send": "(message)",
        "send_keepalive_ping": "()",
        "shutdown": "()",
    },
    uvicorn.Server: {
        "__init__": "(config)",
        "_wait_tasks_to_complete": "()",
        "capture_signals": "()",
        "main_loop": "()",
        "shutdown": "(sockets)",
        "startup": "(sockets)",
    },
}
"""What our subclasses override, by the class of uvicorn's; parameters as uvicorn names them."""

REPLACED = {
    WebSocketsSansIOProtocol: {
        "data_received": {"conn", "handle_events", "handle_parser_exception"},
        "handle_parser_exception": {"close_sent", "conn", "queue", "transport"},
    },
    uvicorn.Server: {
        "_wait_tasks_to_complete": {"force_exit", "server_state", "servers"},
        "capture_signals": {"_captured_signals", "handle_exit"},
        "main_loop": {"on_tick"},
        "shutdown": {"_wait_tasks_to_complete", "config", "force_exit", "lifespan", "server_state", "servers"},
        "startup": {"_log_started_message", "config", "lifespan", "server_state", "servers", "started"},
    },
}
"""Methods that ours replace instead of extending them, and the attributes that uvicorn's own versions use."""

BEHIND = {
    "config": Config,
    "conn": ServerProtocol,
    "cycle": RequestResponseCycle,
    "flow": FlowControl,
    "lifespan": LifespanOn,
    "server_state": ServerState,
}
"""What stands behind an attribute of those classes, of which ours use attributes in turn."""

CALLED_FROM_OUTSIDE = re.compile(
    r"__init__|on_(?!response)\w+|connection_(made|lost)|data_received|(pause|resume)_writing|shutdown"
)
"""What the constructor's caller, httptools, asyncio and uvicorn's server call by these names."""

HINT = (
    f"(uvicorn {uvicorn.__version__}). See that our bounds still hold, then put this table and the upper bound in "
    "pyproject.toml right."
)


Ours = list[type]


def ours_of(theirs: type) -> Ours:
    """Find the one subclass of ours, and the one of that, if there is one; tests may have made others."""
    found: Ours = []
    while ours := [
        each for each in (found or [theirs])[-1].__subclasses__() if each.__module__.startswith("millstream.")
    ]:
        found += ours
        assert len(ours) == 1
    return found


def own_of(ours: Ours) -> list[tuple[str, object]]:
    """Give what the bodies of our classes define, by its name."""
    return [each for one in ours for each in vars(one).items()]


def where(ours: Ours) -> str:
    return f"{ours[-1].__module__}.{ours[-1].__name__}"


def parameters(function: object) -> str:
    assert callable(function)
    return f"({', '.join([*inspect.signature(function).parameters][1:])})"


def tree_of(code: object) -> ast.AST:
    assert callable(code)
    return ast.parse(textwrap.dedent(inspect.getsource(code)))


def attributes_of(kind: type) -> set[str]:
    """Name all methods and attributes of an instance, those that its methods set included."""
    named = set(dir(kind)) | set(getattr(kind, "__annotations__", ()))
    for base in kind.__mro__:
        if base.__module__.split(".")[0] in ("uvicorn", "websockets"):
            named |= {
                node.attr
                for node in ast.walk(tree_of(base))
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            }
    return named


def uses(code: object, owner: str) -> set[str]:
    """Name the attributes that code uses of `owner`: of `self`, or of an attribute or a variable of that name."""
    nodes = list(ast.walk(tree_of(code)))
    names = {owner} | {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and node.value.attr == owner
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute)
        and (
            (isinstance(node.value, ast.Name) and node.value.id in names)
            or (isinstance(node.value, ast.Attribute) and node.value.attr == owner)
        )
    }


def names_called(theirs: type) -> set[str]:
    """Name all attributes that uvicorn's module reads, which is how it calls a method."""
    module = inspect.getmodule(theirs)
    assert module is not None
    return {node.attr for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("theirs", SIGNATURES, ids=lambda kind: kind.__name__)
def test_the_table_names_all_that_is_overridden(theirs: type) -> None:
    ours = ours_of(theirs)
    overridden = {name for name, made in own_of(ours) if callable(made) and name in dir(theirs)}
    assert overridden == SIGNATURES[theirs].keys(), f"{where(ours)} overrides other methods than the table says"


def complaints_of_signatures(theirs: type) -> Iterator[str]:
    ours = where(ours_of(theirs))
    for name, known in SIGNATURES[theirs].items():
        method = getattr(theirs, name, None)
        if method is None:
            yield f"{theirs.__name__}.{name}() is gone, which {ours} overrides {HINT}"
        elif (found := parameters(method)) != known:
            yield f"{theirs.__name__}.{name}{known} is {name}{found} now, which {ours} overrides {HINT}"
        elif name not in names_called(theirs) and not CALLED_FROM_OUTSIDE.fullmatch(name):
            yield f"uvicorn calls {theirs.__name__}.{name}() no more, so what {ours} does there never happens {HINT}"


@pytest.mark.parametrize("theirs", SIGNATURES, ids=lambda kind: kind.__name__)
def test_what_is_overridden_is_there_and_is_called_as_before(theirs: type) -> None:
    assert list(complaints_of_signatures(theirs)) == []


@pytest.mark.parametrize("theirs", SIGNATURES, ids=lambda kind: kind.__name__)
def test_what_is_replaced_does_in_uvicorn_what_it_did(theirs: type) -> None:
    ours, known = ours_of(theirs), REPLACED.get(theirs, {})
    own = [(name, made) for name, made in own_of(ours) if name in SIGNATURES[theirs]]
    replaced = {name for name, made in own if "super()" not in inspect.getsource(made)}  # type: ignore[arg-type]
    assert replaced == known.keys(), f"{where(ours)} replaces other methods than the table says"
    changed = {name: found for name in known if (found := uses(getattr(theirs, name), "self")) != known[name]}
    assert not changed, f"{theirs.__name__} does something else in these methods, which {where(ours)} replaces {HINT}"


def complaints_of_attributes(theirs: type) -> Iterator[str]:
    ours = ours_of(theirs)
    for name in sorted(used_by(ours, "self") - attributes_of(theirs) - own_attributes(ours)):
        yield f"{theirs.__name__} has no {name} any more, which {where(ours)} uses {HINT}"
    for owner, behind in BEHIND.items():
        for name in sorted(used_by(ours, owner) - attributes_of(behind)):
            yield f"{theirs.__name__}.{owner} ({behind.__name__}) has no {name} any more: {where(ours)} uses it {HINT}"


def used_by(ours: Ours, owner: str) -> set[str]:
    return set().union(*(uses(one, owner) for one in ours))


def own_attributes(ours: Ours) -> set[str]:
    """Name what classes of ours define themselves: in their bodies, or by setting what only they may have."""
    private = {
        node.attr
        for one in ours
        for node in ast.walk(tree_of(one))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr.startswith("_")
    }
    annotated = set().union(*(vars(one).get("__annotations__", ()) for one in ours))
    return {name for name, _ in own_of(ours)} | annotated | private


@pytest.mark.parametrize("theirs", SIGNATURES, ids=lambda kind: kind.__name__)
def test_every_attribute_that_is_used_is_there(theirs: type) -> None:
    assert list(complaints_of_attributes(theirs)) == []


def test_the_options_of_the_server_are_options_of_uvicorn() -> None:
    nodes = [node for ours in (serving, uvicorn_config) for node in ast.walk(ast.parse(inspect.getsource(ours)))]
    calls = [
        node
        for node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("uvicorn.Config", "configured")
    ]
    assert len(calls) == 2
    passed = {each.arg for call in calls for each in call.keywords if each.arg is not None}
    unknown = passed - set(inspect.signature(Config).parameters)
    assert not unknown, f"uvicorn.Config takes these no more, which millstream.server passes: {unknown} {HINT}"


def test_what_stands_in_for_a_transport_and_a_server_has_all_that_uvicorn_uses() -> None:
    exit_of_one_answer = uses(RequestResponseCycle, "transport")
    assert exit_of_one_answer <= {"write", "close", "is_closing"}, (
        f"a RequestResponseCycle uses more of its transport than BoundedHttp gives it: {exit_of_one_answer} {HINT}"
    )
    missing = uses(uvicorn.Server, "server") - set(dir(Acceptor)) - {"sockets"}  # of which it only tells in its log
    assert not missing, f"uvicorn.Server uses {missing} of its servers, which Acceptor lacks {HINT}"


def test_uvicorn_is_bounded_from_above_to_what_was_tested() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (bound,) = (found[1] for each in dependencies if (found := re.match(r"uvicorn>=0\.\d+,<0\.(\d+)$", each)))
    assert int(uvicorn.__version__.split(".")[1]) < int(bound)


def test_a_change_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(self: object, message: object, flags: int) -> None: ...

    monkeypatch.setattr(WebSocketsSansIOProtocol, "send", send)
    monkeypatch.delattr(WebSocketsSansIOProtocol, "keepalive_timeout")
    told = list(complaints_of_signatures(WebSocketsSansIOProtocol))
    ours = where(ours_of(WebSocketsSansIOProtocol))
    assert [each.partition(" (uvicorn")[0] for each in told] == [
        f"WebSocketsSansIOProtocol.keepalive_timeout() is gone, which {ours} overrides",
        f"WebSocketsSansIOProtocol.send(message) is send(message, flags) now, which {ours} overrides",
    ]


def test_a_lost_attribute_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BEHIND, "conn", FlowControl)
    told = [each.partition(":")[0] for each in complaints_of_attributes(WebSocketsSansIOProtocol)]
    assert "WebSocketsSansIOProtocol.conn (FlowControl) has no close_sent any more" in told
