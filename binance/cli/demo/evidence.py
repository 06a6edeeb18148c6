"""What the demo has seen, and what may be claimed from it. Pure: nothing is shown, nothing is waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..._json import Json
from ...net.events import Disconnected, Event, Reconnected, Reconnecting
from ...ws.streams import ReconnectingWebsocket

__all__ = ["Claim", "Evidence", "Witness"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence, whether it was seen to be true, and if not, why not."""

    text: str
    seen: bool
    why_not: str = ""


class Witness:
    """What was seen of one socket."""

    def __init__(self, name: str, socket: ReconnectingWebsocket) -> None:
        self.name = name
        self.socket = socket
        self.received = 0
        self.errors = 0
        self.cuts = 0
        self.downtime = 0.0
        self.state = "connecting"
        self._arrived_before: int | None = None

    @property
    def is_back(self) -> bool:
        """Whether a message has come over a connection that replaced a lost one."""
        return self._arrived_before is not None and self.received + self.errors > self._arrived_before

    def doubt(self) -> None:
        """From now on, what came back earlier proves nothing."""
        self._arrived_before = None

    def took(self, message: Json) -> bool:
        """Count a message; whether it is one of the exchange's."""
        if isinstance(message, dict) and message.get("e") == "error":
            self.errors += 1
            return False
        self.received += 1
        return True

    def happened(self, event: Event) -> None:
        """Take note of a connection event."""
        self.state = event.type
        match event:
            case Disconnected():
                self.cuts += 1
                self.doubt()
            case Reconnecting():
                self.state = f"{event.type}, attempt {event.attempt}"
            case Reconnected():
                # Whatever is received beyond these has come over the new connection: messages stay in order.
                self._arrived_before = self.socket.stats.messages
                self.downtime = max(self.downtime, event.downtime)


@dataclass
class TradeIds:
    """Trade ids count up by one on the exchange; what was received is held against that."""

    last: int | None = None
    missing: int = 0
    holes: int = 0
    disorder: list[str] = field(default_factory=list)

    def take(self, trade_id: int) -> None:
        """The next id in order of arrival."""
        expected = trade_id if self.last is None else self.last + 1
        if trade_id < expected:
            self.disorder.append(f"id {trade_id} came after {self.last}")
            return
        if trade_id > expected:
            self.missing += trade_id - expected
            self.holes += 1
        self.last = trade_id


class Evidence:
    """All witnesses, the ids of the trades, and how many connections the pulled plug has hit (None = not pulled)."""

    def __init__(self, witnesses: Sequence[Witness]) -> None:
        self.witnesses = witnesses
        self.ids = TradeIds()
        self.hit: int | None = None

    @property
    def everything_received(self) -> bool:
        """Whether every socket has had a message."""
        return all(witness.received for witness in self.witnesses)

    @property
    def everything_back(self) -> bool:
        """Whether the plug was pulled and every socket has had a message since."""
        return self.hit is not None and all(witness.is_back for witness in self.witnesses)

    @property
    def received(self) -> int:
        return sum(witness.received for witness in self.witnesses)

    def pulled(self, hit: int) -> None:
        """The plug is pulled: it has hit so many connections."""
        self.hit = hit
        for witness in self.witnesses:
            witness.doubt()

    def claims(self) -> list[Claim]:
        """What the demo is for, one by one."""
        return [self._received(), self._recovered(), self._ordered(), self._clean()]

    def _received(self) -> Claim:
        silent = [witness.name for witness in self.witnesses if not witness.received]
        return Claim(
            f"every socket received messages: {self.received} on {len(self.witnesses)} sockets",
            seen=not silent,
            why_not=f"nothing came on: {', '.join(silent)}",
        )

    def _recovered(self) -> Claim:
        missing = [f"{witness.name} ({witness.state})" for witness in self.witnesses if not witness.is_back]
        slowest = max(witness.downtime for witness in self.witnesses)
        seen = self.hit == len(self.witnesses) and not missing
        if self.hit is None:
            why_not = "the plug was not pulled, because not every socket had received something"
        elif self.hit < len(self.witnesses):
            why_not = f"the plug hit {self.hit} connections of {len(self.witnesses)}"
        else:
            why_not = f"nothing came again on: {', '.join(missing)}"
        return Claim(
            "the plug was pulled and every socket came back" + (f", the slowest after {slowest:.2f} s" if seen else ""),
            seen=seen,
            why_not=why_not,
        )

    def _ordered(self) -> Claim:
        ids = self.ids
        trade_cuts = sum(witness.cuts for witness in self.witnesses if witness.name == "trade")
        if ids.disorder:
            why_not = ids.disorder[0]
        elif ids.last is None:
            why_not = "no trade was received"
        else:
            why_not = (
                f"{ids.missing} ids are missing in {ids.holes} places, and the connection was cut {trade_cuts} times"
            )
        return Claim(
            f"trades in order, no id twice; ids missing over the cut: {ids.missing} (reported, not hidden)",
            seen=ids.last is not None and not ids.disorder and ids.holes <= trade_cuts,
            why_not=why_not,
        )

    def _clean(self) -> Claim:
        errors = sum(witness.errors for witness in self.witnesses)
        dropped = sum(witness.socket.stats.dropped for witness in self.witnesses)
        return Claim(
            "no error message among the data, nothing dropped",
            seen=not errors and not dropped,
            why_not=f"{errors} error messages came, {dropped} messages were dropped",
        )
