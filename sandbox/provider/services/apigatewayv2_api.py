"""API Gateway: HTTP and WebSocket APIs, and their stages."""

from __future__ import annotations

from typing import Final

from sandbox.provider.errors import AwsRefused, ProviderError
from sandbox.provider.gaps import Gap
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
from sandbox.provider.services.owner_words import by_own_id, imported_with
from sandbox.provider.tagging import TagForm

GONE: Final = ("NotFoundException",)
CONFLICT: Final = "ConflictException"
DEFAULT_STAGE: Final = "$default"
TAGS: Final = Tags(
    add=call("tag_resource", ResourceArn="$arn", Tags="$new_tags"),
    remove=call("untag_resource", ResourceArn="$arn", TagKeys="$gone_keys"),
    form=TagForm.MAP,
)

API_CHANGING: Final = (
    "name description version corsConfiguration disableExecuteApiEndpoint routeSelectionExpression "
    "apiKeySelectionExpression"
)
UPDATE_API: Final = call("update_api", API_CHANGING, ApiId="$id")


PROTOCOLS: Final = ("HTTP", "WEBSOCKET")
_describe_api: Final = Read(call("get_api", ApiId="$id"), at="@", gone=GONE)


def _create_api(scope: Scope) -> str:
    if (protocol := scope.value("protocolType")) not in PROTOCOLS:
        raise ProviderError(f"protocolType: {protocol!r} is none of {', '.join(PROTOCOLS)}")
    return Create(call("create_api", f"protocolType {API_CHANGING}"), at="ApiId", tags="Tags")(scope)


def _read_api(scope: Scope) -> LiveObject | None:
    """The server tells the endpoint of every API as one of HTTP."""
    live = _describe_api(scope)
    if live is None or live["ProtocolType"] != "WEBSOCKET":
        return live
    return {**live, "ApiEndpoint": live["ApiEndpoint"].replace("https:", "wss:", 1)}


API: Final = Resource(
    token="aws:apigatewayv2/api:Api",
    service="apigatewayv2",
    inputs=(
        Input("protocolType", required=True, replaces=True),
        Input("name", autoname=128),
        Input("description"),
        Input("version"),
        Input(
            "corsConfiguration",
            kind=Kind.BLOCK,
            unordered=("allowHeaders", "allowMethods", "allowOrigins", "exposeHeaders"),
        ),
        Input("disableExecuteApiEndpoint", default=False),
        Input("routeSelectionExpression", default="$request.method $request.path"),
        Input("apiKeySelectionExpression", default="$request.header.x-api-key"),
    ),
    outputs=(
        Output("apiEndpoint"),
        Output("arn", text="arn:{partition}:apigateway:{region}::/apis/{id}"),
        Output("executionArn", text="arn:{partition}:execute-api:{region}:{account}:{id}"),
    ),
    create=_create_api,
    read=_read_api,
    settings=(
        setting(
            API_CHANGING.replace("corsConfiguration ", ""),
            lambda scope: scope.run(UPDATE_API, scope.emptied()),
            on_create=False,
        ),
        setting("corsConfiguration", UPDATE_API, clear=call("delete_cors_configuration", ApiId="$id"), on_create=False),
    ),
    delete=Delete((call("delete_api", ApiId="$id"),), gone=GONE),
    tags=TAGS,
)

STAGE_KEY: Final = {"ApiId": "$apiId", "StageName": "$name"}
STAGE_SENT: Final = "description autoDeploy accessLogSettings defaultRouteSettings stageVariables clientCertificateId"
CREATE_STAGE: Final = Create(call("create_stage", STAGE_SENT, **STAGE_KEY), text="{name}", tags="Tags")
_describe_stage: Final = by_own_id(Read(call("get_stage", ApiId="$apiId", StageName="$id"), at="@", gone=GONE))
DELETE_STAGE: Final = Delete((call("delete_stage", **STAGE_KEY),), gone=GONE)


def _create_stage(scope: Scope) -> str:
    """The server puts a second one of a name in place of the first, where AWS refuses it."""
    if scope.ask(call("get_stage", **STAGE_KEY), GONE):
        raise AwsRefused(f"{CONFLICT}: Stage already exists", aws_code=CONFLICT)
    return CREATE_STAGE(scope)


def _read_stage(scope: Scope) -> LiveObject | None:
    live = _describe_stage(scope)
    if live is None:
        return None
    path = "" if live["StageName"] == DEFAULT_STAGE else live["StageName"]
    scheme = "wss" if _is_of_sockets(scope) else "https"
    return {**live, "InvokeUrl": scope.format(scheme + "://{apiId}.execute-api.{region}.{suffix}/") + path}


def _is_of_sockets(scope: Scope) -> bool:
    api = scope.ask(call("get_api", ApiId="$apiId"), GONE)
    return bool(api) and api["ProtocolType"] == "WEBSOCKET"


def _make_anew(scope: Scope) -> None:
    """The server can't change a stage; under its name it is the same one to whoever calls."""
    DELETE_STAGE(scope)
    CREATE_STAGE(scope)


STAGE: Final = Resource(
    token="aws:apigatewayv2/stage:Stage",
    service="apigatewayv2",
    inputs=(
        Input("apiId", required=True, replaces=True, stored=True),
        Input("name", "StageName", replaces=True, autoname=128),
        Input("description"),
        Input("autoDeploy", default=False),
        Input("accessLogSettings", kind=Kind.BLOCK),
        Input("defaultRouteSettings", kind=Kind.BLOCK, computed=True, partial=True),
        Input("stageVariables", kind=Kind.MAP),
        Input("clientCertificateId"),
    ),
    outputs=(
        Output("arn", text="arn:{partition}:apigateway:{region}::/apis/{apiId}/stages/{name}"),
        Output("executionArn", text="arn:{partition}:execute-api:{region}:{account}:{apiId}/{name}"),
        Output("invokeUrl"),
    ),
    create=_create_stage,
    read=_read_stage,
    settings=(setting(STAGE_SENT, _make_anew, on_create=False),),
    delete=DELETE_STAGE,
    tags=Tags(_make_anew, None, form=TagForm.MAP, clear=_make_anew),
    identity=("apiId", "name"),
    imports=imported_with("apiId"),
    id_at="StageName",
)

RESOURCES: Final = (API, STAGE)

GAPS: Final = (
    Gap(API.token, "protocolType", "a WEBSOCKET API's endpoint is told as that of an HTTP one", "told as wss:"),
    Gap(STAGE.token, "name", "create_stage replaces one of the name", "the provider refuses it, as AWS does"),
    Gap(STAGE.token, "description", "update_stage has not been implemented", "a change makes the stage anew"),
)
