"""Binance over WebSocket: names of streams, how the exchange talks, and the manager that hands out sockets."""
