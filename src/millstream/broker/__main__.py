"""The broker's process, started by a supervisor: `python -m millstream.broker --socket PATH`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from millstream.broker.server import listen, run_broker


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM, or until standard input ends."""
    parser = argparse.ArgumentParser(prog="millstream.broker", description="Shares the slots of one app.")
    parser.add_argument("--socket", type=Path, required=True, help="where the socket is made, in a private folder")
    parser.add_argument("--first", action="store_true", help="the app has had no broker yet: wait for no gateway")
    parser.add_argument("--expect", action="append", default=[], metavar="NAME", help="a gateway that is alive already")
    given = parser.parse_args(arguments)
    asyncio.run(run_broker(listen(given.socket), given.expect, is_first=given.first))


if __name__ == "__main__":
    main()
