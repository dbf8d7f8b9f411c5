"""What GraphQL changes, and that no write of it makes the records say what is not so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.testing.graph import ask, refused
from api.testing.graph import data_of as data
from cloud_core.domain.errors import DeploymentNotFound
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogLevel
from cloud_core.domain.statuses import Action, DeploymentStatus, StackStatus
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.records.statuses import require_deployment
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.builders import an_owner

DEV = {"deployment_id": ID, "environment": "dev"}
NETWORK = {**DEV, "stack_name": "network"}


@pytest.fixture
def deployed(api: Any) -> Any:
    """The API with dev deployed, and nothing running."""
    api.edge.operations.start(StartOperation(ID, EnvironmentName.DEV, Action.DEPLOY, "dev"))
    api.edge.clock.advance(1)
    return api


def record(api: Any) -> Any:
    return require_deployment(api.edge.world.records.deployments, ID)


def network(api: Any, environment: EnvironmentName = EnvironmentName.DEV) -> Any:
    return api.edge.world.records.stacks.get_stack(ID, "network", environment)


def changed_manifest(api: Any, **deployment: Any) -> str:
    manifest = record(api).manifest
    return json.dumps({**manifest, "deployment": {**manifest["deployment"], **deployment}})


def as_new(api: Any, deployment_id: str = "D000009", **changes: Any) -> dict[str, Any]:
    """The input of a new deployment that is like the one that there is."""
    known = data(api.developer(), "GetDeployment", deployment_id=ID)
    names = ("organization", "project", "domain", "template", "environments", "stacks")
    return {
        **{name: known[name] for name in names},
        "manifest": changed_manifest(api, id=deployment_id, **{name: known[name] for name in ("domain", "template")}),
        "created_by": "somebody-else",
        **changes,
    }


class TestDeployments:
    def test_a_new_one_is_made_by_whoever_the_token_says(self, api: Any) -> None:
        made = data(api.developer(), "CreateDeployment", input=as_new(api))
        assert (made["deployment_id"], made["created_by"], made["version"]) == ("D000009", "dev", 1)
        assert made["status"] == "INITIALIZED"
        stored = api.edge.world.records.deployments.get_by_id("D000009")
        assert stored.digest.startswith("sha256:")
        told = refused(api.developer(), "CreateDeployment", input=as_new(api))
        assert (told["code"], told["errorType"]) == ("RESOURCE_ALREADY_EXISTS", "AlreadyExists")

    def test_one_without_an_id_gets_one(self, api: Any) -> None:
        wish = as_new(api)
        manifest = json.loads(wish["manifest"])
        del manifest["deployment"]["id"]
        made = data(api.developer(), "CreateDeployment", input={**wish, "manifest": json.dumps(manifest)})
        assert made["deployment_id"] not in (ID, "D000009")

    @pytest.mark.parametrize(
        ("changes", "kind"),
        [
            ({"manifest": "{}"}, "InvalidManifest"),
            ({"manifest": "[1]"}, "InvalidInput"),
            ({"manifest": '{"deployment": 1}'}, "InvalidInput"),
            ({"project": "another"}, "InvalidInput"),
            ({"organization": "Globex"}, "Unauthorized"),
            ({"environments": '{"dev": {"region": "eu-west-1"}}'}, "InvalidInput"),
            ({"environments": '{"dev": {"colour": "red"}}'}, "InvalidInput"),
            ({"environments": '{"dev": 1}'}, "InvalidInput"),
            ({"stacks": '{"nothing": {"enabled": true}}'}, "InvalidInput"),
            ({"deployment_id": "nonsense"}, "InvalidInput"),
        ],
    )
    def test_what_does_not_agree_is_refused(self, api: Any, changes: dict[str, Any], kind: str) -> None:
        assert refused(api.developer(), "CreateDeployment", input=as_new(api, **changes))["errorType"] == kind
        assert api.edge.world.records.deployments.get_by_id("D000009") is None

    def test_a_manifest_is_replaced_over_the_version_that_it_was_made_from(self, api: Any) -> None:
        before = record(api)
        text = changed_manifest(api, description="changed")
        done = data(api.developer(), "UpdateManifest", deployment_id=ID, manifest=text, version=before.version)
        assert done["version"] == before.version + 1
        assert record(api).manifest_version == before.manifest_version + 1
        assert api.edge.world.records.deployments.kept_manifest(ID, before.manifest_version).manifest == before.manifest
        told = refused(api.developer(), "UpdateManifest", deployment_id=ID, manifest=text, version=before.version)
        assert (told["code"], told["errorType"]) == ("VERSION_CONFLICT", "VersionConflict")

    def test_the_outline_changes_the_manifest(self, api: Any) -> None:
        wish = {"deployment_id": ID, "version": record(api).version, "environments": '{"stage": {"enabled": true}}'}
        done = data(api.developer(), "UpdateDeployment", input=wish)
        assert json.loads(done["environments"])["stage"]["enabled"] is True
        assert record(api).manifest["environments"]["stage"]["enabled"] is True
        unknown = {"deployment_id": ID, "version": done["version"], "stacks": '{"nothing": {"enabled": true}}'}
        assert refused(api.developer(), "UpdateDeployment", input=unknown)["errorType"] == "InvalidInput"

    def test_a_manifest_and_an_outline_that_contradict_it(self, api: Any) -> None:
        wish = {
            "deployment_id": ID,
            "version": record(api).version,
            "manifest": changed_manifest(api, description="changed"),
            "environments": '{"dev": {"enabled": false}}',
        }
        assert refused(api.developer(), "UpdateDeployment", input=wish)["errorType"] == "InvalidInput"
        agreed = {**wish, "environments": '{"dev": {"enabled": true}}', "status": "INITIALIZED"}
        assert data(api.developer(), "UpdateDeployment", input=agreed)["version"] == wish["version"] + 2

    def test_a_status_that_does_not_follow_from_the_environments_is_no_status(self, deployed: Any) -> None:
        version = record(deployed).version
        wish = {"deployment_id": ID, "version": version}
        for status in ("DESTROYED", "INITIALIZED", "FAILED"):
            told = refused(deployed.developer(), "UpdateDeploymentStatus", **wish, status=status)
            assert told["errorType"] == "IllegalTransition"
        assert record(deployed).status is DeploymentStatus.DEPLOYED
        done = data(deployed.developer(), "UpdateDeploymentStatus", **wish, status="DEPLOYED")
        assert done["version"] == version + 1

    def test_nothing_is_written_while_an_operation_holds_an_environment(self, api: Any) -> None:
        api.edge.world.flows.run = lambda operation: None
        api.edge.operations.start(StartOperation(ID, EnvironmentName.DEV, Action.DEPLOY, "dev"))
        text, version = changed_manifest(api, description="x"), record(api).version
        asked = [
            ("UpdateManifest", {"deployment_id": ID, "manifest": text, "version": version}),
            ("UpdateDeploymentStatus", {"deployment_id": ID, "status": "INITIALIZED", "version": version}),
            ("DeleteDeployment", {"deployment_id": ID}),
            ("DeleteStack", NETWORK),
        ]
        for name, variables in asked:
            assert refused(api.admin(), name, **variables)["errorType"] == "OperationInProgress", name
        assert record(api).version == version

    def test_only_what_has_nothing_in_aws_is_deleted(self, deployed: Any) -> None:
        told = refused(deployed.admin(), "DeleteDeployment", deployment_id=ID)
        assert told["errorType"] == "Conflict"
        assert "network (dev)" in told["message"]
        deployed.edge.operations.start(StartOperation(ID, EnvironmentName.DEV, Action.DESTROY, "dev"))
        assert data(deployed.admin(), "DeleteDeployment", deployment_id=ID) is True
        assert deployed.edge.world.records.stacks.list_by_deployment(ID) == []
        with pytest.raises(DeploymentNotFound):
            record(deployed)
        assert data(deployed.admin(), "DeleteDeployment", deployment_id=ID) is False


class TestStacks:
    def new(self, **changes: Any) -> dict[str, Any]:
        place = {"deployment_id": ID, "stack_name": "network", "environment": "dev"}
        name = f"Acme/shop/{ID}-network-dev"
        return {**place, "pulumi_stack_name": name, "layer": 1, "dependencies": [], **changes}

    def test_a_new_one_is_pending_and_a_deploy_takes_it_over(self, api: Any) -> None:
        expected = f"{record(api).pulumi_org}/{record(api).project}/{ID}-network-dev"
        made = data(api.developer(), "CreateStack", input=self.new(pulumi_stack_name=expected))
        assert (made["status"], made["version"], made["resource_count"]) == ("PENDING", 1, 0)
        again = refused(api.developer(), "CreateStack", input=self.new(pulumi_stack_name=expected))
        assert again["errorType"] == "AlreadyExists"
        api.edge.operations.start(StartOperation(ID, EnvironmentName.DEV, Action.DEPLOY, "dev"))
        assert network(api).status is StackStatus.DEPLOYED

    @pytest.mark.parametrize(
        ("changes", "kind"),
        [
            ({"pulumi_stack_name": "Acme/shop/another"}, "InvalidInput"),
            ({"layer": 0}, "InvalidInput"),
            ({"dependencies": ["nothing"]}, "InvalidInput"),
            ({"stack_name": "nothing"}, "NotFound"),
            ({"environment": "staging"}, "InvalidInput"),
            ({"deployment_id": "D999999"}, "NotFound"),
        ],
    )
    def test_what_no_deploy_would_make_is_refused(self, api: Any, changes: dict[str, Any], kind: str) -> None:
        name = f"{record(api).pulumi_org}/{record(api).project}/{ID}-network-dev"
        wish = self.new(**{"pulumi_stack_name": name, **changes})
        assert refused(api.developer(), "CreateStack", input=wish)["errorType"] == kind
        assert network(api) is None

    def test_people_can_say_that_a_stack_failed_and_nothing_better(self, deployed: Any) -> None:
        version = network(deployed).version
        for status in ("PENDING", "DEPLOYING", "DESTROYING", "DESTROYED", "SKIPPED", "CANCELLED"):
            told = refused(deployed.admin(), "UpdateStackStatus", **NETWORK, status=status, version=version)
            assert (told["code"], told["errorType"]) == ("AUTHZ_FORBIDDEN", "Unauthorized"), status
        done = data(deployed.developer(), "UpdateStackStatus", **NETWORK, status="FAILED", version=version)
        assert (done["status"], done["version"]) == ("FAILED", version + 1)
        assert refused(deployed.developer(), "UpdateStackStatus", **NETWORK, status="DEPLOYED", version=version + 1)
        operation = deployed.edge.operations.start(StartOperation(ID, EnvironmentName.DEV, Action.DEPLOY, "dev"))
        results = deployed.edge.world.records.operations.get(ID, operation.operation_id).results
        assert {name: one.status.value for name, one in results.items()}["network"] == "deployed"

    def test_what_a_run_finds_out_is_not_taken_from_people(self, deployed: Any) -> None:
        before = network(deployed)
        facts = {"outputs": "{}", "resources": "[]", "resource_count": 7, "last_deployment": "{}"}
        for name, value in facts.items():
            wish = {**NETWORK, "version": before.version, name: value}
            assert refused(deployed.admin(), "UpdateStack", input=wish)["errorType"] == "Unauthorized"
        assert network(deployed) == before
        same = data(deployed.admin(), "UpdateStack", input={**NETWORK, "version": before.version, "status": "DEPLOYED"})
        assert same["version"] == before.version + 1

    def test_a_stale_version_and_a_stack_that_is_not_there(self, deployed: Any) -> None:
        version = network(deployed).version
        stale = refused(deployed.developer(), "UpdateStackStatus", **NETWORK, status="FAILED", version=version - 1)
        assert stale["errorType"] == "VersionConflict"
        prod = {**NETWORK, "environment": "prod"}
        assert (
            refused(deployed.admin(), "UpdateStackStatus", **prod, status="FAILED", version=1)["errorType"]
            == "NotFound"
        )

    def test_prod_is_for_administrators(self, deployed: Any) -> None:
        wish = {**NETWORK, "environment": "prod", "status": "FAILED", "version": 1}
        assert refused(deployed.developer(), "UpdateStackStatus", **wish)["errorType"] == "Unauthorized"
        made = self.new(environment="prod", pulumi_stack_name=f"x/{ID}-network-prod")
        assert refused(deployed.developer(), "CreateStack", input=made)["errorType"] == "Unauthorized"

    def test_a_run_that_has_begun_is_not_overtaken(self, deployed: Any) -> None:
        """Its lease is taken, and its operation is not looked at: the fencing token alone says no."""
        records = deployed.edge.world.records
        found = network(deployed)
        lease = records.leases.get(ID, EnvironmentName.DEV)
        edits = deployed.edge.stack_edits
        fence = edits._guards.idle_fence(ID, EnvironmentName.DEV)
        assert fence == lease.fence
        taken = records.leases.acquire(ID, EnvironmentName.DEV, an_owner("op-later"))
        records.stacks.stamp(ID, EnvironmentName.DEV, taken.fence)
        with pytest.raises(Exception, match="belong to another operation"):
            records.stacks.update(found.model_copy(update={"status": StackStatus.FAILED}), fence=fence)

    def test_only_a_stack_with_nothing_in_aws_is_deleted(self, deployed: Any) -> None:
        assert refused(deployed.admin(), "DeleteStack", **NETWORK)["errorType"] == "Conflict"
        deployed.edge.operations.start(StartOperation(ID, EnvironmentName.DEV, Action.DESTROY, "dev"))
        assert refused(deployed.developer(), "DeleteStack", **NETWORK)["errorType"] == "Unauthorized"
        before = record(deployed).version
        told = refused(
            deployed.admin(), "UpdateStackStatus", **NETWORK, status="FAILED", version=network(deployed).version
        )
        assert told["errorType"] == "IllegalTransition"
        assert data(deployed.admin(), "DeleteStack", **NETWORK) is True
        assert data(deployed.admin(), "DeleteStack", **NETWORK) is False
        assert record(deployed).version == before


class TestLines:
    def test_a_line_is_of_whoever_the_token_says(self, api: Any) -> None:
        line = {"deployment_id": ID, "level": "WARN", "message": "mind the gap", "environment": "dev"}
        made = data(api.developer(), "CreateLog", input={**line, "user_id": "ada", "details": '{"a": 1}'})
        assert (made["user_id"], made["level"], json.loads(made["details"])) == ("dev", "WARN", {"a": 1})
        (stored,) = api.edge.world.records.logs.get_logs_by_level(LogLevel.WARN).items
        assert stored.log_id == made["log_id"]

    def test_many_lines_are_all_taken_or_none(self, api: Any) -> None:
        line = {"deployment_id": ID, "level": "WARN", "message": "one"}
        assert len(data(api.developer(), "CreateLogs", inputs=[line, {**line, "message": "two"}])) == 2
        for wrong in ([], [line] * 26, [line, {**line, "message": ""}], [{**line, "environment": "moon"}]):
            assert refused(api.developer(), "CreateLogs", inputs=wrong)["errorType"] == "InvalidInput"
        unknown = refused(api.developer(), "CreateLogs", inputs=[line, {**line, "deployment_id": "D999999"}])
        assert unknown["errorType"] == "NotFound"
        assert len(api.edge.world.records.logs.get_logs_by_level(LogLevel.WARN).items) == 2


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("CreateLog", {"input": {"deployment_id": ID, "level": "INFO", "message": "x"}}),
        ("UpdateManifest", {"deployment_id": ID, "manifest": "{}", "version": 1}),
        ("CreateMetric", {"input": {"metric_name": "x", "value": 1.0, "unit": "count"}}),
        ("DeleteDeployment", {"deployment_id": ID}),
    ],
)
def test_readers_change_nothing(api: Any, name: str, variables: dict[str, Any]) -> None:
    assert refused(api.reader(), name, **variables)["code"] == "AUTHZ_FORBIDDEN"


def test_nobody_changes_what_they_do_not_see(api: Any) -> None:
    api.another("D000001", "Globex")
    admin = api.admin()
    for name, variables in (
        ("DeleteDeployment", {"deployment_id": "D000001"}),
        ("UpdateDeploymentStatus", {"deployment_id": "D000001", "status": "INITIALIZED", "version": 1}),
        ("DeleteStack", {**NETWORK, "deployment_id": "D000001"}),
        ("UpdateStackStatus", {**NETWORK, "deployment_id": "D000001", "status": "FAILED", "version": 1}),
        ("CreateLog", {"input": {"deployment_id": "D000001", "level": "INFO", "message": "x"}}),
    ):
        assert refused(admin, name, **variables)["code"] == "AUTHZ_ORGANIZATION_MISMATCH", name
    dimensions = json.dumps({"deployment_id": "D000001"})
    point = {"metric_name": "x", "value": 1.0, "unit": "count", "dimensions": dimensions}
    assert ask(admin, "CreateMetric", input=point)["errors"][0]["extensions"]["errorType"] == "Unauthorized"
