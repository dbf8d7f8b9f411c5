"""AWS in memory: what the queries and secrets of placeholders find, put there by the test."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from cloud_core.domain.errors import CloudError, InvalidInput, UnresolvablePlaceholder
from cloud_core.domain.placeholders import IMAGE_ALIASES
from cloud_core.ports.aws import AwsScope, CallerIdentity, Refusals

_KINDS: Final = ("vpc", "subnet")
_GLOBAL: Final = "global"


@dataclass(frozen=True)
class _Thing:
    kind: str
    account: str
    region: str
    name: str
    id: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class _Account:
    """What both fakes do: count calls, and fail when told to."""

    failure: CloudError | None = None
    calls: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def _called(self, name: str) -> None:
        with self._lock:
            self.calls.append(name)
        if self.failure is not None:
            raise self.failure


class FakeAwsQueries(_Account):
    """`ports.aws.AwsQueries`. `failure` is raised by every call while it is set; `calls` are the methods called.

    `refused` are the actions that the caller may not do; `unclear` is why that can't be told.
    """

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[str] = set()
        self.unclear: str | None = None
        self._things: list[_Thing] = []
        self._numbers = count(1)

    def add_hosted_zone(self, scope: AwsScope, domain: str) -> str:
        return self._add("zone", AwsScope(scope.account, _GLOBAL), domain.lower().rstrip("."), "Z{:013d}")

    def add_certificate(self, scope: AwsScope, domain: str) -> str:
        """An issued one."""
        pattern = f"arn:aws:acm:{scope.region}:{scope.account}:certificate/{{:012d}}"
        return self._add("certificate", scope, domain.lower(), pattern)

    def add_image(self, scope: AwsScope, alias: str, architecture: str = "x86_64") -> str:
        """Newer than all before."""
        return self._add("image", scope, f"{alias}/{architecture}", "ami-{:017d}")

    def add_vpc(self, scope: AwsScope, tags: dict[str, str] | None = None, *, is_default: bool = False) -> str:
        return self._add("vpc", scope, "default" if is_default else "", "vpc-{:017d}", tags)

    def add_subnet(self, scope: AwsScope, tags: dict[str, str] | None = None) -> str:
        return self._add("subnet", scope, "", "subnet-{:017d}", tags)

    def hosted_zone_id(self, scope: AwsScope, domain: str) -> str:
        self._called("hosted_zone_id")
        return self._only("zone", AwsScope(scope.account, _GLOBAL), domain.lower().rstrip("."))

    def certificate_arn(self, scope: AwsScope, domain: str) -> str:
        self._called("certificate_arn")
        return self._only("certificate", scope, domain.lower())

    def latest_image_id(self, scope: AwsScope, alias: str, architecture: str = "x86_64") -> str:
        self._called("latest_image_id")
        found = self._named("image", scope, f"{alias}/{architecture}")
        if alias not in IMAGE_ALIASES or not found:
            raise UnresolvablePlaceholder(f"account {scope.account} has no image {alias} for {architecture}")
        return found[-1]

    def availability_zones(self, scope: AwsScope) -> list[str]:
        self._called("availability_zones")
        return [scope.region + letter for letter in "abc"]

    def default_vpc_id(self, scope: AwsScope) -> str:
        self._called("default_vpc_id")
        return self._only("vpc", scope, "default")

    def resource_id_by_tag(self, scope: AwsScope, kind: str, key: str, value: str) -> str | None:
        self._called("resource_id_by_tag")
        if kind not in _KINDS:
            raise InvalidInput(f"resources of kind {kind!r} can't be found by tag: use {', '.join(_KINDS)}")
        return min((thing.id for thing in self._in(kind, scope) if thing.tags.get(key) == value), default=None)

    def caller_identity(self, scope: AwsScope) -> CallerIdentity:
        self._called("caller_identity")
        return CallerIdentity(scope.account, f"arn:aws:sts::{scope.account}:assumed-role/cloud-deployer/cloud")

    def refusals(self, scope: AwsScope, actions: Sequence[str]) -> Refusals:
        self._called("refusals")
        principal = f"arn:aws:iam::{scope.account}:role/cloud-deployer"
        if self.unclear is not None:
            return Refusals(principal, unclear=self.unclear)
        return Refusals(principal, tuple(action for action in actions if action in self.refused))

    def _add(self, kind: str, scope: AwsScope, name: str, pattern: str, tags: dict[str, str] | None = None) -> str:
        thing = _Thing(kind, scope.account, scope.region, name, pattern.format(next(self._numbers)), tags or {})
        self._things.append(thing)
        return thing.id

    def _in(self, kind: str, scope: AwsScope) -> list[_Thing]:
        wanted = (kind, scope.account, scope.region)
        return [thing for thing in self._things if (thing.kind, thing.account, thing.region) == wanted]

    def _named(self, kind: str, scope: AwsScope, name: str) -> list[str]:
        return [thing.id for thing in self._in(kind, scope) if thing.name == name]

    def _only(self, kind: str, scope: AwsScope, name: str) -> str:
        found = self._named(kind, scope, name)
        if len(found) != 1:
            raise UnresolvablePlaceholder(f"account {scope.account} has {len(found)} of it: {kind} {name}")
        return found[0]


class FakeSecretSource(_Account):
    """`ports.aws.SecretSource`; `failure` and `calls` as in FakeAwsQueries."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: dict[tuple[str, AwsScope, str], str] = {}

    def put_secret(self, scope: AwsScope, name: str, text: str) -> None:
        self._texts["secret", scope, name] = text

    def put_parameter(self, scope: AwsScope, path: str, text: str) -> None:
        self._texts["parameter", scope, path] = text

    def secret(self, scope: AwsScope, name: str) -> str:
        return self._text("secret", scope, name)

    def parameter(self, scope: AwsScope, path: str) -> str:
        return self._text("parameter", scope, path)

    def _text(self, kind: str, scope: AwsScope, name: str) -> str:
        self._called(kind)
        try:
            return self._texts[kind, scope, name]
        except KeyError:
            raise UnresolvablePlaceholder(f"account {scope.account} has no {kind} {name} in {scope.region}") from None
