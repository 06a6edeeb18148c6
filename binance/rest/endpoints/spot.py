"""Spot: the general and market data endpoints of rest-api.md, which need no key."""

from __future__ import annotations

from ..endpoint import Endpoint, Security

__all__ = ["SPOT"]

_DOCUMENT = "https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md"


def _public(name: str, path: str, weight: int | str, title: str, anchor: str) -> Endpoint:
    return Endpoint(name, "GET", "api", "v3", path, Security.NONE, weight, title, f"{_DOCUMENT}#{anchor}")


_TICKER = "24hr-ticker-price-change-statistics"
_WINDOW = "rolling-window-price-change-statistics"

SPOT: tuple[Endpoint, ...] = (
    _public("ping", "ping", 1, "Test the connection", "test-connectivity"),
    _public("get_server_time", "time", 1, "The server's time", "check-server-time"),
    _public("get_exchange_info", "exchangeInfo", 20, "Rules and symbols of the exchange", "exchange-information"),
    _public("get_order_book", "depth", "5 to 250 by limit", "The order book", "order-book"),
    _public("get_recent_trades", "trades", 25, "The latest trades", "recent-trades-list"),
    _public("get_historical_trades", "historicalTrades", 25, "Older trades, by id", "old-trade-lookup"),
    _public("get_historical_block_trades", "historicalBlockTrades", 25, "Block trades", "historical-block-trades"),
    _public("get_aggregate_trades", "aggTrades", 4, "Aggregate trades", "compressedaggregate-trades-list"),
    _public("get_klines", "klines", 2, "Candles", "klinecandlestick-data"),
    _public("get_ui_klines", "uiKlines", 2, "Candles, made for charts", "uiklines"),
    _public("get_avg_price", "avgPrice", 2, "The average price of the last minutes", "current-average-price"),
    _public("get_ticker", "ticker/24hr", "2 to 80 by symbols", "Changes of the last 24 hours", _TICKER),
    _public("v3_get_ticker_trading_day", "ticker/tradingDay", "4 a symbol", "Changes of the day", "trading-day-ticker"),
    _public("get_symbol_ticker_window", "ticker", "4 a symbol", "Changes of a window of your choice", _WINDOW),
    _public("get_symbol_ticker", "ticker/price", "2 or 4", "The last price", "symbol-price-ticker"),
    _public("get_orderbook_ticker", "ticker/bookTicker", "2 or 4", "Best bid and ask", "symbol-order-book-ticker"),
    _public("get_orderbook_tickers", "ticker/bookTicker", "2 or 4", "Best bids and asks", "symbol-order-book-ticker"),
    _public("get_reference_price", "referencePrice", 2, "The reference price", "query-reference-price"),
)
