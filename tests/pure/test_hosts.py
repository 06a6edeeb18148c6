"""Where calls go, for every environment and every way to say it."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from binance.async_client import AsyncClient
from binance.base_client import BaseClient
from binance.hosts import ADDRESSES, Environment, address_of

CLIENT_FAMILIES = sorted({row.family for row in ADDRESSES if row.owner == "BaseClient"})


def api(client: AsyncClient) -> str:
    return address_of(client, "api", client.environment)


@pytest.mark.parametrize(
    ("options", "name", "url"),
    [
        ({}, "production", "https://api.binance.com/api"),
        ({"base_endpoint": "3"}, "production", "https://api3.binance.com/api"),
        ({"tld": "us"}, "us", "https://api.binance.us/api"),
        ({"tld": "tr", "base_endpoint": "1"}, "production", "https://api1.binance.tr/api"),
        ({"testnet": True}, "testnet", "https://testnet.binance.vision/api"),
        ({"demo": True}, "demo", "https://demo-api.binance.com/api"),
        ({"testnet": True, "demo": True}, "testnet", "https://testnet.binance.vision/api"),
        ({"environment": Environment.production}, "production", "https://api.binance.com/api"),
        ({"environment": Environment.us}, "us", "https://api.binance.us/api"),
        ({"environment": Environment.testnet}, "testnet", "https://testnet.binance.vision/api"),
        ({"environment": Environment.testnet, "testnet": True}, "testnet", "https://testnet.binance.vision/api"),
        ({"environment": Environment.demo}, "demo", "https://demo-api.binance.com/api"),
        ({"environment": Environment.local("http://127.0.0.1:8080")}, "local", "http://127.0.0.1:8080/api"),
        ({"environment": Environment.local("wss://[::1]:8080/x/")}, "local", "https://[::1]:8080/x/api"),
    ],
)
def test_where_calls_go(options: dict[str, Any], name: str, url: str) -> None:
    client = AsyncClient(**options)
    assert client.environment.name == name
    assert client.tld == client.environment.tld
    assert (client.testnet, client.demo) == (name == "testnet", name == "demo")
    assert api(client) == url


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"environment": Environment.production, "testnet": True}, "testnet=True"),
        ({"environment": Environment.testnet, "demo": True}, "demo=True"),
        ({"environment": Environment.local("http://h"), "testnet": True}, "testnet=True"),
        ({"environment": Environment.production, "tld": "us"}, "tld='us'"),
    ],
)
def test_contradictions_are_refused(options: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=r"^environment: ") as caught:
        AsyncClient(**options)
    assert word in str(caught.value)


@pytest.mark.parametrize("name", ["production", "testnet", "demo", "us"])
@pytest.mark.parametrize("family", CLIENT_FAMILIES)
def test_every_family_has_an_address(name: str, family: str) -> None:
    environment: Environment = getattr(Environment, name)
    address = address_of(AsyncClient(environment=environment), family, environment)
    assert address.startswith(("https://", "wss://"))
    assert "{" not in address


@pytest.mark.parametrize("family", CLIENT_FAMILIES)
def test_a_local_environment_is_everything_at_one_address(family: str) -> None:
    environment = Environment.local("https://localhost:1234")
    address = address_of(AsyncClient(environment=environment), family, environment)
    assert address.removeprefix("https").removeprefix("wss").startswith("://localhost:1234")


@pytest.mark.parametrize("url", ["", "localhost", "127.0.0.1:80", "ftp://h", "http://"])
def test_what_is_no_local_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"^url: "):
        Environment.local(url)


def test_addresses_changed_on_an_instance_a_class_and_a_subclass(monkeypatch: pytest.MonkeyPatch) -> None:
    client = AsyncClient()
    client.API_URL = "http://one/api"
    assert api(client) == "http://one/api"

    class Relayed(AsyncClient):
        API_URL = "http://two.{}/api"

    assert api(Relayed(tld="jp")) == "http://two.jp/api"
    assert api(AsyncClient()) == "https://api.binance.com/api"

    monkeypatch.setattr(BaseClient, "API_URL", "http://three{}.{}/api")
    assert api(AsyncClient(base_endpoint="2")) == "http://three2.com/api"
    assert api(AsyncClient(environment=Environment.local("http://four"))) == "http://three.com/api"


def test_every_address_is_an_annotated_attribute() -> None:
    annotated = {name for name in inspect.get_annotations(BaseClient) if name.endswith("_URL")}
    assert annotated == {row.attribute for row in ADDRESSES if row.owner == "BaseClient"}
    assert all(isinstance(getattr(BaseClient, name), str) for name in annotated)
