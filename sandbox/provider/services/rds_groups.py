"""RDS: what instances belong to - subnet groups and parameter groups - and who hears of their events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.provider.errors import AwsRefused
from sandbox.provider.gaps import Gap
from sandbox.provider.language import (
    Call,
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
    call,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import block

# RDS tags by ARN, all of its types alike.
TAGS: Final = Tags(
    add=call("add_tags_to_resource", ResourceName="$arn", Tags="$new_tags"),
    remove=call("remove_tags_from_resource", ResourceName="$arn", TagKeys="$gone_keys"),
)
MANAGED: Final = "Managed by Pulumi"


def _arn(kind: str) -> str:
    return f"arn:{{partition}}:rds:{{region}}:{{account}}:{kind}:{{id}}"


def _with_tags(read: Read, arn: str, scope: Scope) -> LiveObject | None:
    live = read(scope)
    told = Detail("Tags", call("list_tags_for_resource", ResourceName=scope.format(arn)), "TagList")
    return None if live is None else {**live, "Tags": scope.detail(told)}


SUBNET_GROUP_ARN: Final = _arn("subgrp")
SUBNET_GROUP_GONE: Final = ("DBSubnetGroupNotFoundFault",)
READ_SUBNET_GROUP: Final = Read(
    call("describe_db_subnet_groups", DBSubnetGroupName="$id"), at="DBSubnetGroups[0]", gone=SUBNET_GROUP_GONE
)
PUT_SUBNET_GROUP: Final = call(
    "create_db_subnet_group",
    DBSubnetGroupName="$name",
    DBSubnetGroupDescription="$description",
    SubnetIds="$subnetIds",
)


def _make_subnet_group(scope: Scope) -> str:
    """The server takes a second group of a name for the first one, where AWS refuses it."""
    name = str(scope.value("name"))
    asked = Call(READ_SUBNET_GROUP.call.operation, parameters={"DBSubnetGroupName": name})
    if scope.ask(asked, SUBNET_GROUP_GONE):
        code = "DBSubnetGroupAlreadyExists"
        raise AwsRefused(f"{code}: The DB subnet group '{name}' already exists.", aws_code=code)
    _put_subnet_group(scope)
    return name


def _put_subnet_group(scope: Scope) -> None:
    scope.run(PUT_SUBNET_GROUP, scope.tag_parameter("Tags"))


SUBNET_GROUP: Final = Resource(
    token="aws:rds/subnetGroup:SubnetGroup",
    service="rds",
    inputs=(
        Input("name", "DBSubnetGroupName", replaces=True, autoname=255),
        Input("namePrefix", replaces=True, stored=True),
        Input("description", "DBSubnetGroupDescription", default=MANAGED),
        Input("subnetIds", "Subnets[].SubnetIdentifier", kind=Kind.SET, required=True),
    ),
    outputs=(Output("arn", "DBSubnetGroupArn"), Output("vpcId")),
    create=_make_subnet_group,
    read=lambda scope: _with_tags(READ_SUBNET_GROUP, SUBNET_GROUP_ARN, scope),
    settings=(setting("description subnetIds", _put_subnet_group, on_create=False),),
    delete=Delete((call("delete_db_subnet_group", DBSubnetGroupName="$id"),), gone=SUBNET_GROUP_GONE),
    tags=TAGS,
    identity=("name",),
)

PARAMETER_GROUP_ARN: Final = _arn("pg")
PARAMETER_GROUP_GONE: Final = ("DBParameterGroupNotFound", "DBParameterGroupNotFoundFault")
PARAMETER: Final = block({"name": "ParameterName", "value": "ParameterValue"})
MOST_PARAMETERS: Final = 20  # that one call takes
READ_PARAMETER_GROUP: Final = Read(
    call("describe_db_parameter_groups", DBParameterGroupName="$id"),
    at="DBParameterGroups[0]",
    gone=PARAMETER_GROUP_GONE,
    details=(
        # Of all the family's parameters those that somebody set.
        Detail("Parameters", call("describe_db_parameters", DBParameterGroupName="$id", Source="user"), "Parameters"),
    ),
)
MAKE_PARAMETER_GROUP: Final = call(
    "create_db_parameter_group",
    "description",
    DBParameterGroupName="$name",
    DBParameterGroupFamily="$family",
)
DELETE_PARAMETER_GROUP: Final = call("delete_db_parameter_group", DBParameterGroupName="$id")


def _write_parameters(scope: Scope) -> None:
    for part in _parts(scope.value("parameters") or []):
        parameters = [PARAMETER.send({"applyMethod": "immediate", **one}) for one in part]
        scope.request("modify_db_parameter_group", {"DBParameterGroupName": scope.id, "Parameters": parameters})


def _parts(parameters: list[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    for start in range(0, len(parameters), MOST_PARAMETERS):
        yield parameters[start : start + MOST_PARAMETERS]


def _change_parameters(scope: Scope) -> None:
    """The server can't reset a parameter that the program takes out: then the group is made anew, under its name."""
    wanted = {one["name"] for one in scope.value("parameters") or []}
    if any(one["name"] not in wanted for one in scope.state.get("parameters") or []):
        scope.run(DELETE_PARAMETER_GROUP)
        scope.run(MAKE_PARAMETER_GROUP, scope.tag_parameter("Tags"))
    _write_parameters(scope)


