"""The package's version, the one place that setup.py, the user agent and `binance.__version__` read it from."""

__version__ = "0.1.0"
