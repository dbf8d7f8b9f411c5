"""Validation of a deployment through its ports, V25 included, and its mending."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cloud_core.adapters.local.manifest_files import LocalManifestFiles
from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.errors import (
    AwsAccessFailed,
    CloudError,
    DeploymentNotFound,
    EngineMissing,
    InvalidInput,
    InvalidManifest,
    SandboxNotRunning,
    StackFailed,
    Unavailable,
)
from cloud_core.domain.manifest import SetValue
from cloud_core.domain.validation import Level
from cloud_core.ports.aws import AwsScope, CallerIdentity
from cloud_core.ports.engine import EngineInfo
from cloud_core.resources import data_dir
from cloud_core.services.manifests.service import InitRequest, ManifestService
from cloud_core.services.templates.service import TemplateService
from cloud_core.services.validation.access_checks import AccessChecks
from cloud_core.services.validation.service import ValidationService
from cloud_core.testing.aws import FakeAwsQueries
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.engine import FakePrograms
from cloud_core.testing.in_memory.deployments import InMemoryDeployments
from cloud_core.testing.manifests import ACCOUNT

ID = "D7KQ2M4"


class Aws(FakeAwsQueries):
    """Answers with the account that is asked for, or another one; and notes the scopes."""

    def __init__(self) -> None:
        super().__init__()
        self.other: str | None = None
        self.scopes: list[AwsScope] = []

    def caller_identity(self, scope: AwsScope) -> CallerIdentity:
        self.scopes.append(scope)
        if self.failure is not None:
            raise self.failure
        return CallerIdentity(self.other or scope.account, "arn")


class Engine:
    failure: CloudError | None = None
    login: CloudError | None = None

    def probe(self) -> EngineInfo:
        if self.failure is not None:
            raise self.failure
        return EngineInfo(Path("/bin/pulumi"), "3.255.0", "path")

    def check_backend(self) -> str:
        if self.login is not None:
            raise self.login
        return "ann"


@dataclass
class World:
    files: LocalManifestFiles
    aws: Aws
    engine: Engine
    manifest: Path
    service: ValidationService

    def edit(self, *path: str, value: Any) -> None:
        self.files.edit(ID, [SetValue(path, value)])

    def codes(self, level: Level = Level.FULL, **options: Any) -> list[str]:
        return [error.code for error in self.service.validate(ID, level, **options).errors]


@pytest.fixture
def world(tmp_path: Path) -> World:
    clock = FakeClock()
    workspace = Workspace(tmp_path)
    files = LocalManifestFiles(workspace)
    templates = TemplateService(LocalTemplates(data_dir("templates"), workspace))
    programs = FakePrograms("network", "dns", "security", "secrets")
    manifests = ManifestService(files, InMemoryDeployments(clock), templates, programs, clock)
    accounts = {"dev": ACCOUNT, "stage": "410000000025"}
    request = InitRequest(
        org="Birchway",
        project="landing",
        domain="landing.test",
        template="demo",
        region="eu-west-1",
        accounts=accounts,
        user="ann",
        deployment_id=ID,
    )
    path = manifests.init(request).manifest_path
    aws, engine = Aws(), Engine()
    service = ValidationService(files, templates, programs, AccessChecks(lambda: aws, lambda: engine), clock)
    return World(files, aws, engine, path, service)


def test_a_new_deployment_is_valid_to_the_last_level(world: World) -> None:
    result = world.service.validate(ID)
    assert result.valid
    assert result.warnings == ()
    assert (result.total_stacks, result.enabled_stacks, result.dependency_layers) == (4, 4, 3)
    assert [(item.name, item.status) for item in result.environments] == [
        ("dev", "valid"),
        ("stage", "disabled (not validated)"),
        ("prod", "disabled (not validated)"),
    ]
    assert world.service.validate(ID, strict=True).valid


def test_aws_is_asked_for_each_enabled_environment_with_its_account_and_region(world: World) -> None:
    world.edit("environments", "stage", "enabled", value=True)
    world.edit("environments", "stage", "region", value="us-west-2")
    assert world.codes() == []
    assert world.aws.scopes == [AwsScope(ACCOUNT, "eu-west-1"), AwsScope("410000000025", "us-west-2")]
    world.aws.scopes.clear()
    assert world.codes(environment="stage") == []
    assert [scope.account for scope in world.aws.scopes] == ["410000000025"]


def test_the_engine_logs_in_while_aws_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2, timeout=30)

    def meeting(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            both.wait()
            return call(*arguments)

        return run

    monkeypatch.setattr(world.aws, "caller_identity", meeting(world.aws.caller_identity))
    monkeypatch.setattr(world.engine, "check_backend", meeting(world.engine.check_backend))
    assert world.codes() == []


def test_aws_and_the_engine_are_told_of_together_in_that_order(world: World) -> None:
    world.aws.failure, world.engine.login = Unavailable("no answer"), Unavailable("no login")
    assert world.codes() == ["AWS_UNREACHABLE", "PULUMI_UNREACHABLE"]


def test_lower_levels_ask_neither_aws_nor_the_engine(world: World) -> None:
    world.engine.failure = EngineMissing("none")
    assert world.codes(Level.CONFIG) == []
    assert world.aws.scopes == []


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (AwsAccessFailed("no credentials"), "AWS_CREDENTIALS"),
        (Unavailable("no answer"), "AWS_UNREACHABLE"),
        (SandboxNotRunning("the sandbox is not running"), "AWS_UNREACHABLE"),
    ],
)
def test_v25_aws_out_of_reach(world: World, failure: CloudError, code: str) -> None:
    world.aws.failure = failure
    result = world.service.validate(ID)
    (error,) = result.errors
    assert (error.code, error.message) == (code, failure.message)
    assert error.location == "Deployment_Manifest.yaml:environments.dev.account"
    assert error.details["environments"] == ["dev"]
    assert result.only_access_failed
    assert result.environments[0].status == "invalid"


def test_v25_credentials_of_another_account(world: World) -> None:
    world.aws.other = "999999999999"
    (error,) = world.service.validate(ID).errors
    assert error.code == "AWS_ACCOUNT_MISMATCH"
    assert error.message == "the credentials for 'dev' lead to the account 999999999999"
    assert ACCOUNT in error.remediation


@pytest.mark.parametrize(
    ("failure", "code"),
    [(EngineMissing("nowhere"), "PULUMI_MISSING"), (StackFailed("its backend is broken"), "PULUMI_UNREACHABLE")],
)
def test_v25_the_engine(world: World, failure: CloudError, code: str) -> None:
    world.engine.failure = failure
    (error,) = world.service.validate(ID).errors
    assert (error.code, error.message) == (code, failure.message)


def test_v25_a_backend_that_does_not_let_us_in(world: World) -> None:
    world.engine.login = Unavailable("the engine can't log in to its backend")
    result = world.service.validate(ID)
    assert [error.code for error in result.errors] == ["PULUMI_UNREACHABLE"]
    assert result.only_access_failed


def test_v25_a_permission_that_is_missing_is_named_with_its_stack_and_the_way_out(world: World) -> None:
    world.aws.refused = {"kms:CreateKey", "kms:CreateAlias", "s3:CreateBucket"}
    result = world.service.validate(ID)
    (error,) = result.errors
    role = f"arn:aws:iam::{ACCOUNT}:role/cloud-deployer"
    assert error.code == "AWS_PERMISSION_MISSING"
    assert error.location == "Deployment_Manifest.yaml:stacks.security"
    assert error.message == (f"stack 'security' needs kms:CreateKey, kms:CreateAlias in 'dev', which {role} may not do")
    assert error.remediation.startswith(f"allow kms:CreateKey, kms:CreateAlias to {role}")
    assert result.only_access_failed


def test_v25_only_what_enabled_stacks_need_is_asked_for(world: World) -> None:
    world.edit("stacks", "secrets", "enabled", value=False)
    world.aws.refused = {"secretsmanager:CreateSecret"}
    assert world.codes() == []


def test_v25_permissions_that_can_not_be_told_are_a_warning(world: World) -> None:
    world.aws.unclear = "AWS refused to simulate permissions: AccessDenied: no"
    result = world.service.validate(ID)
    assert result.valid
    assert [warning.code for warning in result.warnings] == ["AWS_PERMISSIONS_UNKNOWN"]
    assert "AccessDenied" in result.warnings[0].message


def test_what_can_not_even_be_made_is_out_of_reach(world: World, tmp_path: Path) -> None:
    def nothing() -> Any:
        raise SandboxNotRunning("the sandbox is not running")

    templates = TemplateService(LocalTemplates(data_dir("templates"), Workspace(tmp_path)))
    programs = FakePrograms("network", "dns", "security", "secrets")
    service = ValidationService(world.files, templates, programs, AccessChecks(nothing, nothing), FakeClock())
    result = service.validate(ID)
    assert [error.code for error in result.errors] == ["AWS_UNREACHABLE", "PULUMI_UNREACHABLE"]
    assert result.only_access_failed


def test_aws_and_the_manifest_are_told_of_at_once_but_a_malformed_account_is_not_asked_for(world: World) -> None:
    world.edit("environments", "dev", "account", value="1")
    world.edit("environments", "stage", "enabled", value=True)
    world.aws.failure = AwsAccessFailed("no credentials")
    assert world.codes() == ["INVALID_ACCOUNT", "AWS_CREDENTIALS"]
    assert [scope.account for scope in world.aws.scopes] == ["410000000025"]
    assert not world.service.validate(ID).only_access_failed


def test_strict_counts_warnings(world: World) -> None:
    world.edit("stacks", "network", "typo", value=1)
    assert world.codes() == []
    assert world.codes(strict=True) == ["UNKNOWN_KEY"]


@pytest.mark.parametrize(
    ("text", "code", "location"),
    [
        ("a: [", "SYNTAX_ERROR", "Deployment_Manifest.yaml:1:5"),
        ("- a", "SYNTAX_ERROR", "Deployment_Manifest.yaml"),
        ("environments: {dev: {}}", "MISSING_SECTION", "Deployment_Manifest.yaml"),
    ],
)
def test_an_unreadable_manifest_is_a_result(world: World, text: str, code: str, location: str) -> None:
    world.manifest.write_text(text)
    result = world.service.validate(ID, environment="dev")
    assert not result.valid
    assert (result.errors[0].code, result.errors[0].location) == (code, location)
    assert world.aws.scopes == []


def test_an_unknown_deployment(world: World) -> None:
    with pytest.raises(DeploymentNotFound):
        world.service.validate("D000000")


def test_an_environment_that_is_not_in_the_manifest(world: World) -> None:
    with pytest.raises(InvalidInput, match="'qa' is not in the manifest: it has dev, stage, prod"):
        world.service.validate(ID, environment="qa")


def test_mending_rewrites_the_file_tells_each_change_and_keeps_comments(world: World) -> None:
    text = world.manifest.read_text("utf-8")
    text = text.replace("priority: 100", 'priority: "100"  # first').replace(
        "dependencies: [network]", "dependencies: []"
    )
    world.manifest.write_text(text, "utf-8")
    assert not world.service.validate(ID, Level.CONFIG).valid
    assert [fix.description for fix in world.service.fix(ID)] == [
        "set stacks.network.priority to 100",
        "added network to stacks.security.dependencies",
    ]
    assert world.service.validate(ID, Level.CONFIG).valid
    mended = world.manifest.read_text("utf-8")
    assert "# first" in mended
    assert "updatedAt: '2026-01-02T03:04:05.000Z'" in mended
    assert world.service.fix(ID) == []
    assert world.manifest.read_text("utf-8") == mended


def test_mending_a_file_without_a_deployment_section(world: World) -> None:
    world.manifest.write_text("environments: {dev: {}}\n")
    assert [fix.description for fix in world.service.fix(ID)] == ["set environments.dev.enabled to True"]


@pytest.mark.parametrize("text", ["- a\n", "", "text\n"])
def test_what_is_no_map_can_not_be_mended(world: World, text: str) -> None:
    world.manifest.write_text(text)
    assert world.service.fix(ID) == []
    assert world.manifest.read_text() == text


def test_what_can_not_be_read_can_not_be_mended(world: World) -> None:
    world.manifest.write_text("a: [")
    with pytest.raises(InvalidManifest, match="line 1"):
        world.service.fix(ID)
