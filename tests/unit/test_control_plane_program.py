"""The control plane's program, drawn without an engine: names, rights, protection, what the functions are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cloud_core.adapters.local.function_package import FunctionPackage
from cloud_core.domain.control_plane import ControlPlane
from cloud_core.domain.tables import TABLES
from stacks.control_plane.graph import Templates
from stacks.control_plane.program import data_program, inline_program
from stacks.testing import Picture, draw

CALLER = {"aws:index/getCallerIdentity:getCallerIdentity": {"accountId": "410000000001"}}
NARROW = ("dynamodb:", "execute-api:", "appsync:", "logs:")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> FunctionPackage:
    path = tmp_path_factory.mktemp("package") / "functions.zip"
    path.write_bytes(b"")
    return FunctionPackage(path, 0, "digest", "python3.11", "arm64")


@cache
def picture(package: FunctionPackage, prefix: str = "cloud-", protect: bool = True, isolation: bool = True) -> Picture:
    return draw(inline_program(ControlPlane(prefix, "eu-west-1", protect, isolation), package), answers=CALLER)


def statements(drawn: Picture) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of every policy that is given to a role, with the policy's name."""
    for kind in ("RolePolicy", "Policy"):
        for one in drawn.of(kind):
            for statement in json.loads(one.inputs["policy"])["Statement"]:
                yield one.name, statement


def as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_no_right_is_on_everything_and_none_is_a_wildcard(package: FunctionPackage) -> None:
    seen = set()
    for name, one in statements(picture(package)):
        seen.add(name)
        assert one["Effect"] == "Allow"
        for action in as_list(one["Action"]):
            assert action.startswith(NARROW), (name, action)
            assert "*" not in action, (name, action)
        assert "*" not in as_list(one["Resource"]), name
    assert {"sockets-connect", "sockets-default", "graph-stacks", "relay"} <= seen


def test_roles_are_borrowed_by_their_service_for_this_account_alone(package: FunctionPackage) -> None:
    for role in picture(package).of("Role"):
        (one,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert one["Principal"]["Service"] in ("lambda.amazonaws.com", "appsync.amazonaws.com")
        assert one["Condition"]["StringEquals"]["aws:SourceAccount"] == "410000000001"


def test_the_gateway_alone_calls_the_functions(package: FunctionPackage) -> None:
    for one in picture(package).of("Permission"):
        assert one.inputs["principal"] == "apigateway.amazonaws.com"
        assert one.inputs["sourceArn"].endswith("/*")
        assert one.inputs["sourceArn"] != "/*"


@pytest.mark.parametrize("prefix", ["cloud-", "a-", "a" * 23 + "-"])
def test_every_name_begins_with_the_prefix_and_none_is_too_long(package: FunctionPackage, prefix: str) -> None:
    for kind, limit in (("Role", 64), ("Function", 64), ("Policy", 128), ("MetricAlarm", 255), ("Table", 255)):
        for one in picture(package, prefix).of(kind):
            if not one.token.startswith("aws:appsync"):
                assert one.inputs["name"].startswith(prefix), one.name
                assert len(one.inputs["name"]) <= limit, one.name


@pytest.mark.parametrize("protect", [True, False])
def test_what_holds_data_is_protected_in_aws(package: FunctionPackage, protect: bool) -> None:
    drawn = picture(package, protect=protect)
    assert {(one.protect, one.inputs["deletionProtectionEnabled"]) for one in drawn.of("Table")} == {(protect, protect)}
    assert drawn.one("UserPool").inputs["deletionProtection"] == ("ACTIVE" if protect else "INACTIVE")


def test_what_is_left_for_a_destroy_is_what_holds_data() -> None:
    drawn = draw(data_program(ControlPlane("cloud-", "eu-west-1", protect=False)))
    assert {one.token for one in drawn.resources if one.token.startswith("aws:")} == {
        "aws:dynamodb/table:Table",
        "aws:cognito/userPool:UserPool",
        "aws:cognito/userGroup:UserGroup",
        "aws:cognito/userPoolClient:UserPoolClient",
    }


@pytest.mark.parametrize("isolation", [True, False])
def test_the_functions_are_told_settings_and_no_secret(package: FunctionPackage, isolation: bool) -> None:
    for one in picture(package, isolation=isolation).of("Function"):
        if one.token.startswith("aws:lambda"):
            variables = one.inputs["environment"]["variables"]
            assert variables["CLOUD_API__ORGANIZATION_ISOLATION"] == str(isolation).lower()
            assert variables["CLOUD_PROFILE"] == "aws"
            assert not [name for name in variables if "KEY" in name or "PASS" in name or "SECRET" in name]


def test_every_table_and_every_function_has_its_alarms(package: FunctionPackage) -> None:
    named = {one.name for one in picture(package).of("MetricAlarm")}
    for table in TABLES:
        assert {f"{table.name}-read-throttles", f"{table.name}-write-throttles"} <= named
    for entry in ("connect", "disconnect", "default", "authorize"):
        assert {f"sockets-{entry}-errors", f"sockets-{entry}-throttles", f"sockets-{entry}-slow"} <= named


class TestTemplates:
    @pytest.fixture
    def templates(self) -> Templates:
        return Templates.shipped({"logs": "cloud-logs", "deployments": "cloud-deployments"})

    def test_each_data_source_may_do_what_its_functions_do(self, templates: Templates) -> None:
        assert templates.actions("Metrics") == (["dynamodb:PutItem", "dynamodb:Query"], False)
        actions, indexed = templates.actions("Logs")
        assert {"dynamodb:BatchWriteItem", "dynamodb:GetItem"} <= set(actions)
        assert indexed
        assert "dynamodb:BatchGetItem" in templates.actions("Deployments")[0]

    def test_the_variables_are_those_of_batches(self, templates: Templates) -> None:
        folder = Path(templates.folder) / "appsync"
        used = {file.relative_to(folder).as_posix() for file in folder.rglob("*.vtl") if "$ctx.env" in file.read_text()}
        batches = ("putLines", "seeOwners")
        assert used == {f"functions/{name}.{part}.vtl" for name in batches for part in ("request", "response")}

    def test_a_field_for_each_query_mutation_and_subscription(self, package: FunctionPackage) -> None:
        resolvers = picture(package).of("Resolver")
        assert len(resolvers) == 12 + 15 + 3
        for one in resolvers:
            assert "$ctx.env" not in one.inputs["responseTemplate"]
        for one in picture(package).of("Function"):
            assert "$ctx.env" not in one.inputs.get("requestMappingTemplate", "")
            assert "$ctx.env" not in one.inputs.get("responseMappingTemplate", "")
        owners = next(one for one in picture(package).of("Function") if "BatchGetItem" in str(one.inputs))
        assert '"cloud-deployments": {' in owners.inputs["requestMappingTemplate"]
