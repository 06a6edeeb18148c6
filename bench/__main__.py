"""`python -m bench`: all contenders in turn, several rounds, medians; then sockets and backlog; into docs/benchmarks.

Rounds are interleaved (A B C, A B C, ...), so that a slow minute of the machine hurts everyone alike.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import trustme

from bench import peers, plot, report, scaling
from bench.processes import CONTENDER_CORE, ROOT, ContenderFailedError, Sender, measure
from binance import __version__

RESULTS = ROOT / "docs" / "benchmarks"
PACE = 10_000


class Contender(NamedTuple):
    """Who runs: a file of `bench/clients`, its name in the table, how many messages keep it busy for 1 to 2 s."""

    name: str
    title: str
    flood: int
    is_peer: bool = False


CONTENDERS = (
    Contender("ours", "binance (this package)", 1_000_000),
    Contender("python_binance", "python-binance", 50_000, is_peer=True),
    Contender("unicorn", "unicorn-binance-websocket-api", 100_000, is_peer=True),
    Contender("sdk_spot", "binance-sdk-spot", 100_000, is_peer=True),
    Contender("bare_websockets", "bare websockets + msgspec", 300_000),
    Contender("bare_aiohttp", "bare aiohttp + msgspec", 700_000),
    Contender("limit", "limit: picows callback + msgspec", 1_000_000),
    Contender("drain", "sender alone: bytes read, not parsed", 1_000_000),
)


class Plan(NamedTuple):
    """How much is measured."""

    flood_rounds: int
    pace_rounds: int
    pace_messages: int
    flood_divisor: int
    sockets: tuple[int, ...]
    socket_messages: int
    backlog: tuple[int, ...]


FULL = Plan(5, 3, 20_000, 1, (1, 10, 100, 300), 300_000, (100_000, 1_000_000))
QUICK = Plan(1, 1, 5_000, 10, (1, 30), 60_000, (100_000,))


@contextmanager
def senders(messages: int) -> Iterator[tuple[dict[str, Sender], dict[str, str]]]:
    """The plain and the TLS sender, and the environment in which clients trust the latter."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "authority.pem")
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
        running = {
            "plain": stack.enter_context(Sender(messages)),
            "tls": stack.enter_context(Sender(messages, folder / "server.pem")),
        }
        for sender in running.values():
            sender.wait_ready()
        yield running, {"SSL_CERT_FILE": str(folder / "authority.pem")}


class Session:
    """One run of the benchmark, collecting every report."""

    def __init__(self, plan: Plan, chosen: list[Contender], peers_python: Path) -> None:
        self._plan = plan
        self._chosen = chosen
        self._peers_python = peers_python
        self._reports: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
        self._failures: dict[str, str] = {}

    def run(self) -> dict[str, Any]:
        """Measure everything; what results.json holds."""
        plan = self._plan
        floods = (each.flood // plan.flood_divisor for each in self._chosen)
        longest = max(plan.socket_messages, *plan.backlog, *floods)
        with senders(longest) as (running, trust):
            for mode, rounds in (("flood", plan.flood_rounds), ("pace", plan.pace_rounds)):
                for number in range(1, rounds + 1):
                    for link, sender in running.items():
                        print(f"{mode}, {link}, round {number} of {rounds}", flush=True)
                        for contender in self._chosen:
                            self._measure(contender, mode, link, sender, trust)
            scaled = {}
            if any(each.name == "ours" for each in self._chosen):
                scaled = scaling.run(running["plain"], plan.sockets, plan.socket_messages, plan.backlog)
        return {
            "version": __version__,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "plan": plan._asdict() | {"pace": PACE},
            "contenders": [self._summary(contender) for contender in self._chosen],
            "failures": self._failures,
            "scaling": scaled,
        }

    def _measure(self, contender: Contender, mode: str, link: str, sender: Sender, trust: dict[str, str]) -> None:
        if contender.name in self._failures or (contender.name, mode) == ("drain", "pace"):
            return
        plan = self._plan
        count = contender.flood // plan.flood_divisor if mode == "flood" else plan.pace_messages
        order = f"flood {count}" if mode == "flood" else f"pace {PACE} {count}"
        python = self._peers_python if contender.is_peer else sys.executable
        command = [str(python), "bench/contender.py", contender.name, mode, sender.url, str(count)]
        try:
            result = measure(sender, order, [*command, "--core", str(CONTENDER_CORE)], trust)
        except ContenderFailedError as failure:
            print(f"  {contender.title} failed:\n{failure}", flush=True)
            self._failures[contender.name] = str(failure)
            return
        self._reports[contender.name, mode, link].append(result)
        said = f"{count / result['seconds']:12,.0f} messages/s" if mode == "flood" else f"{result['p50']:12.1f} µs p50"
        print(f"  {contender.title:40}{said}", flush=True)

    def _summary(self, contender: Contender) -> dict[str, Any]:
        """One contender's medians, and the single rates they come from."""
        summary: dict[str, Any] = {"name": contender.name, "title": contender.title, "versions": {}}
        for (name, mode, link), reports in self._reports.items():
            if name != contender.name:
                continue
            summary["versions"] = reports[0]["versions"]
            rates = [each["messages"] / each["seconds"] for each in reports]
            figures = {"cpu_us": median(each["cpu_seconds"] / each["messages"] * 1e6 for each in reports)}
            if mode == "flood":
                figures |= {"rate": median(rates), "peak_rss": median(each["peak_rss"] for each in reports)}
            else:
                figures |= {key: median(each[key] for each in reports) for key in ("p50", "p99")}
            summary.setdefault(link, {})[mode] = figures | {"rates": [round(rate) for rate in rates]}
        return summary


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor() or "unknown",
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def write(folder: Path, results: dict[str, Any], table: str) -> None:
    """The numbers, the page and the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "table.md").write_text(table, encoding="utf-8")
    for name, picture in plot.pictures(results).items():
        (folder / f"{name}.svg").write_text(picture, encoding="utf-8")


def main() -> int:
    """Run, write, print the table; nothing is written after a part only."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, within a minute; nothing to quote")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[each.name for each in CONTENDERS])
    parser.add_argument("--peers-python", type=Path, help="interpreter that has the other clients already")
    parser.add_argument("--output", type=Path, help="folder for the results (docs/benchmarks after a full run)")
    options = parser.parse_args()
    chosen = [each for each in CONTENDERS if not options.only or each.name in options.only]
    needs_peers = any(each.is_peer for each in chosen)
    peers_python = options.peers_python or (peers.python() if needs_peers else Path(sys.executable))
    results = Session(QUICK if options.quick else FULL, chosen, peers_python).run()
    table = report.table(results)
    if folder := options.output or (None if options.quick or options.only else RESULTS):
        write(folder, results, table)
    print(table)
    return 1 if results["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
