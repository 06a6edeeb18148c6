"""`binance demo`: the main job on one screen, a pulled plug included, and a summary that can be checked."""

from __future__ import annotations

import argparse
import logging
import math
import os
import sys

from .. import process
from ..screen import Screen
from .faces import Face, PlainFace, ScreenFace
from .play import Play

__all__ = ["EPILOG", "SUMMARY", "add_arguments", "run"]

SUMMARY = "watch market sockets live against a local exchange, and survive a pulled plug"
EPILOG = """\
    Needs no internet: it starts a simulated exchange in this process, opens trade, kline, depth and multiplex sockets
    with the package's public API, cuts all their connections once, and ends by itself.

    exit status:
      0    everything that the summary claims was seen
      1    it was not; the summary says why
      130  Ctrl-C
    """

_LONGEST = 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `run` reads."""
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=12.0,
        metavar="N",
        help="how long to watch; at most 5 more if something is still missing (default: %(default)g)",
    )
    parser.add_argument("--plain", action="store_true", help="lines instead of a screen, also on a terminal")


def run(args: argparse.Namespace) -> int:
    """Show it, and give the status that EPILOG explains."""
    face = _face(plain=args.plain)
    # What the log would say is shown as it happens; a line of it in between would tear the screen.
    logging.basicConfig(handlers=[logging.NullHandler()])
    status = process.run(Play(seconds=args.seconds).perform(face))
    if status in (process.INTERRUPTED, process.TERMINATED):
        print("Stopped before the end: nothing is claimed.", file=sys.stderr)
    return status


def _face(*, plain: bool) -> Face:
    if plain or not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return PlainFace(sys.stdout)
    return ScreenFace(Screen(sys.stdout.fileno()), colour="NO_COLOR" not in os.environ)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= _LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no time to watch; give seconds, at most {_LONGEST:g}")
    return seconds
