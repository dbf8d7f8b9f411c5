"""Where the value of each kind of placeholder comes from: one small function per kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from cloud_core.domain.errors import NotFound, UnresolvablePlaceholder
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.placeholders import (
    AwsQuery,
    Placeholder,
    PlaceholderKind,
    PrefixTemplates,
    Reference,
    ValueBoundaries,
)
from cloud_core.domain.values import SecretValue, Unknown, Value, contains
from cloud_core.ports.aws import AwsQueries, AwsScope, SecretSource
from cloud_core.ports.values import CalculationKey
from cloud_core.services.values.calculations import Calculations, is_pure, pure_value

StackOutputs = Callable[[str, str], Value]
"""(stack, output) to its value, secrets wrapped; UNKNOWN in a preview; NotFound when there is none."""

ENVIRONMENT_OWNER: Final = "env"
"""Owner of what is calculated for the environment's own configuration; no stack may be named so."""


@dataclass(frozen=True)
class DeploymentFacts:
    """What `deployment.<field>` placeholders tell."""

    id: str
    org: str
    project: str
    domain: str


@dataclass(frozen=True)
class ValueSources:
    """Where values come from. An absent source is offline: a preview leaves its placeholders as written."""

    outputs: StackOutputs | None = None
    aws: AwsQueries | None = None
    secrets: SecretSource | None = None
    calculations: Calculations | None = None
    variables: Mapping[str, str] | None = None


@dataclass(frozen=True)
class ResolutionContext:
    """One stack in one environment. A `preview` changes nothing and may leave ends open."""

    stack: str
    environment: EnvironmentName
    deployment: DeploymentFacts
    environment_config: Mapping[str, Value]
    scope: AwsScope
    boundaries: ValueBoundaries
    sources: ValueSources
    preview: bool = False


def resolution_context(
    manifest: Manifest,
    environment: EnvironmentName,
    stack: str,
    prefixes: PrefixTemplates,
    sources: ValueSources,
    preview: bool,
) -> ResolutionContext:
    """The stack in the manifest's environment; InvalidInput when it has no such environment."""
    section, deployment = manifest.environment(environment.value), manifest.deployment
    return ResolutionContext(
        stack=stack,
        environment=environment,
        deployment=DeploymentFacts(deployment.id, deployment.org, deployment.project, deployment.domain or ""),
        environment_config=section.config,
        scope=AwsScope(section.account, section.region),
        boundaries=ValueBoundaries(prefixes, deployment.org, deployment.project, environment.value),
        sources=sources,
        preview=preview,
    )


class SourceOffline(Exception):
    """The source that a placeholder needs is absent."""


def look_up(reference: Reference, context: ResolutionContext) -> Value:
    """The value; secrets, parameters and variables always as a SecretValue.

    Raises SourceOffline, UnresolvablePlaceholder when there is no value, and Unavailable as the sources do.
    """
    if refusal := context.boundaries.refusal(reference.placeholder):
        raise UnresolvablePlaceholder(refusal)
    return _LOOKUPS[reference.placeholder.kind](reference, context)


def _calculation(reference: Reference, context: ResolutionContext) -> Value:
    placeholder = reference.placeholder
    if is_pure(placeholder):
        return pure_value(placeholder)
    calculations = context.sources.calculations
    if calculations is None:
        raise SourceOffline
    return calculations.value(placeholder, _calculation_key(reference, context), preview=context.preview)


def _calculation_key(reference: Reference, context: ResolutionContext) -> CalculationKey:
    """Written once in the environment's configuration, a value is one for all stacks that take it from there."""
    owner, path = context.stack, reference.placeholder.path
    if reference.via:
        owner, path = ENVIRONMENT_OWNER, f"{reference.via[-1]}:{path}"
    return CalculationKey(context.deployment.id, context.environment, owner, path, reference.placeholder.text)


def _variable(reference: Reference, context: ResolutionContext) -> Value:
    variables, name = context.sources.variables, _key(reference)
    if variables is None:
        raise SourceOffline
    if name not in variables:
        raise UnresolvablePlaceholder(f"the variable {name} is not set: set it where the flows run")
    return SecretValue(variables[name])


