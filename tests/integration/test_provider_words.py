"""Words of the provider's language that describe how services differ, on small types and a real AWS server."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from cloud_core.domain.values import SecretValue
from sandbox.provider import lifecycle, rendering
from sandbox.provider.assets import ARCHIVE, ASSET, SIGNATURE
from sandbox.provider.aws import Aws
from sandbox.provider.language import Create, Delete, Detail, Input, Kind, Output, Read, Resource, Tags, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import FLAG, NUMBER, PLAIN, block
from sandbox.provider.tagging import TagForm
from sandbox.provider.testing import Clients

REGION = "us-east-1"

BUCKET = Resource(
    token="aws:s3/bucket:Bucket",
    service="s3",
    inputs=(Input("bucket", replaces=True, stored=True),),
    create=Create(call("create_bucket", Bucket="$bucket"), text="{bucket}"),
    read=Read(
        call("head_bucket", Bucket="$id"),
        at="@",
        gone=("404",),
        details=(Detail("Tags", call("get_bucket_tagging", Bucket="$id"), "TagSet", none=("NoSuchTagSet",)),),
    ),
    delete=Delete((call("delete_bucket", Bucket="$id"),), gone=("NoSuchBucket",)),
    tags=Tags(
        add=call("put_bucket_tagging", Bucket="$id", Tagging={"TagSet": "$all_tags"}),
        remove=None,
        clear=call("delete_bucket_tagging", Bucket="$id"),
        after_create=True,
    ),
)
QUEUE = Resource(
    token="aws:sqs/queue:Queue",
    service="sqs",
    inputs=(
        Input("name", "QueueName", replaces=True, stored=True),
        Input("visibilityTimeoutSeconds", "VisibilityTimeout", shape=NUMBER, default=30),
        Input("sqsManagedSseEnabled", "SqsManagedSseEnabled", shape=FLAG, default=True),
    ),
    create=Create(call("create_queue", "name"), at="QueueUrl", tags="tags", keeps={"url": "QueueUrl"}),
    read=Read(
        call("get_queue_attributes", QueueUrl="$id", AttributeNames=["All"]),
        at="Attributes",
        details=(Detail("Tags", call("list_queue_tags", QueueUrl="$id"), "Tags"),),
    ),
    settings=(
        setting(
            "visibilityTimeoutSeconds sqsManagedSseEnabled",
            call(
                "set_queue_attributes",
                QueueUrl="$url",
                Attributes={
                    "VisibilityTimeout": "$visibilityTimeoutSeconds",
                    "SqsManagedSseEnabled": "$sqsManagedSseEnabled",
                },
            ),
        ),
    ),
    outputs=(Output("url", stored=True),),
    delete=Delete((call("delete_queue", QueueUrl="$id"),)),
    tags=Tags(
        add=call("tag_queue", QueueUrl="$id", Tags="$new_tags"),
        remove=call("untag_queue", QueueUrl="$id", TagKeys="$gone_keys"),
        form=TagForm.MAP,
    ),
)
CLIENT = Resource(
    token="aws:cognito/userPoolClient:UserPoolClient",
    service="cognito-idp",
    inputs=(
        Input("userPoolId", replaces=True),
        Input("name", "ClientName"),
        Input("generateSecret", replaces=True, stored=True),
    ),
    create=Create(call("create_user_pool_client", "userPoolId name generateSecret"), at="UserPoolClient.ClientId"),
    read=Read(
        call("describe_user_pool_client", UserPoolId="$userPoolId", ClientId="$id"),
        at="UserPoolClient",
        gone=("ResourceNotFoundException",),
    ),
    outputs=(Output("clientSecret", secret=True),),
    delete=Delete((call("delete_user_pool_client", UserPoolId="$userPoolId", ClientId="$id"),)),
)
FUNCTION = Resource(
    token="aws:lambda/function:Function",
    service="lambda",
    inputs=(
        Input("name", "FunctionName", replaces=True),
        Input("role"),
        Input("runtime"),
        Input("handler"),
        Input("code", kind=Kind.ASSET),
        Input("environment", shape=block({"variables": ("Variables", PLAIN)})),
    ),
    create=Create(
        call("create_function", "name role runtime handler environment", Code={"ZipFile": "$code"}), text="{name}"
    ),
    read=Read(
        call("get_function_configuration", FunctionName="$id"), at="@", gone=("ResourceNotFoundException", "404")
    ),
    settings=(setting("code", call("update_function_code", FunctionName="$id", ZipFile="$code"), on_create=False),),
    delete=Delete((call("delete_function", FunctionName="$id"),)),
)
CLUSTER = Resource(
    token="aws:ecs/cluster:Cluster",
    service="ecs",
    inputs=(Input("name", "clusterName", replaces=True), Input("settings", "=", shape=block(lower=True))),
    create=Create(call("create_cluster", "name settings"), at="cluster.clusterArn", tags="tags"),
    read=Read(call("describe_clusters", clusters=["$id"], include=["TAGS"]), at="clusters[0]"),
    settings=(setting("settings", call("update_cluster", cluster="$id", settings="$settings"), on_create=False),),
    delete=Delete((call("delete_cluster", cluster="$id"),)),
    tags=Tags(
        add=call("tag_resource", resourceArn="$id", tags="$new_tags"),
        remove=call("untag_resource", resourceArn="$id", tagKeys="$gone_keys"),
        form=TagForm.LOWER,
        at="tags",
    ),
)


def made(resource: Resource, endpoint: str, **wanted: Any) -> tuple[Scope, dict[str, Any]]:
    scope = Scope(resource, Aws(endpoint, REGION), wanted=wanted, default_tags={"Project": "shop"})
    return scope, lifecycle.create(scope)


def changed(scope: Scope, before: dict[str, Any], *names: str, **wanted: Any) -> dict[str, Any]:
    later = replace(scope, wanted={**(scope.wanted or {}), **wanted}, state=dict(before), changed=frozenset(names))
    return lifecycle.update(later)


def test_tags_that_are_written_as_a_whole_and_only_after_creation(endpoint: str) -> None:
    scope, outputs = made(BUCKET, endpoint, bucket="whole", tags={"Team": "a"})
    assert outputs["tagsAll"] == {"Project": "shop", "Team": "a"}
    later = changed(scope, outputs, "tags", tags={"Other": "b"})
    assert later["tagsAll"] == {"Project": "shop", "Other": "b"}
    scope.default_tags = {}
    none = changed(scope, later, "tags", tags={})
    assert none["tagsAll"] == {}
    lifecycle.delete(scope)
    assert lifecycle.read(scope) is None


def test_numbers_and_truth_values_as_text_and_what_only_the_create_call_tells(endpoint: str) -> None:
    scope, outputs = made(QUEUE, endpoint, name="tasks", visibilityTimeoutSeconds=90, sqsManagedSseEnabled=False)
    assert (outputs["visibilityTimeoutSeconds"], outputs["sqsManagedSseEnabled"]) == (90, False)
    assert outputs["url"] == scope.id
    assert outputs["tagsAll"] == {"Project": "shop"}
    Clients(endpoint, REGION).sqs.set_queue_attributes(QueueUrl=scope.id, Attributes={"VisibilityTimeout": "5"})
    found = lifecycle.read(Scope(QUEUE, scope.aws, id=scope.id, state=dict(outputs)))
    assert found is not None
    assert (found["visibilityTimeoutSeconds"], found["url"]) == (5, scope.id)
    lifecycle.delete(scope)


def test_a_secret_output(endpoint: str) -> None:
    pool = Clients(endpoint, REGION)["cognito-idp"].create_user_pool(PoolName="users")["UserPool"]["Id"]
    _, outputs = made(CLIENT, endpoint, userPoolId=pool, name="web", generateSecret=True)
    assert outputs["clientSecret"]
    hidden = rendering.hide(CLIENT, outputs)
    assert isinstance(hidden["clientSecret"], SecretValue)
    assert hidden["name"] == "web"


def test_an_archive_reaches_aws_and_a_users_keys_keep_their_spelling(endpoint: str) -> None:
    def code(text: str) -> dict[str, Any]:
        part = {SIGNATURE: ASSET, "text": text, "hash": text}
        return {SIGNATURE: ARCHIVE, "assets": {"index.py": part}, "hash": text}

    clients = Clients(endpoint, REGION)
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = clients.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps({"Statement": [statement]}))
    scope, outputs = made(
        FUNCTION,
        endpoint,
        name="worker",
        role=role["Role"]["Arn"],
        runtime="python3.13",
        handler="index.handler",
        code=code("one"),
        environment={"variables": {"LOG_LEVEL": "info"}},
    )
    assert outputs["environment"] == {"variables": {"LOG_LEVEL": "info"}}
    assert outputs["code"] == code("one")
    before = clients["lambda"].get_function_configuration(FunctionName="worker")["CodeSha256"]
    assert changed(scope, outputs, "code", code=code("two"))["code"] == code("two")
    assert clients["lambda"].get_function_configuration(FunctionName="worker")["CodeSha256"] != before
    lifecycle.delete(scope)


def test_lower_case_services(endpoint: str) -> None:
    insights = [{"name": "containerInsights", "value": "enabled"}]
    scope, outputs = made(CLUSTER, endpoint, name="main", settings=insights, tags={"Team": "a"})
    assert outputs["settings"] == insights
    assert outputs["tagsAll"] == {"Project": "shop", "Team": "a"}
    assert changed(scope, outputs, "tags", tags={})["tagsAll"] == {"Project": "shop"}
    lifecycle.delete(scope)
