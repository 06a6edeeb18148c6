"""Messages like the recorded ones: shapes, sizes and proportions of Binance spot market streams, made up from a seed.

The proportions and the number of levels in a depth update follow a recorded BTCUSDT session of August 2024
(99,573 messages in eleven minutes: 73 % bookTicker, 20 % trade, 7 % depth). Ids are contiguous, so that a client that
checks them finds nothing to complain about. Payload fields: "web-socket-streams.md" of the Binance spot documentation.
"""

import random
from collections.abc import Callable, Iterator

STREAMS = ("btcusdt@trade", "btcusdt@bookTicker", "btcusdt@depth@100ms")

_START_MS = 1_723_161_255_343
_DEPTH_LEVELS = (1, 7, 11, 14, 18, 22, 28, 38, 56, 104)


class Market:
    """One symbol's stream of messages, reproducible from its seed; every method makes the text of the next one."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self._prices = [f"{61_800 + self._random.uniform(-60, 60):.2f}000000" for _ in range(997)]
        self._quantities = [f"{self._random.expovariate(1.5):.5f}000" for _ in range(991)]
        self._count = 0
        self._trade_id = 3_735_683_259
        self._update_id = 50_093_239_189

    def _step(self) -> tuple[int, str, str]:
        """Time in milliseconds, a price, a quantity."""
        self._count = count = self._count + 1
        return _START_MS + count // 7, self._prices[count % 997], self._quantities[count % 991]

    def trade(self) -> str:
        """The next trade."""
        now, price, quantity = self._step()
        self._trade_id += 1
        return (
            f'{{"e":"trade","E":{now},"s":"BTCUSDT","t":{self._trade_id},"p":"{price}","q":"{quantity}",'
            f'"T":{now - 1},"m":true,"M":true}}'
        )

    def book_ticker(self) -> str:
        """The next best bid and ask."""
        now, price, quantity = self._step()
        self._update_id += 1
        return (
            f'{{"u":{self._update_id},"s":"BTCUSDT","b":"{price}","B":"{quantity}",'
            f'"a":"{price}","A":"{self._quantities[now % 991]}"}}'
        )

    def depth(self) -> str:
        """The next depth update, one to a hundred levels."""
        now, _, _ = self._step()
        first = self._update_id + 1
        levels = self._random.choice(_DEPTH_LEVELS)
        self._update_id += levels
        at = self._random.randrange(800)
        rows = [f'["{p}","{q}"]' for p, q in zip(self._prices[at : at + levels], self._quantities[at:], strict=False)]
        half = levels // 2
        return (
            f'{{"e":"depthUpdate","E":{now},"s":"BTCUSDT","U":{first},"u":{self._update_id},'
            f'"b":[{",".join(rows[:half])}],"a":[{",".join(rows[half:])}]}}'
        )

    def kline(self) -> str:
        """The state of the current one-minute candle."""
        now, price, quantity = self._step()
        opened = now - now % 60_000
        return (
            f'{{"e":"kline","E":{now},"s":"BTCUSDT","k":{{"t":{opened},"T":{opened + 59_999},"s":"BTCUSDT","i":"1m",'
            f'"f":{self._trade_id - 700},"L":{self._trade_id},"o":"{self._prices[0]}","c":"{price}",'
            f'"h":"{max(self._prices[:9])}","l":"{min(self._prices[:9])}","v":"{quantity}","n":700,"x":false,'
            f'"q":"{price}","V":"{quantity}","Q":"{price}","B":"0"}}}}'
        )

    def combined(self) -> Iterator[str]:
        """Endless messages of `STREAMS` in the recorded proportions, as one combined connection carries them."""
        trade, book, depth = STREAMS
        kinds: list[tuple[str, Callable[[], str]]] = [(book, self.book_ticker)] * 73
        kinds += [(trade, self.trade)] * 20 + [(depth, self.depth)] * 7
        while True:
            stream, make = self._random.choice(kinds)
            yield f'{{"stream":"{stream}","data":{make()}}}'
