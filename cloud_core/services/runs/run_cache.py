"""Ask AWS each question once in a run, however many stacks ask it at the same time."""

from __future__ import annotations

from collections.abc import Sequence

from cloud_core.ports.aws import AwsQueries, AwsScope, CallerIdentity, Refusals, SecretSource
from cloud_core.services.records.once import Once


class CachedAwsQueries:
    """`AwsQueries` that remembers its answers; one instance a run."""

    def __init__(self, queries: AwsQueries) -> None:
        self._queries = queries
        self._once = Once()

    def hosted_zone_id(self, scope: AwsScope, domain: str) -> str:
        return self._once.ask(("zone", scope, domain), lambda: self._queries.hosted_zone_id(scope, domain))

    def certificate_arn(self, scope: AwsScope, domain: str) -> str:
        return self._once.ask(("certificate", scope, domain), lambda: self._queries.certificate_arn(scope, domain))

    def latest_image_id(self, scope: AwsScope, alias: str, architecture: str = "x86_64") -> str:
        question = ("image", scope, alias, architecture)
        return self._once.ask(question, lambda: self._queries.latest_image_id(scope, alias, architecture))

    def availability_zones(self, scope: AwsScope) -> list[str]:
        return list(self._once.ask(("zones", scope), lambda: self._queries.availability_zones(scope)))

    def default_vpc_id(self, scope: AwsScope) -> str:
        return self._once.ask(("vpc", scope), lambda: self._queries.default_vpc_id(scope))

    def resource_id_by_tag(self, scope: AwsScope, kind: str, key: str, value: str) -> str | None:
        question = ("tag", scope, kind, key, value)
        return self._once.ask(question, lambda: self._queries.resource_id_by_tag(scope, kind, key, value))

    def caller_identity(self, scope: AwsScope) -> CallerIdentity:
        return self._once.ask(("caller", scope), lambda: self._queries.caller_identity(scope))

    def refusals(self, scope: AwsScope, actions: Sequence[str]) -> Refusals:
        question = ("refusals", scope, tuple(actions))
        return self._once.ask(question, lambda: self._queries.refusals(scope, actions))


class CachedSecretSource:
    """`SecretSource` that remembers its answers, in this process' memory alone; one instance a run."""

    def __init__(self, source: SecretSource) -> None:
        self._source = source
        self._once = Once()

    def secret(self, scope: AwsScope, name: str) -> str:
        return self._once.ask(("secret", scope, name), lambda: self._source.secret(scope, name))

    def parameter(self, scope: AwsScope, path: str) -> str:
        return self._once.ask(("parameter", scope, path), lambda: self._source.parameter(scope, path))
