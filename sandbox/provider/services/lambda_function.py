"""Lambda: functions, with their code from an archive, a bucket or an image."""

from __future__ import annotations

from typing import Any, Final

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
    Wait,
    call,
    setting,
)
from sandbox.provider.scope import EMPTY, Scope
from sandbox.provider.shapes import PLAIN, block
from sandbox.provider.tagging import TagForm

GONE: Final = ("ResourceNotFoundException",)
# While AWS brings about one change of a function it refuses the next one.
BUSY: Final = ("ResourceConflictException",)
BUSY_SECONDS: Final = 600
UNRESERVED: Final = -1
ARN: Final = "arn:{partition}:lambda:{region}:{account}:function:{name}"
INVOKE: Final = "arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/" + ARN
# Variables keep the names that the program gives them.
ENVIRONMENT: Final = block({"variables": ("Variables", PLAIN)})
CONFIGURATION: Final = (
    "deadLetterConfig description environment ephemeralStorage handler kmsKeyArn layers loggingConfig memorySize role "
    "runtime timeout tracingConfig vpcConfig"
)
# What AWS takes for "no longer": without it, a part that the program takes out would stay.
NOTHING: Final = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "KMSKeyArn": "",
    "Layers": [],
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}
CODE: Final = "code s3Bucket s3Key s3ObjectVersion imageUri architectures sourceCodeHash publish"


def _given(scope: Scope, names: str) -> dict[str, Any]:
    """The inputs as the calls take them; what the program says nothing of is left out."""
    properties = [scope.resource.properties[name] for name in names.split()]
    given = [prop for prop in properties if scope.value(prop.name) not in EMPTY]
    return {prop.parameter: prop.written.send(scope.value(prop.name)) for prop in given}


def _configure(scope: Scope) -> None:
    asked = {"FunctionName": scope.id, **NOTHING, **_given(scope, CONFIGURATION)}
    scope.patiently(lambda: scope.request("update_function_configuration", asked), BUSY, BUSY_SECONDS)


def _update_code(scope: Scope) -> None:
    changed = call(
        "update_function_code",
        FunctionName="$id",
        ZipFile="$code",
        S3Bucket="$s3Bucket",
        S3Key="$s3Key",
        S3ObjectVersion="$s3ObjectVersion",
        ImageUri="$imageUri",
        Architectures="$architectures",
        Publish="$publish",
    )
    scope.patiently(lambda: scope.run(changed), BUSY, BUSY_SECONDS)


def _reserve(scope: Scope) -> None:
    """None is all that the account has left; 0 lets nobody call the function."""
    reserved = scope.value("reservedConcurrentExecutions")
    if reserved in (None, UNRESERVED):
        scope.run(call("delete_function_concurrency", FunctionName="$id"))
    else:
        asked = {"FunctionName": scope.id, "ReservedConcurrentExecutions": reserved}
        scope.request("put_function_concurrency", asked)


_describe: Final = Read(call("get_function", FunctionName="$id"), at="@", gone=GONE)


def _read(scope: Scope) -> LiveObject | None:
    """One map of what AWS tells in four; a function outside of a VPC has an empty network."""
    live = _describe(scope)
    if live is None:
        return None
    found = dict(live["Configuration"])
    if not (found.get("VpcConfig") or {}).get("SubnetIds"):
        found.pop("VpcConfig", None)
    if not (found.get("Environment") or {}).get("Variables"):
        found.pop("Environment", None)
    reserved = (live.get("Concurrency") or {}).get("ReservedConcurrentExecutions", UNRESERVED)
    layers = [layer["Arn"] for layer in found.get("Layers") or ()]
    image = live["Code"].get("ImageUri")
    return {**found, "Reserved": reserved, "Layers": layers, "ImageUri": image, "Tags": live.get("Tags") or {}}


FUNCTION: Final = Resource(
    token="aws:lambda/function:Function",
    service="lambda",
    inputs=(
        Input("name", "FunctionName", replaces=True, autoname=64),
        Input("role", required=True),
        Input("runtime"),
        Input("handler"),
        Input("description"),
        Input("packageType", default="Zip", replaces=True),
        Input("code", kind=Kind.ASSET),
        Input("s3Bucket", stored=True),
        Input("s3Key", stored=True),
        Input("s3ObjectVersion", stored=True),
        Input("imageUri"),
        Input("sourceCodeHash", stored=True),
        Input("publish", default=False, stored=True),
        Input("architectures", computed=True, stored=True),
        Input("memorySize", default=128),
        Input("timeout", default=3),
        Input("environment", shape=ENVIRONMENT),
        Input("kmsKeyArn", "KMSKeyArn", stored=True),
        Input("vpcConfig", kind=Kind.BLOCK, unordered=("subnetIds", "securityGroupIds"), partial=True, told=("vpcId",)),
        Input("layers"),
        Input("deadLetterConfig", kind=Kind.BLOCK, stored=True),
        Input("tracingConfig", kind=Kind.BLOCK, computed=True, stored=True),
        Input("ephemeralStorage", kind=Kind.BLOCK, computed=True, stored=True),
        Input("loggingConfig", kind=Kind.BLOCK, computed=True, stored=True),
        Input("reservedConcurrentExecutions", "Reserved", default=UNRESERVED),
        Input("skipDestroy", stored=True),
    ),
    outputs=(
        Output("arn", "FunctionArn"),
        Output("version", volatile=True),
        Output("invokeArn", text=f"{INVOKE}/invocations"),
        Output("qualifiedArn", text=ARN + ":{version}", volatile=True),
        Output("sourceCodeSize", "CodeSize", volatile=True),
        Output("codeSha256", volatile=True),
        Output("lastModified", volatile=True),
    ),
    create=Create(
        call(
            "create_function",
            f"name packageType publish architectures {CONFIGURATION}",
            Code={
                "ZipFile": "$code",
                "S3Bucket": "$s3Bucket",
                "S3Key": "$s3Key",
                "S3ObjectVersion": "$s3ObjectVersion",
                "ImageUri": "$imageUri",
            },
        ),
        text="{name}",
        tags="Tags",
    ),
    read=_read,
    settings=(
        setting(CONFIGURATION, _configure, on_create=False),
        setting(CODE, _update_code, on_create=False),
        setting("reservedConcurrentExecutions", _reserve, born=UNRESERVED),
    ),
    delete=lambda scope: (
        None
        if scope.value("skipDestroy")
        else Delete((call("delete_function", FunctionName="$id"),), gone=GONE, busy=BUSY)(scope)
    ),
    tags=Tags(
        add=call("tag_resource", Resource="$arn", Tags="$new_tags"),
        remove=call("untag_resource", Resource="$arn", TagKeys="$gone_keys"),
        form=TagForm.MAP,
    ),
    ready=Wait(
        "(State == 'Pending' && State) || (State == 'Failed' && State) || LastUpdateStatus || 'Successful'",
        ("Successful",),
        failed=("Failed",),
    ),
    identity=("name",),
)

RESOURCES: Final = (FUNCTION,)

LOST: Final = "get_function does not tell it"
UNCHANGED: Final = "update_function_configuration answers success and leaves it as it was"
GAPS: Final = (
    Gap(FUNCTION.token, "deadLetterConfig", LOST),
    Gap(FUNCTION.token, "loggingConfig", LOST),
    Gap(FUNCTION.token, "ephemeralStorage", UNCHANGED),
    Gap(FUNCTION.token, "kmsKeyArn", UNCHANGED),
    Gap(FUNCTION.token, "tracingConfig", UNCHANGED),
    Gap(FUNCTION.token, "architectures", "update_function_code answers success and leaves them as they were"),
)
