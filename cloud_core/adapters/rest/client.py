"""One way out to an API: the token, what is asked again, and answers as plain data.

Nothing is asked twice that could be done twice: only what reads, what says the same when it is said again (PUT), and
what has an idempotency key, by which the API answers with the same operation.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import httpx

from cloud_core.adapters.rest.address import Address
from cloud_core.adapters.rest.errors import PROBLEM, error_of, on_the_way
from cloud_core.adapters.rest.tokens import NO_WAY_IN, Tokens
from cloud_core.domain.errors import NotPermitted, Unavailable
from cloud_core.domain.names import parse_idempotency_key
from cloud_core.ports.clock import Clock
from cloud_core.resources import version

_WAITS: Final = (0.3, 1.0)
"""Seconds before the second and the third attempt."""
_LONGEST_WAIT: Final = 10.0
_TIMES: Final = httpx.Timeout(60.0, connect=5.0)
_SAFE: Final = frozenset({"GET", "PUT"})
_BUSY: Final = frozenset({429, 502, 503, 504})
_UNAUTHORIZED: Final = 401
_UNAVAILABLE: Final = 503

_TOKEN: Final = re.compile(r"[\x21-\x7e]+")

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """`data` is None without a body."""

    data: Any
    etag: str | None = None


@dataclass(frozen=True)
class Call:
    """A request. Parameters that are None are left out; `key` is what makes it safe to be sent again."""

    method: str
    place: str
    params: Parameters = field(default_factory=dict)
    body: Any = None
    key: str | None = None
    if_match: str | None = None

    @property
    def may_be_repeated(self) -> bool:
        return self.method in _SAFE or self.key is not None


def place(*segments: str) -> str:
    """A path below the base; each segment is one, whatever is in it."""
    return "/".join(quote(one, safe="") for one in segments)


def new_key() -> str:
    """An idempotency key that nobody has used."""
    return uuid4().hex


class RestClient:
    """Raises what the API's services raised, Unavailable when it can't be reached, NotPermitted without a token."""

    def __init__(
        self, address: Address, tokens: Tokens, clock: Clock, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.address = address
        self._tokens = tokens
        self._clock = clock
        # A proxy that the environment names would read what travels plainly, also from this machine to itself.
        self._http = httpx.Client(
            timeout=_TIMES,
            follow_redirects=False,
            trust_env=not address.is_plain,
            verify=_trust(address),
            transport=transport,
            headers={"User-Agent": f"cloud/{version()}", "Accept": f"application/json, {PROBLEM}"},
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        return self.ask(Call("GET", path, params)).data

    def post(self, path: str, body: Any = None, *, key: str | None = None, **params: Any) -> Any:
        return self.ask(Call("POST", path, params, body, key)).data

    def ask_again(self, path: str, **params: Any) -> Any:
        """A question that is a POST, and changes nothing however often it is asked."""
        return self.ask(Call("POST", path, params, key=new_key())).data

    def get_open(self, path: str) -> Any:
        """What is open to everybody: no token is shown, and a sick platform answers as well."""
        with on_the_way(self.address):
            answer = self._http.get(f"{self.address.url}/{path}")
        if answer.status_code == _UNAVAILABLE and "services" in answer.text:
            return answer.json()
        return self._read(answer).data

    def ask(self, call: Call) -> Answer:
        """Send it, and again while that helps and does no harm."""
        for wait in _WAITS if call.may_be_repeated else ():
            try:
                answer = self._send(call)
            except Unavailable:
                self._clock.sleep(wait)
                continue
            pause = _pause(answer, wait)
            if pause is None:
                return self._read(answer)
            self._clock.sleep(pause)
        return self._read(self._send(call))

    def _send(self, call: Call) -> httpx.Response:
        """With a token that holds: one that has expired is renewed once."""
        answer = self._send_as(call, self._tokens.current())
        if answer.status_code == _UNAUTHORIZED and (renewed := self._tokens.renewed()) is not None:
            return self._send_as(call, renewed)
        return answer

    def _send_as(self, call: Call, token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {_checked(token)}"}
        if call.key is not None:
            headers["Idempotency-Key"] = parse_idempotency_key(call.key)
        if call.if_match is not None:
            headers["If-Match"] = call.if_match
        params = {name: _text(value) for name, value in call.params.items() if value is not None}
        url = f"{self.address.url}/{call.place}"
        with on_the_way(self.address):
            return self._http.request(call.method, url, params=params, json=call.body, headers=headers)

    def _read(self, answer: httpx.Response) -> Answer:
        if not answer.is_success:
            raise error_of(answer, self.address)
        try:
            data = answer.json() if answer.content else None
        except ValueError:
            raise error_of(answer, self.address) from None
        return Answer(data, answer.headers.get("etag"))


def _trust(address: Address) -> ssl.SSLContext | bool:
    """The machine's authorities, which take 50 ms to read; nobody where nothing is encrypted."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if address.is_plain else True


def _checked(token: str) -> str:
    """NotPermitted for what can't be in a header: the library would tell it in its error."""
    if _TOKEN.fullmatch(token):
        return token
    raise NotPermitted(
        "what is to be shown to the API is no token: it has spaces, line ends or odd characters in it",
        suggestion=NO_WAY_IN,
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pause(answer: httpx.Response, wait: float) -> float | None:
    """How long to wait before it is asked again; None for an answer that stands."""
    if answer.status_code not in _BUSY:
        return None
    told = answer.headers.get("retry-after", "")
    if told.isdecimal():
        return min(float(told), _LONGEST_WAIT)
    # Without that header our API says that waiting does not help; what stands before it says nothing at all.
    return None if answer.headers.get("content-type", "").startswith(PROBLEM) else wait
