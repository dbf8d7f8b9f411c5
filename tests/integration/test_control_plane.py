"""The control plane by its commands, on the real engine: made, seen with boto3, used, and gone.

What its tables are good for, and what its functions may do, is looked at on the same one: making it takes long.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from websockets.asyncio.client import connect as websockets

from cli.main import run
from cloud_core.adapters.dynamodb.client import AccessKey, DynamoClient, records_client
from cloud_core.adapters.dynamodb.connections import DynamoConnections
from cloud_core.adapters.dynamodb.records import DynamoRecords
from cloud_core.adapters.dynamodb.table import Table
from cloud_core.adapters.dynamodb.tables import DynamoTables, check_tables
from cloud_core.adapters.local.clock import SystemClock
from cloud_core.adapters.local.manifest_files import LocalManifestFiles
from cloud_core.adapters.local.workspace import Workspace as LocalWorkspace
from cloud_core.domain.access.permissions import Rights
from cloud_core.domain.access.users import Group, User
from cloud_core.domain.tables import CONNECTIONS, TABLES, TAGS
from cloud_core.services.looking.deployments import DeploymentService
from cloud_core.settings.realtime import RealtimeSettings
from cloud_core.testing.builders import DEPLOYMENT_ID, a_deployment
from cloud_core.testing.sandbox_files import write_sandbox
from cloud_core.testing.waiting import wait_for
from realtime.desk import Desk
from realtime.function_process import FunctionProcess
from realtime.handlers.connect import connect
from realtime.handlers.default import default
from realtime.handlers.disconnect import disconnect
from sandbox.provider.control import ControlServer
from sandbox.provider.instances import Instances
from sandbox.provider.testing import Clients

PREFIX = "plane-"
REGION = "us-east-1"
CONTRACTS = (
    *("deployment_repository", "stack_repository", "operation_repository", "log_repository", "metric_repository"),
    *("event_log", "lease_store", "manifest_versions", "calculation_store"),
)
Command = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The sandbox's provider, which by itself would work in an AWS that is nowhere."""
    server = ControlServer(("127.0.0.1", 0), Instances("http://127.0.0.1:9"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.instances.stop_all()
    server.server_close()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, endpoint: str, provider: str) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    write_sandbox(folder, endpoint, provider)
    return folder


@pytest.fixture(scope="module")
def aws(endpoint: str) -> Clients:
    return Clients(endpoint, REGION)


@pytest.fixture(scope="module")
def client(endpoint: str) -> Iterator[DynamoClient]:
    made = records_client(endpoint, REGION, AccessKey("x", "x"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def command(workspace: Path) -> Command:
    """`cloud control-plane …`, and the data that it prints."""

    def call(*words: str, code: int = 0) -> dict[str, Any]:
        printed = io.StringIO()
        with pytest.MonkeyPatch.context() as variables, redirect_stdout(printed):
            variables.setenv("CLOUD_WORKSPACE", str(workspace))
            variables.setenv("CLOUD_AWS__TABLE_PREFIX", PREFIX)
            found = run(["control-plane", *words, "--json"])
        assert found == code, printed.getvalue()
        document: dict[str, Any] = json.loads(printed.getvalue())
        return document.get("data") or document["error"]

    return call


@pytest.fixture(scope="module")
def deployed(command: Command) -> dict[str, Any]:
    assert command("status", code=6)["deployed"] is False
    return command("deploy")


def test_what_is_made_is_what_the_status_tells(command: Command, deployed: dict[str, Any]) -> None:
    again = command("deploy", "--dry-run")
    assert [action for action in again["changes"] if action != "same"] == []
    told = command("status")
    assert (told["outputs"], told["settings"]) == (deployed["outputs"], deployed["settings"])
    assert told["settings"]["CLOUD_AWS__TABLE_PREFIX"] == PREFIX


def test_the_tables_and_the_pool_are_in_aws(aws: Clients, deployed: dict[str, Any]) -> None:
    outputs = deployed["outputs"]
    for table in TABLES:
        found = aws.dynamodb.describe_table(TableName=PREFIX + table.name)["Table"]
        assert found["TableArn"] == outputs["tableArns"][table.name]
        assert found["DeletionProtectionEnabled"]
    pool = {"UserPoolId": outputs["userPoolId"]}
    groups = aws["cognito-idp"].list_groups(**pool)["Groups"]
    assert {one["GroupName"] for one in groups} >= {"Administrators", "Developers", "ReadOnly"}
    client = aws["cognito-idp"].describe_user_pool_client(**pool, ClientId=outputs["userPoolClientId"])
    assert "ClientSecret" not in client["UserPoolClient"]


def test_its_tables_are_those_of_the_definition(deployed: dict[str, Any], client: DynamoClient) -> None:
    check_tables(client, PREFIX)
    tables = DynamoTables(client, PREFIX)
    states = tables.states()
    assert [state.name for state in states] == [PREFIX + table.name for table in TABLES]
    assert [(state.status, state.differences) for state in states] == [("active", ())] * len(TABLES)
    assert tables.create() == []
    for table in TABLES:
        described = client.describe_table(TableName=PREFIX + table.name)["Table"]
        tags = client.list_tags_of_resource(ResourceArn=described["TableArn"])["Tags"]
        assert {(tag["Key"], tag["Value"]) for tag in tags} >= set(TAGS.items())


@pytest.mark.extended
def test_every_repository_keeps_its_promises_on_them(deployed: dict[str, Any], endpoint: str) -> None:
    here = Path(__file__).parent.parent / "contract"
    files = [str(here / f"test_{name}.py") for name in CONTRACTS]
    environment = {**os.environ, "TABLES_OF_SOMEBODY_ELSE": f"{endpoint} {PREFIX}"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *files, "-q", "-k", "dynamo", "-p", "no:cacheprovider", "-n0"],
        env=environment,
        cwd=here.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]
    assert " passed" in run.stdout


def test_the_gateway_calls_the_functions_by_its_routes(aws: Clients, deployed: dict[str, Any]) -> None:
    (api,) = aws.apigatewayv2.get_apis()["Items"]
    assert (api["ProtocolType"], api["RouteSelectionExpression"]) == ("WEBSOCKET", "$request.body.action")
    routes = aws.apigatewayv2.get_routes(ApiId=api["ApiId"])["Items"]
    assert {one["RouteKey"] for one in routes} == {"$connect", "$disconnect", "$default"}
    functions = {one["FunctionName"]: one for one in aws["lambda"].list_functions()["Functions"]}
    assert set(functions) == {f"{PREFIX}sockets-{one}" for one in ("connect", "disconnect", "default", "authorize")}
    for one in functions.values():
        variables = one["Environment"]["Variables"]
        assert one["CodeSize"] == deployed["outputs"]["functionBytes"]
        assert variables["CLOUD_REALTIME__ENDPOINT"] == deployed["outputs"]["connectionsEndpoint"]
        assert "CLOUD_ENGINE__PASSPHRASE" not in variables
    groups = aws.logs.describe_log_groups()["logGroups"]
    assert {one.get("retentionInDays") for one in groups} == {30}
    assert {f"/aws/lambda/{name}" for name in functions} <= {one["logGroupName"] for one in groups}
    alarms = aws.cloudwatch.describe_alarms()["MetricAlarms"]
    assert all(one["AlarmActions"] == [deployed["outputs"]["alarmTopicArn"]] for one in alarms)
    assert len(alarms) == 25


def test_appsync_has_the_schema_and_both_ways_in(aws: Clients, deployed: dict[str, Any]) -> None:
    (api,) = aws.appsync.list_graphql_apis()["graphqlApis"]
    assert api["authenticationType"] == "AMAZON_COGNITO_USER_POOLS"
    assert api["additionalAuthenticationProviders"] == [{"authenticationType": "AWS_IAM"}]
    assert api["userPoolConfig"]["userPoolId"] == deployed["outputs"]["userPoolId"]
    assert aws.appsync.get_schema_creation_status(apiId=api["apiId"])["status"] == "SUCCESS"


def rights_of(aws: Clients, role: str) -> dict[str, set[str]]:
    """By the table's name, what the role may do with it, in DynamoDB's words."""
    (name,) = aws.iam.list_role_policies(RoleName=role)["PolicyNames"]
    statements = aws.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
    found: dict[str, set[str]] = {}
    for one in statements:
        actions = one["Action"] if isinstance(one["Action"], list) else [one["Action"]]
        resources = one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]]
        assert "*" not in resources
        for resource in resources if actions[0].startswith("dynamodb:") else ():
            table = resource.rpartition("table/")[2].partition("/")[0]
            found.setdefault(table, set()).update(action.removeprefix("dynamodb:") for action in actions)
    return found


