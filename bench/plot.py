"""The results as SVG bar charts, drawn by hand: a benchmark needs no plotting library."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

WIDTH, LABEL, VALUE, BAR, GAP, TOP = 760, 260, 90, 18, 8, 46
COLOURS = {"ours": "#f0b90b", "limit": "#2e7d32"}
OTHERS = "#7a869a"


class Bar(NamedTuple):
    """One line of a chart."""

    label: str
    value: float
    text: str
    colour: str = OTHERS


def bar_chart(title: str, note: str, bars: Sequence[Bar]) -> str:
    """A chart of horizontal bars; readable on light and on dark pages."""
    longest = max((bar.value for bar in bars), default=1) or 1
    height = TOP + len(bars) * (BAR + GAP) + GAP
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="13" role="img">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" rx="6" fill="#ffffff"/>',
        f'<text x="12" y="20" font-weight="bold" fill="#1e2329">{escape(title)}</text>',
        f'<text x="12" y="37" font-size="11" fill="#5e6673">{escape(note)}</text>',
    ]
    for number, bar in enumerate(bars):
        y = TOP + number * (BAR + GAP)
        width = max(1, bar.value / longest * (WIDTH - LABEL - VALUE))
        lines += [
            f'<text x="{LABEL - 8}" y="{y + 14}" text-anchor="end" fill="#1e2329">{escape(bar.label)}</text>',
            f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2" fill="{bar.colour}"/>',
            f'<text x="{LABEL + width + 6:.1f}" y="{y + 14}" fill="#1e2329">{escape(bar.text)}</text>',
        ]
    return "\n".join([*lines, "</svg>\n"])


def _contender_bars(results: dict[str, Any], link: str, mode: str, figure: str, pattern: str) -> list[Bar]:
    found = [each for each in results["contenders"] if mode in each.get(link, {}) and each["name"] != "drain"]
    return [
        Bar(each["title"], value, pattern.format(value), COLOURS.get(each["name"], OTHERS))
        for each in found
        for value in [each[link][mode][figure]]
    ]


def pictures(results: dict[str, Any]) -> dict[str, str]:
    """All charts: file name without suffix, SVG text."""
    machine = results["machine"]
    where = f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}, loopback, {results['date'][:10]}"
    charts = {}
    for link in ("plain", "tls"):
        for name, title, mode, figure, pattern in (
            ("throughput", "messages per second, flooded (more is better)", "flood", "rate", "{:,.0f}"),
            ("cpu", "CPU µs per message, flooded (less is better)", "flood", "cpu_us", "{:.2f}"),
            ("latency", "median latency, µs, at 10,000 messages/s (less is better)", "pace", "p50", "{:.0f}"),
        ):
            bars = _contender_bars(results, link, mode, figure, pattern)
            charts[f"{name}-{link}"] = bar_chart(f"{link}: {title}", where, bars)
    scaled = results["scaling"]
    if not scaled:
        return charts
    charts["sockets"] = bar_chart(
        "messages per second against sockets of one manager",
        where,
        [
            Bar(f"{each['sockets']} sockets", each["rate"], f"{each['rate']:,.0f}", COLOURS["ours"])
            for each in scaled["sockets"]
        ],
    )
    waiting = [
        bar
        for each in scaled["backlog"]
        for bar in (
            Bar(f"{each['messages']:,} messages: their bytes", each["bytes"], f"{each['bytes'] / 1e6:.1f} MB"),
            Bar("memory grown", each["rss_growth"], f"{each['rss_growth'] / 1e6:.1f} MB", COLOURS["ours"]),
        )
    ]
    charts["backlog"] = bar_chart("memory while messages wait", where, waiting)
    return charts