def _deployment_field(reference: Reference, context: ResolutionContext) -> Value:
    facts, field = context.deployment, _key(reference)
    value = {"id": facts.id, "org": facts.org, "project": facts.project, "domain": facts.domain}[field]
    if not value:
        raise UnresolvablePlaceholder(f"the deployment has no {field}: write 'deployment.{field}' in the manifest")
    return value


def _aws_query(reference: Reference, context: ResolutionContext) -> Value:
    aws = context.sources.aws
    if aws is None:
        raise SourceOffline
    return _QUERIES[AwsQuery(_key(reference))](aws, context.scope, reference.placeholder)


def _hosted_zone(aws: AwsQueries, scope: AwsScope, placeholder: Placeholder) -> Value:
    return aws.hosted_zone_id(scope, placeholder.arguments[0])


def _certificate(aws: AwsQueries, scope: AwsScope, placeholder: Placeholder) -> Value:
    return aws.certificate_arn(scope, placeholder.arguments[0])


def _latest_image(aws: AwsQueries, scope: AwsScope, placeholder: Placeholder) -> Value:
    alias, architecture, *region = placeholder.arguments
    return aws.latest_image_id(_in_region(scope, region), alias, architecture)


def _availability_zones(aws: AwsQueries, scope: AwsScope, placeholder: Placeholder) -> Value:
    return aws.availability_zones(_in_region(scope, placeholder.arguments))


def _default_vpc(aws: AwsQueries, scope: AwsScope, _: Placeholder) -> Value:
    return aws.default_vpc_id(scope)


def _resource_by_tag(aws: AwsQueries, scope: AwsScope, placeholder: Placeholder) -> Value:
    kind, key, value = placeholder.arguments
    return aws.resource_id_by_tag(scope, kind, key, value)


def _in_region(scope: AwsScope, region: list[str] | tuple[str, ...]) -> AwsScope:
    return replace(scope, region=region[0]) if region else scope


def _secret(reference: Reference, context: ResolutionContext) -> Value:
    if context.sources.secrets is None:
        raise SourceOffline
    return SecretValue(context.sources.secrets.secret(context.scope, _key(reference)))


def _parameter(reference: Reference, context: ResolutionContext) -> Value:
    if context.sources.secrets is None:
        raise SourceOffline
    return SecretValue(context.sources.secrets.parameter(context.scope, _key(reference)))


def _stack_output(reference: Reference, context: ResolutionContext) -> Value:
    stack, output = reference.placeholder.stack or "", reference.placeholder.output or ""
    if context.sources.outputs is None:
        raise SourceOffline
    try:
        value = context.sources.outputs(stack, output)
    except NotFound as error:
        raise UnresolvablePlaceholder(f"{error.message}: deploy {stack} first") from error
    if not context.preview and contains(value, Unknown):
        raise UnresolvablePlaceholder(f"stack {stack} has no known value of {output} yet: deploy {stack} first")
    return value


def _key(reference: Reference) -> str:
    return reference.placeholder.key or ""


_QUERIES: Final[Mapping[AwsQuery, Callable[[AwsQueries, AwsScope, Placeholder], Value]]] = {
    AwsQuery.HOSTED_ZONE: _hosted_zone,
    AwsQuery.CERTIFICATE: _certificate,
    AwsQuery.LATEST_IMAGE: _latest_image,
    AwsQuery.AVAILABILITY_ZONES: _availability_zones,
    AwsQuery.DEFAULT_VPC: _default_vpc,
    AwsQuery.RESOURCE_BY_TAG: _resource_by_tag,
}
# In the order of looking up; ENV comes before all of them, in the expansion.
_LOOKUPS: Final[Mapping[PlaceholderKind, Callable[[Reference, ResolutionContext], Value]]] = {
    PlaceholderKind.CALCULATE: _calculation,
    PlaceholderKind.OS_ENV: _variable,
    PlaceholderKind.DEPLOYMENT: _deployment_field,
    PlaceholderKind.AWS: _aws_query,
    PlaceholderKind.SECRET: _secret,
    PlaceholderKind.SSM: _parameter,
    PlaceholderKind.STACK_OUTPUT: _stack_output,
}
LOOKUP_ORDER: Final = tuple(_LOOKUPS)
