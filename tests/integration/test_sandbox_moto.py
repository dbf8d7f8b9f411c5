"""The hosted moto: nothing acknowledged is lost, connections stay open, and it is set up as the stacks need it."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.moto_server import HEALTH_PATH

# The servers are shared, so the tests stay in one process of a parallel test run.
pytestmark = pytest.mark.xdist_group("sandbox-moto")

THREADS = 8
ROUNDS = 40
NUMBERS = 10
ACCOUNT = "123456789012"


@contextmanager
def serving(role: str) -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox.moto_server", "--port", "0", "--role", role]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        first_line = server.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", first_line)
        assert found, f"the server said {first_line!r}"
        yield found.group()
        server.terminate()
        assert server.wait(10) == 0


@pytest.fixture(scope="module")
def records() -> Iterator[str]:
    with serving("records") as url:
        yield url


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with serving("aws") as url:
        yield url


def client(service: str, url: str) -> Any:
    """A client that does not retry: a lost or refused answer must show."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


@pytest.fixture
def table(records: str) -> Iterator[str]:
    dynamodb = client("dynamodb", records)
    dynamodb.create_table(
        TableName="hammered",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield "hammered"
    dynamodb.delete_table(TableName="hammered")


def hammer(records: str, work: Callable[[Any, int], list[int]]) -> list[int]:
    """Run `work` in all threads at the same moment, each with connections of its own; all their results."""
    clients = [client("dynamodb", records) for _ in range(THREADS)]
    barrier = threading.Barrier(THREADS, timeout=60)

    def run(number: int) -> list[int]:
        barrier.wait()
        return work(clients[number], number)

    with ThreadPoolExecutor(THREADS) as pool:
        return [item for result in pool.map(run, range(THREADS)) for item in result]


def test_no_acknowledged_addition_is_lost(records: str, table: str) -> None:
    def add(dynamodb: Any, _: int) -> list[int]:
        for _ in range(ROUNDS):
            dynamodb.update_item(
                TableName=table,
                Key={"pk": {"S": "counter"}},
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )
        return []

    hammer(records, add)
    item = client("dynamodb", records).get_item(TableName=table, Key={"pk": {"S": "counter"}})["Item"]
    assert item["n"] == {"N": str(THREADS * ROUNDS)}


def test_a_conditional_counter_gives_every_number_to_one_thread_only(records: str, table: str) -> None:
    """Read, then write on condition that nobody else wrote: how the event log numbers its events."""

    def count(dynamodb: Any, _: int) -> list[int]:
        won = []
        while len(won) < NUMBERS:
            item = dynamodb.get_item(TableName=table, Key={"pk": {"S": "seq"}}, ConsistentRead=True).get("Item")
            last = int(item["n"]["N"]) if item else 0
            try:
                dynamodb.put_item(
                    TableName=table,
                    Item={"pk": {"S": "seq"}, "n": {"N": str(last + 1)}},
                    ConditionExpression="attribute_not_exists(pk) OR n = :last",
                    ExpressionAttributeValues={":last": {"N": str(last)}},
                )
                won.append(last + 1)
            except dynamodb.exceptions.ConditionalCheckFailedException:
                continue
        return won

    assert sorted(hammer(records, count)) == list(range(1, THREADS * NUMBERS + 1))


def test_every_acknowledged_put_is_there_and_each_name_is_taken_once(records: str, table: str) -> None:
    def put(dynamodb: Any, number: int) -> list[int]:
        taken = 0
        for turn in range(ROUNDS):
            dynamodb.put_item(TableName=table, Item={"pk": {"S": f"own-{number}-{turn}"}})
            try:
                dynamodb.put_item(
                    TableName=table,
                    Item={"pk": {"S": f"contested-{turn}"}, "by": {"N": str(number)}},
                    ConditionExpression="attribute_not_exists(pk)",
                )
                taken += 1
            except dynamodb.exceptions.ConditionalCheckFailedException:
                continue
        return [taken]

    assert sum(hammer(records, put)) == ROUNDS
    pages = client("dynamodb", records).get_paginator("scan").paginate(TableName=table)
    keys = {item["pk"]["S"] for page in pages for item in page["Items"]}
    own = {f"own-{number}-{turn}" for number in range(THREADS) for turn in range(ROUNDS)}
    assert own | {f"contested-{turn}" for turn in range(ROUNDS)} == keys


def test_one_connection_serves_many_requests(records: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(records).netloc, timeout=10)
    connection.connect()
    local = connection.sock.getsockname()
    for _ in range(3):
        connection.request("GET", HEALTH_PATH)
        answer = connection.getresponse()
        assert json.load(answer)["role"] == "records"
        assert connection.sock is not None
        assert connection.sock.getsockname() == local
    connection.close()


def test_models_are_not_remembered_after_their_deletion(aws: str) -> None:
    """moto's dashboard lists every object ever made, unless its tracking is off: a leak in a long-lived server."""
    ec2 = client("ec2", aws)
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    connection = http.client.HTTPConnection(urlsplit(aws).netloc, timeout=30)
    connection.request("GET", "/moto-api/data.json")
    data = json.load(connection.getresponse())
    connection.close()
    assert data["ec2"]["VPC"] == []
    assert len(ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.0.0.0/16"]}])["Vpcs"]) == 1


def test_managed_policies_can_be_attached(aws: str) -> None:
    iam = client("iam", aws)
    iam.create_role(RoleName="managed", AssumeRolePolicyDocument="{}")
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.attach_role_policy(RoleName="managed", PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName="managed")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [arn]


def test_services_settle_and_certificates_are_issued(aws: str) -> None:
    ecs = client("ecs", aws)
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(family="t", containerDefinitions=[{"name": "n", "image": "i", "memory": 1}])
    ecs.create_service(cluster="c", serviceName="s", taskDefinition="t", desiredCount=2)
    service = ecs.describe_services(cluster="c", services=["s"])["services"][0]
    assert (service["runningCount"], service["deployments"][0]["rolloutState"]) == (2, "COMPLETED")
    acm = client("acm", aws)
    arn = acm.request_certificate(DomainName="example.com", ValidationMethod="DNS")["CertificateArn"]
    acm.get_waiter("certificate_validated").wait(CertificateArn=arn, WaiterConfig={"Delay": 1, "MaxAttempts": 10})


def test_object_keys_with_encoded_characters_survive(aws: str) -> None:
    s3 = client("s3", aws)
    s3.create_bucket(Bucket="keys-bucket")
    keys = {"a/b c", "a%2Fb", "é+ü/%", "x//y"}
    for key in keys:
        s3.put_object(Bucket="keys-bucket", Key=key, Body=key.encode() * 200_000)
    assert {item["Key"] for item in s3.list_objects_v2(Bucket="keys-bucket")["Contents"]} == keys
    assert s3.get_object(Bucket="keys-bucket", Key="a%2Fb")["Body"].read() == b"a%2Fb" * 200_000


TLS_ONLY = {"Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
DELIVERY = {"Effect": "Allow", "Action": "s3:PutObject", "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ({**TLS_ONLY, "Principal": "*"}, True),
        ({**DELIVERY, "Principal": {"Service": "delivery.logs.amazonaws.com"}}, True),
        ({"Effect": "Deny", "Action": "s3:PutObject", "Principal": {"AWS": "arn:aws:iam::1:role/other"}}, True),
        ({"Effect": "Deny", "Action": "s3:PutObject", "Principal": {"AWS": ["*"]}}, False),
        ({"Effect": "Deny", "Action": "s3:PutObject", "Principal": "*"}, False),
    ],
)
def test_a_bucket_policy_locks_out_only_whom_it_means(aws: str, statement: dict[str, Any], allowed: bool) -> None:
    s3 = client("s3", aws)
    s3.create_bucket(Bucket="guarded")
    s3.put_object(Bucket="guarded", Key="old", Body=b"1")
    s3.put_bucket_policy(
        Bucket="guarded",
        Policy=json.dumps(
            {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "arn:aws:s3:::guarded/*"}]}
        ),
    )
    if allowed:
        s3.put_object(Bucket="guarded", Key="old", Body=b"2")
    else:
        with pytest.raises(ClientError, match="403"):
            s3.put_object(Bucket="guarded", Key="old", Body=b"2")
    s3.delete_bucket_policy(Bucket="guarded")
    s3.delete_object(Bucket="guarded", Key="old")
    s3.delete_bucket(Bucket="guarded")


