"""What the layers add to an answer on its way out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message

from api.middleware.answering import Answer, answer_to

START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"no-cache")]}


def sent(*messages: Message, **added: str) -> tuple[Answer, list[Message]]:
    """The answer when it has gone out, and how."""
    came: list[Message] = []

    async def send(message: Message) -> None:
        came.append(message)

    answer = Answer({"type": "http"}, send)
    answer.headers.update({name.replace("_", "-").encode(): value.encode() for name, value in added.items()})

    async def all_of_them() -> None:
        for message in messages:
            await answer.send({**message})

    asyncio.run(all_of_them())
    return answer, came


def test_a_header_that_the_answer_has_itself_is_left() -> None:
    _, (start,) = sent(START, cache_control="no-store", x_request_id="r-1")
    assert start["headers"] == [(b"cache-control", b"no-cache"), (b"x-request-id", b"r-1")]


def test_an_answer_without_headers_gets_those_of_the_layers() -> None:
    _, (start,) = sent({"type": "http.response.start", "status": 204}, x_request_id="r-1")
    assert start["headers"] == [(b"x-request-id", b"r-1")]


def test_several_headers_of_one_name_stay_several() -> None:
    both = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    _, (start,) = sent({**START, "headers": both}, set_cookie="c=3")
    assert start["headers"] == both


def test_it_is_known_when_it_has_begun_and_how() -> None:
    answer, _ = sent()
    assert (answer.has_begun, answer.status) == (False, None)
    answer, came = sent({**START, "status": 503}, {"type": "http.response.body", "body": b"x"})
    assert (answer.has_begun, answer.status) == (True, 503)
    assert came[1] == {"type": "http.response.body", "body": b"x"}


def test_layers_find_the_one_answer_of_their_request() -> None:
    scope: dict[str, Any] = {"type": "http"}

    async def send(_: Message) -> None: ...

    answer = Answer(scope, send)
    assert answer_to(scope) is answer


@pytest.mark.parametrize("accepts", ["gzip", "identity", "gzip;q=0", "br, gzip;q=0.0, *;q=0", None])
@pytest.mark.parametrize("smallest", [1, 1_000_000])
def test_caches_are_told_that_answers_differ_by_what_is_accepted(
    make_api: Any, accepts: str | None, smallest: int
) -> None:
    headers = {"Accept-Encoding": accepts} if accepts else {"Accept-Encoding": ""}
    answer = make_api(gzip_bytes=smallest).reader().get("deployments", headers=headers)
    assert answer.headers.get_list("Vary") == ["Accept-Encoding"]
    assert ("Content-Encoding" in answer.headers) is (accepts == "gzip" and smallest == 1)


def test_what_another_layer_has_an_answer_vary_by_stays(make_api: Any) -> None:
    client = make_api(cors_origins="https://pages.example", gzip_bytes=1).reader()
    for accepts in ("gzip", "identity"):
        headers = {"Accept-Encoding": accepts, "Origin": "https://pages.example"}
        told = client.get("deployments", headers=headers).headers.get_list("Vary", split_commas=True)
        assert sorted(told) == ["Accept-Encoding", "Origin"]
