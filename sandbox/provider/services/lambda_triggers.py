"""Lambda: who may call a function, and what calls it."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from sandbox.provider.errors import AwsRefused
from sandbox.provider.gaps import Gap
from sandbox.provider.language import (
    Create,
    Delete,
    Detail,
    Input,
    Kind,
    LiveObject,
    Output,
    Read,
    Resource,
    Tags,
    Wait,
    call,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.tagging import TagForm

GONE: Final = ("ResourceNotFoundException",)
BUSY: Final = ("ResourceConflictException", "ResourceInUseException")

ALLOW: Final = call(
    "add_permission",
    "statementId action principal sourceArn sourceAccount functionUrlAuthType",
    FunctionName="$function",
    Qualifier="$qualifier",
    PrincipalOrgID="$principalOrgId",
)


def _statement(scope: Scope) -> LiveObject | None:
    """The statement of the function's policy, with its conditions under the names that the call has for them."""
    answer = scope.ask(call("get_policy", FunctionName="$function", Qualifier="$qualifier"), GONE)
    statements = json.loads(answer["Policy"])["Statement"] if answer else []
    found = next((one for one in statements if one["Sid"] == scope.value("statementId")), None)
    if found is None:
        return None
    conditions = {key.lower(): value for one in (found.get("Condition") or {}).values() for key, value in one.items()}
    return {
        **found,
        "StatementId": found["Sid"],
        "Principal": _principal(found["Principal"]),
        "SourceArn": conditions.get("aws:sourcearn"),
        "SourceAccount": conditions.get("aws:sourceaccount"),
        "PrincipalOrgID": conditions.get("aws:principalorgid"),
        "FunctionUrlAuthType": conditions.get("lambda:functionurlauthtype", found.get("FunctionUrlAuthType")),
    }


def _principal(told: Any) -> str:
    """A service, an account's number, a role's ARN, or everybody."""
    name = str(next(iter(told.values())) if isinstance(told, dict) else told)
    account = re.fullmatch(r"arn:[a-z-]+:iam::(\d{12}):root", name)
    return account.group(1) if account else name


def _allow(scope: Scope) -> str:
    """The server takes a second statement of a name, where AWS refuses it."""
    name = str(scope.value("statementId"))
    if _statement(scope) is not None:
        text = f"The statement id ({name}) provided already exists."
        raise AwsRefused(f"{BUSY[0]}: {text} (add_permission)", aws_code=BUSY[0], operation="add_permission")
    scope.run(ALLOW)
    return name


PERMISSION: Final = Resource(
    token="aws:lambda/permission:Permission",
    service="lambda",
    inputs=(
        Input("statementId", replaces=True, autoname=100),
        Input("statementIdPrefix", replaces=True, stored=True),
        Input("function", required=True, replaces=True, stored=True),
        Input("qualifier", replaces=True, stored=True),
        Input("action", required=True, replaces=True),
        Input("principal", required=True, replaces=True),
        Input("sourceArn", replaces=True),
        Input("sourceAccount", replaces=True),
        Input("principalOrgId", "PrincipalOrgID", replaces=True),
        Input("functionUrlAuthType", replaces=True),
    ),
    create=_allow,
    read=_statement,
    delete=Delete(
        (call("remove_permission", FunctionName="$function", StatementId="$statementId", Qualifier="$qualifier"),),
        gone=GONE,
        busy=BUSY,
    ),
    identity=("function", "statementId"),
    imports=r"(?P<function>[^/]+)/(?P<statementId>.+)",
    id_at="StatementId",
)

MAPPING_ARN: Final = "arn:{partition}:lambda:{region}:{account}:event-source-mapping:{id}"
MAPPING: Final = (
    "batchSize bisectBatchOnFunctionError destinationConfig enabled filterCriteria functionName functionResponseTypes "
    "maximumBatchingWindowInSeconds maximumRecordAgeInSeconds maximumRetryAttempts parallelizationFactor scalingConfig"
)


def _read_mapping(scope: Scope) -> LiveObject | None:
    """A function named by its name stays so, though AWS tells its ARN."""
    told = Detail("Tags", call("list_tags", Resource=scope.format(MAPPING_ARN)), "Tags", none=GONE)
    live = Read(call("get_event_source_mapping", UUID="$id"), at="@", gone=GONE, absent="State == 'Deleting'")(scope)
    if live is None:
        return None
    named, arn = scope.value("functionName"), live["FunctionArn"]
    function = named if named and arn.endswith(f":{named}") else arn
    return {**live, "FunctionName": function, "Enabled": "Enabl" in live["State"], "Tags": scope.detail(told)}


