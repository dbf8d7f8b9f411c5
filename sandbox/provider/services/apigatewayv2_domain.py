"""API Gateway: names of one's own, and which API answers to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from sandbox.provider.errors import AwsRefused
from sandbox.provider.gaps import REPLACED, Gap
from sandbox.provider.language import (
    Create,
    Delete,
    Input,
    Kind,
    LiveObject,
    Output,
    Read,
    Resource,
    Tags,
    call,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.services.apigatewayv2_api import CONFLICT, GONE
from sandbox.provider.services.owner_words import SEPARATOR
from sandbox.provider.tagging import TagForm

# What API Gateway's regional endpoints are reached by, in place of the server, which makes none.
ENDPOINT_ZONE: Final = "Z0APIGATEWAY"
_read_name: Final = Read(call("get_domain_name", DomainName="$id"), at="@", gone=GONE)


def _configuration(scope: Scope) -> list[dict[str, Any]]:
    return [scope.resource.properties["domainNameConfiguration"].written.send(scope.value("domainNameConfiguration"))]


def _create(scope: Scope) -> str:
    name = str(scope.value("domainName"))
    asked = {"DomainName": name, "DomainNameConfigurations": _configuration(scope)}
    scope.request("create_domain_name", {**asked, **scope.tag_parameter("Tags")})
    return name


def _read(scope: Scope) -> LiveObject | None:
    """With the endpoint behind the name, which AWS makes and the server does not."""
    live = _read_name(scope)
    if live is None:
        return None
    (told,) = live["DomainNameConfigurations"]
    target = f"d-{scope.id.replace('.', '-')}" + scope.format(".execute-api.{region}.{suffix}")
    return {**live, "Configuration": {**told, "TargetDomainName": target, "HostedZoneId": ENDPOINT_ZONE}}


def _make_anew(scope: Scope) -> None:
    """The server can't change a name. Its mappings come back under their ids, which it makes of what they say."""
    domain = {"DomainName": scope.id}
    mappings = scope.request("get_api_mappings", domain)["Items"]
    for one in mappings:
        scope.request("delete_api_mapping", {**domain, "ApiMappingId": one["ApiMappingId"]})
    scope.request("delete_domain_name", domain)
    _create(scope)
    for one in mappings:
        kept = {name: one[name] for name in ("ApiId", "Stage", "ApiMappingKey") if one.get(name)}
        scope.request("create_api_mapping", {**domain, **kept})


DOMAIN_NAME: Final = Resource(
    token="aws:apigatewayv2/domainName:DomainName",
    service="apigatewayv2",
    inputs=(
        Input("domainName", required=True, replaces=True, kind=Kind.DOMAIN),
        Input(
            "domainNameConfiguration",
            "Configuration",
            kind=Kind.BLOCK,
            required=True,
            partial=True,
            told=("hostedZoneId", "targetDomainName"),
        ),
    ),
    outputs=(
        Output("arn", text="arn:{partition}:apigateway:{region}::/domainnames/{id}"),
        Output("apiMappingSelectionExpression"),
    ),
    create=_create,
    read=_read,
    settings=(setting("domainNameConfiguration", _make_anew, on_create=False),),
    delete=Delete((call("delete_domain_name", DomainName="$id"),), gone=GONE),
    tags=Tags(_make_anew, None, form=TagForm.MAP, clear=_make_anew),
    identity=("domainName",),
)

MAPPING_KEY: Final = {"DomainName": "$domainName", "ApiMappingId": "$id"}
# The server makes the id of all but the API, so that the same call gives the mapping another API.
WRITE_MAPPING: Final = Create(call("create_api_mapping", "apiId stage apiMappingKey domainName"), at="ApiMappingId")


def _create_mapping(scope: Scope) -> str:
    name, key = scope.value("domainName"), scope.value("apiMappingKey") or ""
    mappings = scope.request("get_api_mappings", {"DomainName": name})["Items"]
    if any((one.get("ApiMappingKey") or "") == key for one in mappings):
        raise AwsRefused(f"{CONFLICT}: a mapping of {name}/{key} exists already", aws_code=CONFLICT)
    return WRITE_MAPPING(scope)


def _read_mapping(scope: Scope) -> LiveObject | None:
    own = replace(scope, id=scope.id.partition(SEPARATOR)[0])
    return Read(call("get_api_mapping", **MAPPING_KEY), at="@", gone=GONE)(own)


API_MAPPING: Final = Resource(
    token="aws:apigatewayv2/apiMapping:ApiMapping",
    service="apigatewayv2",
    inputs=(
        Input("domainName", required=True, replaces=True, stored=True),
        Input("apiId", required=True),
        Input("stage", required=True, replaces=True),
        Input("apiMappingKey", replaces=True),
    ),
    create=_create_mapping,
    read=_read_mapping,
    settings=(setting("apiId", WRITE_MAPPING, on_create=False),),
    delete=Delete((call("delete_api_mapping", **MAPPING_KEY),), gone=GONE),
    identity=("domainName", "apiMappingKey"),
    imports=rf"[^{SEPARATOR}]+{SEPARATOR}(?P<domainName>.+)",
    id_at="ApiMappingId",
)

NO_UPDATE: Final = "update_api_mapping has not been implemented"

RESOURCES: Final = (DOMAIN_NAME, API_MAPPING)

GAPS: Final = (
    Gap(
        DOMAIN_NAME.token,
        "domainNameConfiguration",
        "update_domain_name has not been implemented",
        "a change makes the name anew, with its mappings",
    ),
    Gap(API_MAPPING.token, "stage", NO_UPDATE, REPLACED),
    Gap(API_MAPPING.token, "apiMappingKey", NO_UPDATE, REPLACED),
    Gap(API_MAPPING.token, "apiId", NO_UPDATE, "create_api_mapping writes over the mapping, under its id"),
    Gap(
        API_MAPPING.token,
        "domainName",
        "create_api_mapping takes a second mapping of one key",
        "the provider refuses it, as AWS does",
    ),
)