class Calls:
    """What is asked of DynamoDB: (operation, table)."""

    def __init__(self, endpoint: str) -> None:
        self.made: set[tuple[str, str]] = set()
        self.client = records_client(endpoint, REGION, AccessKey("test", "test"))
        self.client.meta.events.register("before-parameter-build.dynamodb.*", self._note)
        clock = SystemClock()
        self.records = DynamoRecords(self.client, PREFIX, clock)
        self.connections = DynamoConnections(Table(self.client, PREFIX + CONNECTIONS.name, clock, 1.0), clock)

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.made.add((model.name, params["TableName"]))

    def desk(self) -> Desk:
        files = LocalManifestFiles(LocalWorkspace(Path("/nonexistent")))
        deployments = DeploymentService(self.records.deployments, files)
        sockets_of = RealtimeSettings().sockets_of
        return Desk(Ann(), Rights(), self.connections, lambda: deployments, Silent(), SystemClock(), sockets_of)

    def of(self, handler: Any, *bodies: dict[str, Any] | None) -> dict[str, set[str]]:
        """Those that the handler makes for these messages, by table."""
        self.made.clear()
        for body in bodies:
            asyncio.run(handler({"requestContext": {"connectionId": "c1"}, "body": json.dumps(body)}, self.desk()))
        return {table: {name for name, of in self.made if of == table} for _, table in self.made}