def _make_parameter_group(scope: Scope) -> str:
    scope.run(MAKE_PARAMETER_GROUP, scope.tag_parameter("Tags"))
    scope.id = str(scope.value("name"))
    _write_parameters(scope)
    return scope.id


PARAMETER_GROUP: Final = Resource(
    token="aws:rds/parameterGroup:ParameterGroup",
    service="rds",
    inputs=(
        Input("name", "DBParameterGroupName", replaces=True, autoname=255),
        Input("namePrefix", replaces=True, stored=True),
        Input("family", "DBParameterGroupFamily", required=True, replaces=True),
        Input("description", default=MANAGED, replaces=True),
        Input("parameters", kind=Kind.SET, partial=True, shape=PARAMETER),
        Input("skipDestroy", default=False, stored=True),
    ),
    outputs=(Output("arn", "DBParameterGroupArn"),),
    create=_make_parameter_group,
    read=lambda scope: _with_tags(READ_PARAMETER_GROUP, PARAMETER_GROUP_ARN, scope),
    settings=(setting("parameters", _change_parameters, on_create=False),),
    delete=lambda scope: (
        None if scope.value("skipDestroy") else Delete((DELETE_PARAMETER_GROUP,), gone=PARAMETER_GROUP_GONE)(scope)
    ),
    tags=TAGS,
    identity=("name",),
)

SUBSCRIPTION_ARN: Final = _arn("es")
SUBSCRIPTION_GONE: Final = ("SubscriptionNotFound", "SubscriptionNotFoundFault")
DELETE_SUBSCRIPTION: Final = call("delete_event_subscription", SubscriptionName="$id")
MAKE_SUBSCRIPTION: Final = Create(
    call(
        "create_event_subscription",
        "snsTopic sourceType enabled",
        SubscriptionName="$name",
        SourceIds="$sourceIds",
        EventCategories="$eventCategories",
    ),
    text="{name}",
    tags="Tags",
)


def _make_subscription_anew(scope: Scope) -> None:
    scope.run(DELETE_SUBSCRIPTION)
    MAKE_SUBSCRIPTION(scope)


EVENT_SUBSCRIPTION: Final = Resource(
    token="aws:rds/eventSubscription:EventSubscription",
    service="rds",
    inputs=(
        Input("name", "CustSubscriptionId", replaces=True, autoname=255),
        Input("namePrefix", replaces=True, stored=True),
        Input("snsTopic", "SnsTopicArn", required=True),
        Input("sourceType"),
        Input("sourceIds", "SourceIdsList", kind=Kind.SET),
        Input("eventCategories", "EventCategoriesList", kind=Kind.SET),
        Input("enabled", default=True),
    ),
    outputs=(Output("arn", "EventSubscriptionArn"), Output("customerAwsId")),
    create=MAKE_SUBSCRIPTION,
    read=lambda scope: _with_tags(
        Read(
            call("describe_event_subscriptions", SubscriptionName="$id"),
            at="EventSubscriptionsList[0]",
            gone=SUBSCRIPTION_GONE,
        ),
        SUBSCRIPTION_ARN,
        scope,
    ),
    settings=(
        setting("snsTopic sourceType sourceIds eventCategories enabled", _make_subscription_anew, on_create=False),
    ),
    delete=Delete((DELETE_SUBSCRIPTION,), gone=SUBSCRIPTION_GONE),
    tags=TAGS,
    identity=("name",),
)

RESOURCES: Final = (SUBNET_GROUP, PARAMETER_GROUP, EVENT_SUBSCRIPTION)

ANEW: Final = "made anew under its name"
GAPS: Final = (
    Gap(SUBNET_GROUP.token, "subnetIds", "modify_db_subnet_group deletes the group", ANEW),
    Gap(
        PARAMETER_GROUP.token, "parameters", "reset_db_parameter_group: lacks the call", f"{ANEW} when one is taken out"
    ),
    Gap(EVENT_SUBSCRIPTION.token, "eventCategories", "modify_event_subscription: lacks the call", ANEW),
)
