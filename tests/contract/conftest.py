"""The pace of the contract tests: retries follow at once, so that a death and a recovery take milliseconds."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

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


@pytest.fixture
def tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """Give a server's TLS settings; the environment names its authority to whoever asks OpenSSL."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(settings)
    return settings