class Ann:
    async def user(self, token: str) -> User:
        return User("ann-id", "ann", Group.READ_ONLY, frozenset({"Acme"}), 4_000_000_000)


class Silent:
    async def post(self, connection_id: str, text: str) -> None: ...

    async def close(self, connection_id: str, code: int, reason: str) -> None: ...


def test_each_function_may_do_what_it_does_and_no_more(aws: Clients, deployed: dict[str, Any], endpoint: str) -> None:
    calls = Calls(endpoint)
    manifest = {"deployment": {"id": DEPLOYMENT_ID}}
    calls.records.deployments.create(a_deployment(organization="Acme", manifest=manifest))
    subscribe = {"action": "subscribe", "deployment_id": DEPLOYMENT_ID}
    connected = partial(connect, {"requestContext": {"connectionId": "c1"}, "headers": {"authorization": "Bearer x"}})
    made = {"connect": calls.of(lambda event, desk: connected(desk), None)}
    made["default"] = calls.of(default, subscribe, {**subscribe, "action": "unsubscribe"}, {"action": "ping"})
    calls.of(default, subscribe)
    made["disconnect"] = calls.of(disconnect, None)
    # A connection that is gone while somebody subscribes: what was written for it is taken back.
    made["default"][PREFIX + CONNECTIONS.name].add("DeleteItem")
    calls.client.close()
    for entry, needed in made.items():
        assert rights_of(aws, f"{PREFIX}sockets-{entry}") == needed, entry
    assert rights_of(aws, f"{PREFIX}sockets-authorize") == {}


def test_the_data_sources_may_do_what_their_templates_do(aws: Clients, deployed: dict[str, Any]) -> None:
    for table in ("deployments", "stacks", "logs", "metrics"):
        assert "Scan" not in rights_of(aws, f"{PREFIX}graph-{table}")[PREFIX + table]
    assert rights_of(aws, f"{PREFIX}graph-metrics") == {PREFIX + "metrics": {"PutItem", "Query"}}
    assert "BatchWriteItem" in rights_of(aws, f"{PREFIX}graph-logs")[PREFIX + "logs"]