def in_account(service: str, url: str, role: str, region: str) -> Any:
    """A client with the keys of an assumed role."""
    assumed = client("sts", url).assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )


@pytest.mark.parametrize(
    ("role", "region"),
    [
        ("arn:aws:iam::222222222222:role/any", "us-east-1"),
        ("arn:aws-cn:iam::222222222223:role/any", "cn-north-1"),
        ("arn:aws-us-gov:iam::222222222224:role/any", "us-gov-west-1"),
    ],
)
def test_accounts_are_separate(aws: str, role: str, region: str) -> None:
    assert client("sts", aws).get_caller_identity()["Account"] == ACCOUNT
    other = in_account("sts", aws, role, region)
    assert other.get_caller_identity()["Account"] == role.split(":")[4]


def test_every_account_has_managed_policies_of_its_own(aws: str) -> None:
    here, there = client("iam", aws), in_account("iam", aws, "arn:aws:iam::333333333333:role/any", "us-east-1")
    policy = {"PolicyArn": "arn:aws:iam::aws:policy/AmazonSQSFullAccess"}
    there.create_role(RoleName="managed-there", AssumeRolePolicyDocument="{}")
    there.attach_role_policy(RoleName="managed-there", **policy)
    assert [iam.get_policy(**policy)["Policy"]["AttachmentCount"] for iam in (here, there)] == [0, 1]
    for iam in (here, there):
        version = iam.get_policy(**policy)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(**policy, VersionId=version)["PolicyVersion"]["Document"]
        assert "sqs:*" in document["Statement"][0]["Action"]


