"""What an endpoint of the REST side is, and what it is given: one row of a table, one call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ApiError
from .listing import Listing
from .params import Param


@dataclass(frozen=True, slots=True)
class Call:
    """One request about what is `listed`, which is known up to `now`.

    Times are in microseconds, of which `unit` make one unit of the times in the reply.
    """

    listed: Mapping[str, Listing]
    now: int
    server_time: int
    args: dict[str, Any]
    unit: int
    weight_per_minute: int

    def stamp(self, time: int) -> int:
        return time // self.unit

    def listing(self) -> Listing:
        """The one symbol that the call is about."""
        listing = self._listing(self.args["symbol"])
        if self.args.get("symbolStatus", listing.facts.status) != listing.facts.status:
            raise ApiError(-1220, "The symbol's status does not match the requested symbolStatus.")
        return listing

    def listings(self) -> list[Listing]:
        """The symbols that the call is about: one, some, or all."""
        if "symbol" in self.args:
            return [self.listing()]
        some = [self._listing(symbol) for symbol in self.args.get("symbols", self.listed)]
        status = self.args.get("symbolStatus")
        return [listing for listing in some if status in (None, listing.facts.status)]

    def _listing(self, symbol: str) -> Listing:
        if symbol not in self.listed:
            raise ApiError(-1121, "Invalid symbol.")
        return self.listed[symbol]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a path answers; `weight` may depend on the parameters."""

    answer: Callable[[Call], Any]
    params: tuple[Param, ...] = ()
    weight: int | Callable[[dict[str, Any]], int] = 1

    def weigh(self, args: dict[str, Any]) -> int:
        return self.weight if isinstance(self.weight, int) else self.weight(args)
