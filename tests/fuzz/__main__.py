"""Fuzzes by coverage: `python -m tests.fuzz [TARGET] [SECONDS]`; every target, one after the other, without a name.

An input that fails is written into the corpus of its target, where the quick tests find it from then on. What reached
new code stays in `.fuzz`, which the next run begins with.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
TARGETS = sorted(path.stem for path in (Path(__file__).parent / "targets").glob("[a-z]*.py"))

SECONDS = 10
LONGEST_BYTES = 4096
TIMEOUT_S = 5
MEMORY_MIB = 2048
OWN = "--fuzz"
"""First argument of a process that fuzzes: libFuzzer ends the process at its end."""


def run(target: str, seconds: int) -> int:
    """Fuzz one target in a process of its own; gives its exit code."""
    print(f"Fuzzing {target} for {seconds} s", flush=True)
    command = [sys.executable, "-m", "tests.fuzz", OWN, target, str(seconds)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def fuzz(target: str, seconds: int) -> None:
    """Fuzz in this process, and end it."""
    import atheris

    with atheris.instrument_imports(include=["millstream"]):
        module = import_module(f"tests.fuzz.targets.{target}")
    found, kept = ROOT / ".fuzz" / target, CORPUS / target
    found.mkdir(parents=True, exist_ok=True)
    options = {
        "max_total_time": seconds,
        "max_len": LONGEST_BYTES,
        "timeout": TIMEOUT_S,
        "rss_limit_mb": MEMORY_MIB,
        "artifact_prefix": f"{kept}/",
        "verbosity": 0,
        "print_final_stats": 1,
    }
    arguments = [f"-{name}={value}" for name, value in options.items()]
    atheris.Setup([sys.argv[0], *arguments, str(found), str(kept)], module.fuzz)
    atheris.Fuzz()


def main(arguments: list[str]) -> int:
    """Fuzz what the command line names."""
    if arguments[:1] == [OWN]:
        fuzz(arguments[1], int(arguments[2]))
    names = [each for each in arguments if not each.isdecimal()]
    seconds = next((int(each) for each in arguments if each.isdecimal()), SECONDS)
    if unknown := set(names) - set(TARGETS):
        print(f"There is no target {', '.join(unknown)}, but {', '.join(TARGETS)}", file=sys.stderr)
        return 2
    if find_spec("atheris") is None:
        print(
            "There is no atheris for this machine, and nothing to fuzz with: only the corpus is tested", file=sys.stderr
        )
        return 0
    return max(run(target, seconds) for target in names or TARGETS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
