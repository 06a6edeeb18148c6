"""The `binance` command: one verb a file, each with `SUMMARY`, `EPILOG`, `add_arguments` and `run`.

Floor 5: it may use everything, and nothing uses it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from textwrap import dedent
from typing import Protocol

from ..version import __version__
from . import demo, sandbox, stream

__all__ = ["main"]


class _Verb(Protocol):
    SUMMARY: str
    EPILOG: str

    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None: ...

    def run(self, args: argparse.Namespace, /) -> int: ...


_VERBS: dict[str, _Verb] = {"demo": demo, "stream": stream, "sandbox": sandbox}

_DESCRIPTION = "Binance market data on the command line, over sockets that do not die silently."
_EPILOG = """\
examples:
  binance demo                                   see it work, without the internet
  binance stream btcusdt@trade                   trades as JSON lines
  binance stream btcusdt@trade --env sandbox     the same from a simulated market
  binance sandbox --port 8080                    a local exchange for other programs
  binance help stream                            more about one command
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (the process's own by default) and give the exit status.

    0 = done, 1 = it failed, 2 = it was called wrongly, 130 = Ctrl-C, 143 = SIGTERM. SystemExit comes from argparse, for
    wrong options and for `--help`.
    """
    if sys.stdout is None:
        return _complain("standard output is closed")
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    parser = _parser()
    if not words:
        parser.print_help(sys.stderr)
        return 2
    args = parser.parse_args(words)
    try:
        status = _VERBS[args.verb].run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        # Nobody reads on, or the disk is full. The interpreter would complain again when it flushes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1 if isinstance(error, BrokenPipeError) else _complain(f"{args.verb}: {error}")
    return status


def _complain(what: str) -> int:
    print(f"binance: {what}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="binance",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"binance {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND", title="commands")
    for name, verb in _VERBS.items():
        verb.add_arguments(
            verbs.add_parser(
                name,
                help=verb.SUMMARY,
                description=verb.SUMMARY,
                epilog=dedent(verb.EPILOG),
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
        )
    verbs.add_parser("help", help="say more about one command")
    return parser
