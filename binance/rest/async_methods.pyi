# Written by `python -m binance.rest.stubs` from the rows of binance.rest.endpoints: change those.
from typing import Any

from .._json import Json

__all__ = ["AsyncMethods"]

class AsyncMethods:
    async def ping(self, /, **params: Any) -> Json:
        """Test the connection.

        ``GET /api/v3/ping``, weight 1, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#test-connectivity
        """

    async def get_server_time(self, /, **params: Any) -> Json:
        """The server's time.

        ``GET /api/v3/time``, weight 1, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#check-server-time
        """

    async def get_exchange_info(self, /, **params: Any) -> Json:
        """Rules and symbols of the exchange.

        ``GET /api/v3/exchangeInfo``, weight 20, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#exchange-information
        """

    async def get_order_book(self, /, **params: Any) -> Json:
        """The order book.

        ``GET /api/v3/depth``, weight 5 to 250 by limit, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#order-book
        """

    async def get_recent_trades(self, /, **params: Any) -> Json:
        """The latest trades.

        ``GET /api/v3/trades``, weight 25, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#recent-trades-list
        """

    async def get_historical_trades(self, /, **params: Any) -> Json:
        """Older trades, by id.

        ``GET /api/v3/historicalTrades``, weight 25, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#old-trade-lookup
        """

    async def get_historical_block_trades(self, /, **params: Any) -> Json:
        """Block trades.

        ``GET /api/v3/historicalBlockTrades``, weight 25, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#historical-block-trades
        """

    async def get_aggregate_trades(self, /, **params: Any) -> Json:
        """Aggregate trades.

        ``GET /api/v3/aggTrades``, weight 4, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#compressedaggregate-trades-list
        """

    async def get_klines(self, /, **params: Any) -> Json:
        """Candles.

        ``GET /api/v3/klines``, weight 2, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#klinecandlestick-data
        """

    async def get_ui_klines(self, /, **params: Any) -> Json:
        """Candles, made for charts.

        ``GET /api/v3/uiKlines``, weight 2, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#uiklines
        """

    async def get_avg_price(self, /, **params: Any) -> Json:
        """The average price of the last minutes.

        ``GET /api/v3/avgPrice``, weight 2, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#current-average-price
        """

    async def get_ticker(self, /, **params: Any) -> Json:
        """Changes of the last 24 hours.

        ``GET /api/v3/ticker/24hr``, weight 2 to 80 by symbols, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#24hr-ticker-price-change-statistics
        """

    async def v3_get_ticker_trading_day(self, /, **params: Any) -> Json:
        """Changes of the day.

        ``GET /api/v3/ticker/tradingDay``, weight 4 a symbol, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#trading-day-ticker
        """

    async def get_symbol_ticker_window(self, /, **params: Any) -> Json:
        """Changes of a window of your choice.

        ``GET /api/v3/ticker``, weight 4 a symbol, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#rolling-window-price-change-statistics
        """

    async def get_symbol_ticker(self, /, **params: Any) -> Json:
        """The last price.

        ``GET /api/v3/ticker/price``, weight 2 or 4, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#symbol-price-ticker
        """

    async def get_orderbook_ticker(self, /, **params: Any) -> Json:
        """Best bid and ask.

        ``GET /api/v3/ticker/bookTicker``, weight 2 or 4, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#symbol-order-book-ticker
        """

    async def get_orderbook_tickers(self, /, **params: Any) -> Json:
        """Best bids and asks.

        ``GET /api/v3/ticker/bookTicker``, weight 2 or 4, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#symbol-order-book-ticker
        """

    async def get_reference_price(self, /, **params: Any) -> Json:
        """The reference price.

        ``GET /api/v3/referencePrice``, weight 2, security NONE.
        See https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#query-reference-price
        """
