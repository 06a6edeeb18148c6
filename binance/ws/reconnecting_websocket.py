"""A stream of Binance with python-binance's manners: its name, its states, its class attributes, its error messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..exceptions import (
    BinanceWebsocketClosed,
    BinanceWebsocketQueueOverflow,
    BinanceWebsocketUnableToConnect,
    ReadLoopClosed,
)
from ..net.stream import Policies, State, Stream
from ..net.subscriptions import Subscriptions
from ..net.transports import make_transport
from .constants import WSListenerState
from .dialect import BinanceDialect
from .options import SocketOptions

__all__ = [
    "BinanceWebsocketClosed",
    "BinanceWebsocketQueueOverflow",
    "BinanceWebsocketUnableToConnect",
    "ReadLoopClosed",
    "ReconnectingWebsocket",
    "WSListenerState",
]

_STATES = {
    State.IDLE: WSListenerState.INITIALISING,
    State.OPEN: WSListenerState.STREAMING,
    State.LOST: WSListenerState.RECONNECTING,
    State.OVER: WSListenerState.EXITING,
}


class ReconnectingWebsocket(Stream):
    """One stream of the exchange: enter it, `recv()`, leave it. It survives its connections.

    Handed out by `BinanceSocketManager`. A lost connection is replaced without a word among the messages; when
    `MAX_RECONNECTS` tries in a row have failed, one message says so, ``{"e": "error", "type":
    "BinanceWebsocketUnableToConnect", "m": "Max reconnect retries reached"}``, and from then on `recv()` raises
    `ReadLoopClosed`. The class attributes are defaults that may be changed on the class or on one socket before it is
    entered.
    """

    #: Tries in a row before giving up; None = never give up.
    MAX_RECONNECTS: int | None = 5
    #: The longest and the shortest wait between two tries, in seconds.
    MAX_RECONNECT_SECONDS: float = 60
    MIN_RECONNECT_WAIT: float = 0.1
    #: How long opening a connection may take, in seconds.
    TIMEOUT: float = 10
    #: A stream that the exchange sends at a fixed pace is replaced after this many seconds without a message.
    NO_MESSAGE_RECONNECT_TIMEOUT: float = 60

    def __init__(
        self,
        url: str | Callable[[], str],
        path: str | None = None,
        prefix: str = "ws/",
        *,
        options: SocketOptions | None = None,
        paced: bool = False,
        subscribe: tuple[str, ...] = (),
        on_open: Callable[[ReconnectingWebsocket], None] | None = None,
        on_over: Callable[[ReconnectingWebsocket], None] | None = None,
    ) -> None:
        """A socket at `url` + `prefix` + `path`; `url` may be a function, asked before every connection.

        `paced` says that silence is suspicious, `subscribe` names streams to ask for once connected. `on_open` and
        `on_over` are called when a life of the socket begins and ends.
        """
        self._url = url
        self._path = prefix + (path or "")
        self._options = options or SocketOptions()
        self._paced = paced
        self._on_open = on_open
        self._on_over = on_over
        super().__init__(
            _shown(self._path),
            self._where,
            BinanceDialect(),
            make_transport(self._options.transport),
            self._policies_now,
            subscriptions=Subscriptions(subscribe) if subscribe else None,
            on_event=self._options.on_event,
        )

    @property
    def ws_state(self) -> WSListenerState:
        """INITIALISING until first connected, STREAMING, RECONNECTING, and EXITING once it is over."""
        return _STATES[self.state]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name} {self.ws_state.name}>"

    def _where(self) -> Awaitable[str]:
        base = self._url() if callable(self._url) else self._url
        return _ready(base + self._path)

    def _policies_now(self) -> Policies:
        return self._options.policies(
            max_reconnects=self.MAX_RECONNECTS,
            max_wait=self.MAX_RECONNECT_SECONDS,
            min_wait=self.MIN_RECONNECT_WAIT,
            open_timeout=self.TIMEOUT,
            stale_after=self.NO_MESSAGE_RECONNECT_TIMEOUT if self._paced else None,
        )

    def _started(self) -> None:
        if self._on_open is not None:
            self._on_open(self)

    def _ended(self) -> None:
        if self._on_over is not None:
            self._on_over(self)


def _shown(path: str) -> str:
    """The name of a socket in logs and errors. A path without stream names may be a listen key, a secret."""
    return path if "@" in path or "!" in path else "a socket"


async def _ready(value: str) -> str:
    return value