def test_the_functions_let_users_of_the_pool_in(
    aws: Clients, workspace: Path, deployed: dict[str, Any], endpoint: str
) -> None:
    """Out of the archive that was deployed, in a process that has nothing else of ours, by the settings that the status
    tells: the pool signs the token, and the row is in the table."""
    token = a_token(aws, deployed)
    variables = {
        **deployed["settings"],
        "CLOUD_WORKSPACE": str(workspace),
        "CLOUD_REALTIME__ENDPOINT": "http://127.0.0.1:9/ws",
        "CLOUD_REALTIME__CONNECTIONS_KEY": "any",
    }
    functions = FunctionProcess(workspace / ".cloud" / "control-plane" / "functions.zip", variables)
    event = {"requestContext": {"connectionId": "c2"}, "headers": {"Authorization": f"Bearer {token}"}}

    async def lives() -> list[Any]:
        try:
            made = [await functions.connect(event), await asyncio.to_thread(row, aws, "c2")]
            forged = {**event, "headers": {"Authorization": f"Bearer {token[:-4]}AAAA"}}
            made += [await functions.connect(forged), await functions.call("authorize", {**event, "methodArn": "m"})]
            return [*made, await functions.disconnect(event), await asyncio.to_thread(row, aws, "c2")]
        finally:
            await functions.stop()

    connected, kept, refused, allowed, gone, left = asyncio.run(lives())
    assert (connected["statusCode"], kept["user_name"]["S"]) == (200, "ann")
    assert refused["statusCode"] == 401
    assert allowed["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert (gone["statusCode"], left) == (200, None)


@pytest.mark.extended
def test_the_api_works_on_it_with_its_functions_at_the_sockets(
    aws: Clients, workspace: Path, deployed: dict[str, Any], client: DynamoClient
) -> None:
    """`cloud serve` by the settings of the status: tables and pool are the control plane's, and so are the handlers."""
    deployment_id = "D000007"
    DynamoRecords(client, PREFIX, SystemClock()).deployments.create(a_deployment(deployment_id=deployment_id))
    bearer = {"Authorization": f"Bearer {a_token(aws, deployed, 'bob')}"}
    with socket.create_server(("127.0.0.1", 0)) as found:
        place = f"127.0.0.1:{found.getsockname()[1]}"
    variables = {
        **os.environ,
        **deployed["settings"],
        "CLOUD_WORKSPACE": str(workspace),
        "CLOUD_REALTIME__FUNCTIONS": str(workspace / ".cloud" / "control-plane" / "functions.zip"),
        "CLOUD_REALTIME__ENDPOINT": f"http://{place}/ws",
        "CLOUD_REALTIME__CONNECTIONS_KEY": "key-of-tests",
    }
    command = [sys.executable, "-P", "-m", "cli.main", "serve", "--port", place.partition(":")[2]]

    async def subscribed() -> set[str]:
        async with websockets(f"ws://{place}/ws", additional_headers=bearer) as opened, asyncio.timeout(60):
            await opened.send(json.dumps({"action": "subscribe", "deployment_id": deployment_id}))
            return {json.loads(await opened.recv())["type"] for _ in range(2)}

    with subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as served:
        try:
            wait_for("the API answers", lambda: is_there(f"http://{place}/health"), every=0.2)
            answer = httpx.get(
                f"http://{place}/api/v1/deployments/{deployment_id}/manifest", headers=bearer, timeout=60
            )
            told = asyncio.run(subscribed())
        finally:
            served.send_signal(signal.SIGINT)
    assert answer.status_code == 200, answer.text
    assert told == {"subscribed", "deployment.status"}


def is_there(url: str) -> bool:
    try:
        return httpx.get(url, timeout=10).status_code == 200
    except httpx.TransportError:
        return False


def row(aws: Clients, connection_id: str) -> Any:
    key = {"connectionId": {"S": connection_id}}
    return aws.dynamodb.get_item(TableName=PREFIX + CONNECTIONS.name, Key=key).get("Item")


def a_token(aws: Clients, deployed: dict[str, Any], name: str = "ann") -> str:
    """Of a new user of the pool, by its client."""
    pool, settings = aws["cognito-idp"], deployed["settings"]
    who = {"UserPoolId": settings["CLOUD_COGNITO__USER_POOL_ID"], "Username": name}
    pool.admin_create_user(**who, MessageAction="SUPPRESS")
    pool.admin_set_user_password(**who, Password="Correct-horse-1", Permanent=True)
    with suppress(pool.exceptions.GroupExistsException):
        pool.create_group(UserPoolId=who["UserPoolId"], GroupName="org:Acme")
    for group in ("ReadOnly", "org:Acme"):
        pool.admin_add_user_to_group(**who, GroupName=group)
    asked = {"USERNAME": name, "PASSWORD": "Correct-horse-1"}
    client = settings["CLOUD_COGNITO__CLIENT_ID"]
    answer = pool.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=asked)
    return str(answer["AuthenticationResult"]["IdToken"])


@pytest.mark.extended
def test_one_that_was_killed_half_way_is_finished_by_the_next_deploy(
    workspace: Path, aws: Clients, tmp_path: Path
) -> None:
    """The engine dies with the command; what it was making then is looked up, made anew or gone on with."""
    variables = {**os.environ, "CLOUD_WORKSPACE": str(workspace), "CLOUD_AWS__TABLE_PREFIX": "killed-"}
    command = [sys.executable, "-P", "-m", "cli.main", "control-plane"]
    log = tmp_path / "log"
    with log.open("w") as told, subprocess.Popen([*command, "deploy"], env=variables, stderr=told) as killed:
        wait_for("it is at work", lambda: log.read_text().count("made ") > 20, every=0.05)
        (worker,) = psutil.Process(killed.pid).children()
        worker.kill()
    assert killed.returncode == 6
    assert "broke off" in log.read_text()
    for words in (("deploy", "--json"), ("destroy", "--confirm", "killed", "--json")):
        ended = subprocess.run([*command, *words], env=variables, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    left = aws.dynamodb.list_tables()["TableNames"]
    assert [name for name in left if name.startswith("killed-")] == []


@pytest.mark.last
def test_it_goes_with_all_that_it_made(command: Command, aws: Clients, deployed: dict[str, Any]) -> None:
    gone = command("destroy", "--confirm", "plane")
    assert gone["deployed"] is False
    assert gone["changes"]["delete"] == deployed["resources"]
    assert aws.dynamodb.list_tables()["TableNames"] == []
    assert aws["lambda"].list_functions()["Functions"] == []
    assert aws.apigatewayv2.get_apis()["Items"] == []
    assert aws.appsync.list_graphql_apis()["graphqlApis"] == []
    assert aws.iam.list_roles()["Roles"] == []
    assert aws["cognito-idp"].list_user_pools(MaxResults=10)["UserPools"] == []
