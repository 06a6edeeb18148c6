"""From a scene to lines of text. Pure: the terminal is somebody else's."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import zip_longest

from ..screen import paint
from .board import Board
from .evidence import Witness
from .scene import Scene

__all__ = ["note_line", "picture", "status_line"]

Paint = Callable[[str, str], str]

_BOOK, _TRADES = 33, 29
_LEVELS = 5
_BAR = 9
#: Words that give a note its colour; the first one that occurs.
_TELLING = {"PLUG": "alarm", "ERROR": "alarm", "reconnected": "green", "reconnecting": "yellow", "disconnected": "red"}
_UP = ("connected", "reconnected")


def picture(scene: Scene, *, rows: int, colour: bool) -> list[str]:
    """The whole screen: book, trades and candle side by side, sockets below, and as many notes as there is room for."""
    brush: Paint = paint if colour else lambda text, colour: text
    lines = [_title(scene, brush), _plug(scene, brush), *_market(scene, brush), "", *_sockets(scene, brush)]
    room = max(rows - len(lines), 0)
    notes = scene.notes[-room:] if room else []
    return [*lines, *(_painted_note(note, brush) for note in notes)]


def note_line(note: tuple[float, str]) -> str:
    """What happened, and when."""
    elapsed, text = note
    return f"{elapsed:5.1f} s  {text}"


def status_line(scene: Scene) -> str:
    """How it goes, in one line."""
    board = scene.board
    parts = [", ".join(f"{witness.name} {witness.received}" for witness in scene.evidence.witnesses)]
    if board.asks and board.bids:
        parts.insert(0, f"{scene.symbol} {_number(board.bids[0][0])} / {_number(board.asks[0][0])}")
    return note_line((scene.elapsed, " · ".join(parts)))


def _title(scene: Scene, brush: Paint) -> str:
    where = f"binance demo · simulated exchange at {scene.url}"
    return f"{brush(where, 'bold')}  {min(scene.elapsed, scene.seconds):4.1f} of {scene.seconds:g} s"


def _plug(scene: Scene, brush: Paint) -> str:
    evidence = scene.evidence
    if evidence.hit is None:
        return brush("all connections will be cut once", "dim")
    if not evidence.everything_back:
        return brush(f" THE PLUG WAS PULLED: {evidence.hit} connections cut ", "alarm")
    return brush(f"cut and recovered; ids of trades missing meanwhile: {evidence.ids.missing}", "green")


def _market(scene: Scene, brush: Paint) -> list[str]:
    headings = f"{scene.symbol + ' order book':<{_BOOK}}{'last trades':<{_TRADES}}this minute"
    columns = zip_longest(
        _book(scene.board, brush),
        _trades(scene.board, brush),
        _candle(scene.board) + _prices(scene.board),
    )
    return [
        brush(headings, "bold"),
        *(f"{book or ' ' * _BOOK}{trade or ' ' * _TRADES}{fact or ''}" for book, trade, fact in columns),
    ]


def _book(board: Board, brush: Paint) -> list[str]:
    if not board.asks or not board.bids:
        return [" " * _BOOK] * (2 * _LEVELS + 1)
    most = max(float(quantity) for _, quantity in (*board.asks, *board.bids))

    def level(price: str, quantity: str, colour: str) -> str:
        bar = "█" * round(float(quantity) / most * _BAR)
        return brush(f"{_number(price):>10}{float(quantity):>11.5f}  {bar:<{_BOOK - 23}}", colour)

    spread = float(board.asks[0][0]) - float(board.bids[0][0])
    return [
        *(level(price, quantity, "red") for price, quantity in reversed(board.asks)),
        brush(f"{spread:>10.2f}{'spread':>11}{'':<{_BOOK - 21}}", "dim"),
        *(level(price, quantity, "green") for price, quantity in board.bids),
    ]


def _trades(board: Board, brush: Paint) -> list[str]:
    lines = []
    for trade in board.trades:
        at = time.strftime("%H:%M:%S", time.localtime(trade["T"] / 1000))
        text = f"{at} {_number(trade['p']):>9} {float(trade['q']):.5f}"
        lines.append(brush(f"{text:<{_TRADES}}", "red" if trade["m"] else "green"))
    return lines


def _candle(board: Board) -> list[str]:
    names = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"}
    return [f"{name:<7}{_number(board.candle.get(key, '')):>11}" for name, key in names.items()] + [""]


def _prices(board: Board) -> list[str]:
    return [f"{symbol:<7}{_number(price):>11}" for symbol, price in sorted(board.prices.items())]


def _sockets(scene: Scene, brush: Paint) -> list[str]:
    return [
        brush(f"{'socket':<11}{'messages':>9}{'reconnects':>12}{'errors':>8}{'latency':>10}   state", "bold"),
        *(_socket(witness, brush) for witness in scene.evidence.witnesses),
    ]


def _socket(witness: Witness, brush: Paint) -> str:
    stats = witness.socket.stats
    latency = "-" if stats.latency is None else f"{stats.latency * 1000:.1f} ms"
    state = brush(witness.state, "green" if witness.state in _UP else "alarm")
    return f"{witness.name:<11}{witness.received:>9}{stats.reconnects:>12}{witness.errors:>8}{latency:>10}   {state}"


def _painted_note(note: tuple[float, str], brush: Paint) -> str:
    line = note_line(note)
    return next((brush(line, colour) for word, colour in _TELLING.items() if word in line), line)


def _number(text: str) -> str:
    """An amount without the zeros at its end, but with two places."""
    whole, point, places = text.partition(".")
    return f"{whole}.{places.rstrip('0'):0<2}" if point else text
