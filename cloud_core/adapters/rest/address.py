"""Where an API is: an address that a token may be sent to."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from cloud_core.domain.errors import InvalidInput

BASE: Final = "/api/v1"
_FIELD: Final = "--remote"


@dataclass(frozen=True)
class Address:
    """`url` is that of the API's base, without a slash at its end; `is_plain` when what is sent there can be read."""

    url: str
    is_plain: bool = False

    def __str__(self) -> str:
        """As people give it."""
        return self.url.removesuffix(BASE)


def parse_address(text: str, allow_plain: bool = False) -> Address:
    """The address of an API, with or without its base.

    Raises InvalidInput for what is none, for one with a name and password in it, and for plain HTTP to another machine
    unless that is allowed: a token must not travel so that others can read it. A wrong value is not repeated, as it
    may hold a password.
    """
    parts = _parts(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _refusal("it is no address of an API", "write it as https://cloud.example.com")
    if parts.username is not None or parts.password is not None:
        raise _refusal("it has a name or password in it", "leave them out: the token is read from CLOUD_TOKEN")
    if parts.query or parts.fragment:
        raise _refusal("it has more than a path", "write it as https://cloud.example.com")
    is_plain = parts.scheme == "http"
    if is_plain and not (allow_plain or _is_loopback(parts.hostname)):
        raise _refusal(
            f"a token would travel to http://{parts.hostname} so that others can read it",
            "use https://, or set CLOUD_REMOTE_PLAIN=true if the way there is safe",
        )
    path = parts.path.rstrip("/").removesuffix(BASE)
    return Address(f"{parts.scheme}://{parts.netloc}{path}{BASE}", is_plain)


def _parts(text: str) -> SplitResult:
    try:
        parts = urlsplit(text.strip())
        _ = parts.port
    except ValueError:
        raise _refusal("it is no address of an API", "write it as https://cloud.example.com") from None
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _refusal(why: str, way_out: str) -> InvalidInput:
    return InvalidInput(f"the address of the API can't be used: {why}", field=_FIELD, suggestion=way_out)
