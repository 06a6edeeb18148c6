"""The pace of the contract tests: retries follow at once, so that a death and a recovery take milliseconds."""

from __future__ import annotations

import pytest

from binance.ws.reconnecting_websocket import ReconnectingWebsocket


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let retries come within 50 ms."""
    monkeypatch.setattr(ReconnectingWebsocket, "MAX_RECONNECT_SECONDS", 0.05)
    monkeypatch.setattr(ReconnectingWebsocket, "MIN_RECONNECT_WAIT", 0.001)


@pytest.fixture
def slow(fast: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let retries come at the pace that users get when they change nothing."""
    monkeypatch.setattr(ReconnectingWebsocket, "MAX_RECONNECT_SECONDS", 60)
    monkeypatch.setattr(ReconnectingWebsocket, "MIN_RECONNECT_WAIT", 0.1)
