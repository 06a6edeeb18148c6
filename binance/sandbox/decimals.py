"""Exact decimals for the local exchange: integers that count hundred-millionths.

Prices and quantities of Binance's spot market have at most eight digits after the point and travel as JSON strings.
As scaled integers they add, compare and hash exactly, and several times faster than `decimal.Decimal`.
"""

SCALE = 100_000_000


def scaled(text: str) -> int:
    """The scaled integer that the decimal `text` stands for; raises ValueError beyond eight digits."""
    whole, _, fraction = text.partition(".")
    if len(fraction) > 8:
        raise ValueError(f"{text!r} has more than 8 digits after the point")
    return int(whole) * SCALE + int(fraction.ljust(8, "0"))


def text(value: int) -> str:
    """A scaled integer as the exchange writes it, with eight digits after the point."""
    whole, fraction = divmod(abs(value), SCALE)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{fraction:08d}"


def times(price: int, quantity: int) -> int:
    """`price` times `quantity`, scaled; exact whenever tick size times step size is a multiple of 10⁻⁸."""
    return price * quantity // SCALE


def ratio(amount: int, quantity: int) -> int:
    """`amount` ÷ `quantity`, scaled, rounded down."""
    return amount * SCALE // quantity


def percent(change: int, base: int) -> str:
    """`change` in percent of `base`, with three digits as in the exchange's tickers."""
    thousandths = abs(change) * 100_000 // base
    sign = "-" if change < 0 and thousandths else ""
    return f"{sign}{thousandths // 1000}.{thousandths % 1000:03d}"
