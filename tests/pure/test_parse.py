"""What replies become: values, or the exceptions that say what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from multidict import CIMultiDict

from binance.exceptions import BinanceAPIException, BinanceRequestException
from binance.net.http import HttpCall, HttpReply
from binance.rest.parse import value_of

CALL = HttpCall("GET", "https://h/api/v3/depth", "symbol=A&signature=SECRET")
PAGE = b"<html>\n<head><title>403\n Forbidden</title></head><body>" + b"<p>no</p>" * 500


def reply(body: bytes, status: int = 200) -> HttpReply:
    return HttpReply(CALL, status, CIMultiDict(), body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b"[]", []),
        (b"null", None),
        (b'{"id":123456789012345678901234567890,"p":"0.10"}', {"id": 123456789012345678901234567890, "p": "0.10"}),
        ('{"s":"币安"}'.encode(), {"s": "币安"}),
    ],
)
@pytest.mark.parametrize("status", [200, 201, 299])
def test_values(body: bytes, value: Any, status: int) -> None:
    assert value_of(reply(body, status)) == value


@pytest.mark.parametrize("status", [199, 300, 302, 400, 401, 404, 409, 451, 500, 503])
def test_other_statuses_are_errors_of_the_exchange(status: int) -> None:
    with pytest.raises(BinanceAPIException) as caught:
        value_of(answer := reply(b'{"code":-1121,"msg":"Invalid symbol."}', status))
    error = caught.value
    assert (error.code, error.message, error.status_code) == (-1121, "Invalid symbol.", status)
    assert error.response is answer
    assert error.request is CALL
    assert str(error) == "APIError(code=-1121): Invalid symbol."


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (PAGE, "HTTP 403: 403 Forbidden"),
        (b"", "HTTP 403: empty body"),
        (b"upstream   connect\n error", "HTTP 403: upstream connect error"),
        (b"\xff\xfe", "HTTP 403: \ufffd\ufffd"),
    ],
)
def test_an_error_that_is_not_json_is_short(body: bytes, words: str) -> None:
    with pytest.raises(BinanceAPIException) as caught:
        value_of(reply(body, 403))
    assert caught.value.code == 0
    assert caught.value.message.endswith(words)
    assert len(str(caught.value)) < 200


def test_long_texts_are_cut() -> None:
    with pytest.raises(BinanceAPIException, match=r"x \.\.\. \(100000 bytes\)$"):
        value_of(reply(b"x" * 100_000, 502))


@pytest.mark.parametrize("body", [b"", PAGE, b'{"a":', b"\xff\xfe", b"[" * 100_000])
def test_a_success_that_is_not_json(body: bytes) -> None:
    with pytest.raises(
        BinanceRequestException, match=r"^BinanceRequestException: Invalid Response: HTTP 200: "
    ) as caught:
        value_of(reply(body))
    assert len(str(caught.value)) < 500
    assert "SECRET" not in str(caught.value)


def test_replies_do_not_show_what_they_carry() -> None:
    text = repr(reply(b'{"listenKey":"BODY"}'))
    assert text == "200 to GET https://h/api/v3/depth?symbol=A&signature=***"
