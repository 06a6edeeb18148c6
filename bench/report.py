"""The results as a Markdown page."""

from collections.abc import Iterable
from typing import Any

LINKS = {"plain": "Plain", "tls": "TLS"}
YARDSTICKS = {"python_binance": "x python-binance", "limit": "of the limit"}


def _grid(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first, *others = heads
    lines = [f"| {' | '.join([first, *others])} |", f"|---|{'--:|' * len(others)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def ratio(results: dict[str, Any], link: str, name: str, other: str) -> float | None:
    """How many times the flood rate of `other` the contender `name` reaches, or None where one of them is missing."""
    rates = {each["name"]: each[link]["flood"]["rate"] for each in results["contenders"] if link in each}
    return rates[name] / rates[other] if name in rates and other in rates else None


def _contenders(results: dict[str, Any], link: str) -> str:
    heads = [
        "client",
        "messages/s",
        *YARDSTICKS.values(),
        "CPU µs/message",
        "peak MB",
        "p50 µs",
        "p99 µs",
        "CPU µs, paced",
    ]
    rows = []
    for each in results["contenders"]:
        if link not in each:
            continue
        flood, pace = each[link]["flood"], each[link].get("pace")
        others = YARDSTICKS if each["name"] != "drain" else ()
        shares = [ratio(results, link, each["name"], other) for other in others] or [None] * len(YARDSTICKS)
        paced = [f"{pace[key]:.0f}" for key in ("p50", "p99", "cpu_us")] if pace else ["-"] * 3
        rows.append(
            [each["title"], f"{flood['rate']:,.0f}"]
            + ["-" if share is None else f"{share:.2f}" for share in shares]
            + [f"{flood['cpu_us']:.2f}", f"{flood['peak_rss'] / 1e6:.0f}", *paced]
        )
    return _grid(heads, rows)


def _sockets(results: dict[str, Any]) -> str:
    heads = ["sockets", "open s", "kB/socket, open", "kB/socket, used", "messages/s", "CPU µs/message"]
    rows = [
        [
            f"{each['sockets']}",
            f"{each['open_seconds']:.2f}",
            f"{each['rss_per_socket_open'] / 1e3:.0f}",
            f"{each['rss_per_socket_used'] / 1e3:.0f}",
            f"{each['rate']:,.0f}",
            f"{each['cpu_us']:.2f}",
        ]
        for each in results["scaling"]["sockets"]
    ]
    return _grid(heads, rows)


def _backlog(results: dict[str, Any]) -> str:
    heads = ["messages", "MB waiting", "MB grown", "bytes/message beyond 1.3 x waiting", "fill s", "drain s"]
    rows = [
        [
            f"{each['messages']:,}",
            f"{each['bytes'] / 1e6:.1f}",
            f"{each['rss_growth'] / 1e6:.1f}",
            f"{each['rss_per_message_beyond_1_3_times_the_bytes']:.0f}",
            f"{each['fill_seconds']:.2f}",
            f"{each['drain_seconds']:.2f}",
        ]
        for each in results["scaling"]["backlog"]
    ]
    return _grid(heads, rows)


def table(results: dict[str, Any]) -> str:
    """The page."""
    machine, plan = results["machine"], results["plan"]
    parts = [
        "# Figures",
        f"{results['date'][:10]}, {machine['cpu']}, {machine['cores']} cores, {machine['system']}, "
        f"Python {machine['python']}, load {machine['load_before']} before. A sender in its own process, on its own "
        "core, over loopback; messages in the shapes, sizes and proportions of a recorded BTCUSDT session. "
        f"Flood: as fast as the client takes them, medians of {plan['flood_rounds']} rounds. "
        f"Latency: from the sender's `send` to the user's code at {plan['pace']:,} messages/s, medians of "
        f"{plan['pace_rounds']} rounds. Every client decodes every message, on asyncio's own event loop.",
    ]
    for link, title in LINKS.items():
        parts += [f"## {title}", _contenders(results, link)]
    if results["scaling"]:
        parts += ["## Many sockets of one manager", _sockets(results), "## Messages waiting", _backlog(results)]
    versions = {library: found for each in results["contenders"] for library, found in each["versions"].items()}
    versions["binance (this package)"] = results["version"]
    parts += ["## Versions", ", ".join(f"{library} {found}" for library, found in sorted(versions.items()))]
    parts += [f"**{name} failed:** {reason.strip().splitlines()[-1]}" for name, reason in results["failures"].items()]
    return "\n\n".join(parts) + "\n"
