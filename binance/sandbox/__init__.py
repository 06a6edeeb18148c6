"""A local exchange that speaks Binance's protocol, with a simulated market, recorded traffic, and faults on request.

It shares no code with the client: the judge and the judged must not agree by construction.
"""

from .faults import Faults
from .limits import Limits
from .server import Sandbox

__all__ = ["Faults", "Limits", "Sandbox"]
