"""Ports to AWS for reading: the queries of placeholders, secrets, and who we are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class AwsScope:
    """The account and region that a query is made in."""

    account: str
    region: str


@dataclass(frozen=True)
class CallerIdentity:
    account: str
    arn: str


@dataclass(frozen=True)
class Refusals:
    """What an identity may not do, as AWS says when it is asked: actions in the order of the question.

    `unclear` tells people what AWS could not tell, and why; None when it told everything.
    """

    principal: str
    actions: tuple[str, ...] = ()
    unclear: str | None = None


class AwsQueries(Protocol):
    """No match is an UnresolvablePlaceholder naming the query; failures of AWS are AwsAccessFailed or Unavailable."""

    def hosted_zone_id(self, scope: AwsScope, domain: str) -> str:
        """Exact name; several zones of that name are an error."""

    def certificate_arn(self, scope: AwsScope, domain: str) -> str:
        """Exact domain (may start with `*.`), issued, in the scope's region; several are an error."""

    def latest_image_id(self, scope: AwsScope, alias: str, architecture: str = "x86_64") -> str:
        """Newest available image of that alias of `domain.placeholders.IMAGE_ALIASES`."""

    def availability_zones(self, scope: AwsScope) -> list[str]:
        """Names of the available zones, sorted."""

    def default_vpc_id(self, scope: AwsScope) -> str: ...

    def resource_id_by_tag(self, scope: AwsScope, kind: str, key: str, value: str) -> str | None:
        """First id of a `vpc` or `subnet` with that tag, or None."""

    def caller_identity(self, scope: AwsScope) -> CallerIdentity: ...

    def refusals(self, scope: AwsScope, actions: Sequence[str]) -> Refusals:
        """Which of these actions (`ec2:CreateVpc`) the caller's policies refuse on any resource.

        An identity that has no policies (the account's root), and a server that enforces none, refuse nothing. AWS
        not letting us ask is an answer too: `unclear`.
        """


class SecretSource(Protocol):
    """Clear text of secrets at run time; the caller wraps it. Errors as in AwsQueries."""

    def secret(self, scope: AwsScope, name: str) -> str: ...

    def parameter(self, scope: AwsScope, path: str) -> str: ...