ASKED = """
import os
from sandbox.moto_server import ROLES, build_server
os.environ.update(ROLES["aws"])
build_server("aws", 0).close()
from moto.iam import models
assert models.get_account_id_from("of nobody") == "123456789012"
made = models.iam_backends["123456789012"]
print(*made)
ours = [vars(policy) for policy in made["aws"].aws_managed_policies]
parsed = models.json.loads(models.aws_managed_policies_data)
theirs = [vars(models.AWSManagedPolicy.from_data(name, "123456789012", "aws", data)) for name, data in parsed.items()]
for policy in (*ours, *theirs):
    del policy["id"]
    policy["versions"] = [vars(version) for version in policy["versions"]]
assert len(ours) > 1000
print(ours == theirs)
"""


def test_looking_for_a_callers_account_makes_nothing_and_the_policies_are_motos() -> None:
    """By itself moto makes six sets of all managed policies for each account: a second of work."""
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["aws", "True"]


LACKING = [
    ("efs", "put_backup_policy", {"FileSystemId": "fs-12345678", "BackupPolicy": {"Status": "ENABLED"}}),
    ("eks", "create_addon", {"clusterName": "none", "addonName": "vpc-cni"}),
    ("elasticache", "modify_cache_subnet_group", {"CacheSubnetGroupName": "none"}),
    ("codebuild", "create_webhook", {"projectName": "none"}),
    ("ec2", "describe_fast_launch_images", {}),
    ("route53", "list_geo_locations", {}),
]


@pytest.mark.parametrize(("service", "operation", "parameters"), LACKING, ids=[one[1] for one in LACKING])
def test_what_moto_lacks_is_named_in_the_services_own_form(
    aws: str, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as raised:
        getattr(client(service, aws), operation)(**parameters)
    answer = raised.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert answer["Error"]["Code"] == "NotImplemented"
    assert "the sandbox's AWS server lacks it: " in answer["Error"]["Message"]
    assert "has not been implemented" in answer["Error"]["Message"]


def test_a_mistake_of_motos_is_an_error_with_its_name(aws: str) -> None:
    with pytest.raises(ClientError) as raised:
        client("ec2", aws).describe_vpcs(Filters=[{"Name": "no-such-filter", "Values": ["x"]}])
    assert raised.value.response["Error"]["Code"] in ("InternalFailure", "NotImplemented", "FilterNotImplementedError")
    assert "no-such-filter" in raised.value.response["Error"]["Message"]


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        command = [sys.executable, "-m", "sandbox.moto_server", "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"can't listen on port {port} of 127.0.0.1: ")
    assert len(ended.stderr.splitlines()) == 1
