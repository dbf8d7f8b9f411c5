"""Systems Manager: parameters."""

from __future__ import annotations

from typing import Final

from sandbox.provider.language import (
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

GONE: Final = ("ParameterNotFound",)
SENT: Final = "name type description allowedPattern tier dataType keyId"
SECURE: Final = "SecureString"


def _value(scope: Scope) -> str:
    return str(scope.value("insecureValue") if scope.value("value") is None else scope.value("value"))


def _put(scope: Scope, *, overwrite: bool) -> None:
    scope.run(call("put_parameter", SENT), {"Value": _value(scope), "Overwrite": overwrite})


def _create(scope: Scope) -> str:
    """Tags go apart: AWS takes none with an overwrite."""
    name = str(scope.value("name"))
    overwrite = bool(scope.value("overwrite"))
    tags = {} if overwrite else scope.tag_parameter("Tags")
    scope.run(call("put_parameter", SENT), {"Value": _value(scope), "Overwrite": overwrite, **tags})
    return name


_describe: Final = Read(
    call("get_parameter", Name="$id", WithDecryption=True),
    at="Parameter",
    gone=GONE,
    details=(
        Detail(
            "Details",
            call("describe_parameters", ParameterFilters=[{"Key": "Name", "Values": ["$id"]}]),
            "Parameters[0]",
        ),
        Detail("Tags", call("list_tags_for_resource", ResourceType="Parameter", ResourceId="$id"), "TagList"),
    ),
)


def _read(scope: Scope) -> LiveObject | None:
    """The value stands where the program put it: open or secret."""
    live = _describe(scope)
    if live is None:
        return None
    open_value = scope.value("insecureValue") is not None
    value = live.pop("Value")
    return {**(live["Details"] or {}), **live, "InsecureValue" if open_value else "Value": value}


PARAMETER: Final = Resource(
    token="aws:ssm/parameter:Parameter",
    service="ssm",
    inputs=(
        Input("name", replaces=True, autoname=1011),
        Input("type", required=True),
        Input("value", secret=True, computed=True),
        Input("insecureValue", computed=True),
        Input("description"),
        Input("allowedPattern"),
        Input("tier", computed=True),
        Input("dataType", replaces=True, computed=True),
        Input("keyId", kind=Kind.REFERENCE, computed=True),
        Input("overwrite", stored=True),
    ),
    outputs=(Output("arn", "ARN"), Output("version", volatile=True)),
    create=_create,
    read=_read,
    settings=(
        setting(
            "type value insecureValue description allowedPattern tier keyId",
            lambda scope: _put(scope, overwrite=True),
            on_create=False,
        ),
    ),
    delete=Delete((call("delete_parameter", Name="$id"),), gone=GONE),
    tags=Tags(
        add=call("add_tags_to_resource", ResourceType="Parameter", ResourceId="$id", Tags="$new_tags"),
        remove=call("remove_tags_from_resource", ResourceType="Parameter", ResourceId="$id", TagKeys="$gone_keys"),
    ),
    identity=("name",),
)

RESOURCES: Final = (PARAMETER,)
