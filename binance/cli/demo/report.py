"""The demo's last words: what was counted, and each claim with whether it was seen."""

from __future__ import annotations

from collections.abc import Sequence

from .evidence import Claim, Evidence

__all__ = ["summary"]


def summary(elapsed: float, evidence: Evidence, claims: Sequence[Claim]) -> list[str]:
    """The summary, as lines."""
    return [
        "",
        f"After {elapsed:.1f} s:",
        "",
        "  socket      messages  reconnects  errors  away for",
        *_counts(evidence),
        "",
        *(line for claim in claims for line in _judged(claim)),
        "",
        _verdict(claims),
    ]


def _counts(evidence: Evidence) -> list[str]:
    return [
        f"  {witness.name:<10}{witness.received:>10}{witness.socket.stats.reconnects:>12}{witness.errors:>8}"
        f"{f'{witness.downtime:.2f} s' if witness.is_back else '-':>10}"
        for witness in evidence.witnesses
    ]


def _judged(claim: Claim) -> list[str]:
    if claim.seen:
        return [f"  seen      {claim.text}"]
    return [f"  NOT SEEN  {claim.text}", f"            {claim.why_not}"]


def _verdict(claims: Sequence[Claim]) -> str:
    missed = sum(not claim.seen for claim in claims)
    if not missed:
        return "Everything that the demo claims was seen."
    return f"The demo FAILED: {missed} of its {len(claims)} claims were not seen."
