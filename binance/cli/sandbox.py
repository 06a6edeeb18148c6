"""`binance sandbox`: the local exchange as a process; the same as `python -m binance.sandbox`."""

from ..sandbox.__main__ import add_arguments, run

__all__ = ["EPILOG", "SUMMARY", "add_arguments", "run"]

SUMMARY = "run a local exchange that speaks Binance's market data protocol"
EPILOG = """\
    It prints its URL and runs until Ctrl-C. Give the URL to `binance stream --url`, or to a client with
    AsyncClient(environment=Environment.local(url)).
    """