def _change_mapping(scope: Scope) -> None:
    """Lists that are empty now have to be said."""
    lists = {"FunctionResponseTypes": scope.value("functionResponseTypes") or []}
    if "scalingConfig" in scope.changed and not scope.value("scalingConfig"):
        lists["ScalingConfig"] = {}
    if "filterCriteria" in scope.changed and not scope.value("filterCriteria"):
        lists["FilterCriteria"] = {}
    changed = call("update_event_source_mapping", MAPPING, UUID="$id")
    scope.patiently(lambda: scope.run(changed, lists), BUSY, 600)


EVENT_SOURCE_MAPPING: Final = Resource(
    token="aws:lambda/eventSourceMapping:EventSourceMapping",
    service="lambda",
    inputs=(
        Input("functionName", required=True),
        Input("eventSourceArn", replaces=True),
        Input("batchSize", computed=True),
        Input("bisectBatchOnFunctionError", computed=True),
        Input("destinationConfig", kind=Kind.BLOCK),
        Input("enabled", default=True),
        Input("filterCriteria", kind=Kind.BLOCK),
        Input("functionResponseTypes", kind=Kind.SET),
        Input("maximumBatchingWindowInSeconds", computed=True),
        Input("maximumRecordAgeInSeconds", computed=True),
        Input("maximumRetryAttempts", computed=True),
        Input("parallelizationFactor", computed=True),
        Input("scalingConfig", kind=Kind.BLOCK),
        Input("startingPosition", replaces=True),
    ),
    outputs=(
        Output("arn", text=MAPPING_ARN),
        Output("functionArn"),
        Output("state", volatile=True),
        Output("uuid", "UUID"),
    ),
    create=Create(
        call("create_event_source_mapping", f"{MAPPING} eventSourceArn startingPosition"), at="UUID", tags="Tags"
    ),
    read=_read_mapping,
    settings=(setting(MAPPING, _change_mapping, on_create=False),),
    delete=Delete((call("delete_event_source_mapping", UUID="$id"),), gone=GONE, busy=BUSY),
    tags=Tags(
        add=call("tag_resource", Resource="$arn", Tags="$new_tags"),
        remove=call("untag_resource", Resource="$arn", TagKeys="$gone_keys"),
        form=TagForm.MAP,
    ),
    ready=Wait("State", ("Enabled", "Disabled")),
    vanishes=600,
)

URL: Final = "authorizationType cors invokeMode"

FUNCTION_URL: Final = Resource(
    token="aws:lambda/functionUrl:FunctionUrl",
    service="lambda",
    inputs=(
        Input("functionName", required=True, replaces=True, stored=True),
        Input("qualifier", replaces=True, stored=True),
        Input("authorizationType", "AuthType", required=True),
        Input("cors", kind=Kind.BLOCK, unordered=("allowHeaders", "allowMethods", "allowOrigins", "exposeHeaders")),
        Input("invokeMode", default="BUFFERED", stored=True),
    ),
    outputs=(
        Output("functionArn"),
        Output("functionUrl"),
    ),
    create=Create(
        call("create_function_url_config", URL, FunctionName="$functionName", Qualifier="$qualifier"),
        text="{functionName}",
    ),
    read=Read(call("get_function_url_config", FunctionName="$functionName", Qualifier="$qualifier"), at="@", gone=GONE),
    settings=(
        setting(
            URL,
            call("update_function_url_config", URL, FunctionName="$functionName", Qualifier="$qualifier"),
            on_create=False,
        ),
    ),
    delete=Delete(
        (call("delete_function_url_config", FunctionName="$functionName", Qualifier="$qualifier"),), gone=GONE
    ),
    identity=("functionName", "qualifier"),
    imports=r"(?P<functionName>[^/]+)(?:/(?P<qualifier>.+))?",
)

RESOURCES: Final = (PERMISSION, EVENT_SOURCE_MAPPING, FUNCTION_URL)

GAPS: Final = (
    Gap(FUNCTION_URL.token, "invokeMode", "update_function_url_config answers success and leaves it as it was"),
)
