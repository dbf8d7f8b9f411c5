"""What the edges read: deployments, their status, outputs and logs, over fakes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cloud_core.domain.errors import (
    DeploymentNotFound,
    InvalidInput,
    OperationNotFound,
    OutputNotFound,
    RecordsUnavailable,
    StackFailed,
    StackNotFound,
)
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogLevel, Operation
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus, StackStatus
from cloud_core.domain.values import SecretValue
from cloud_core.ports.records import Page
from cloud_core.services.looking.deployments import STATUS_WORDS, DeploymentFilter, SortKey
from cloud_core.services.looking.logs import LogQuery
from cloud_core.services.looking.watching import WatchService
from cloud_core.testing.builders import DEPLOYMENT_ID, a_deployment, a_log_entry
from cloud_core.testing.edge import FakeEdge
from cloud_core.testing.flows import FakeFlowRunner
from cloud_core.testing.world import World

DEV, STAGE, PROD = EnvironmentName
UNKNOWN = "D000000"


@pytest.fixture
def edge(tmp_path: Path) -> FakeEdge:
    edge = FakeEdge(tmp_path)
    edge.world.flows = FakeFlowRunner()  # operations wait until the test runs them
    edge.world.engine.outputs_of["network"] = {"vpcId": "vpc-1", "keys": [SecretValue("hush-hush"), "open"]}
    return edge


@pytest.fixture
def world(edge: FakeEdge) -> World:
    return edge.world


def break_security(world: World) -> None:
    world.engine.outputs_of["security"] = StackFailed("InvalidVpc", stack="security", resource="urn:web")


class TestStatus:
    def test_before_the_first_deploy_everything_waits(self, edge: FakeEdge) -> None:
        report = edge.status.report(DEPLOYMENT_ID)
        assert [(one.environment, one.status) for one in report.environments] == [(DEV, "ready"), (PROD, "ready")]
        assert {stack.status for stack in report.environments[0].stacks} == {StackStatus.PENDING}

    def test_stacks_of_a_layer_stand_as_in_the_manifest(self, edge: FakeEdge, world: World) -> None:
        world.put_manifest({"network": {}, "dns": {}, "security": {"dependencies": ["network"]}})
        report = edge.status.report(DEPLOYMENT_ID, DEV)
        assert [stack.name for stack in report.environments[0].stacks] == ["network", "dns", "security"]

    def test_all_environments_are_shown_on_request(self, edge: FakeEdge) -> None:
        report = edge.status.report(DEPLOYMENT_ID, all_environments=True)
        assert [(one.environment, one.status) for one in report.environments] == [
            (DEV, "ready"),
            (STAGE, "disabled"),
            (PROD, "ready"),
        ]

    def test_one_look_at_the_history_does_for_all_environments(
        self, edge: FakeEdge, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.deploy()
        asked: list[str] = []
        look = world.records.operations.list_by_deployment

        def count(deployment_id: str, *arguments: Any, **named: Any) -> Page[Operation]:
            asked.append(deployment_id)
            return look(deployment_id, *arguments, **named)

        monkeypatch.setattr(world.records.operations, "list_by_deployment", count)
        report = edge.status.report(DEPLOYMENT_ID, all_environments=True)
        assert [one.operation is not None for one in report.environments] == [True, False, False]
        assert asked == [DEPLOYMENT_ID]

    def test_of_a_deployed_environment_tells_layers_and_resources(self, edge: FakeEdge, world: World) -> None:
        world.deploy()
        report = edge.status.report(DEPLOYMENT_ID, DEV)
        (dev,) = report.environments
        assert [(stack.name, stack.layer) for stack in dev.stacks] == [
            ("network", 1),
            ("dns", 1),
            ("security", 2),
            ("secrets", 3),
        ]
        assert (dev.status, dev.resource_count, dev.percent, dev.view) == ("deployed", 4, 100, None)
        data = report.to_data(flat=True)
        assert data["summary"] == {
            "total_stacks": 4,
            "deployed_stacks": 4,
            "failed_stacks": 0,
            "skipped_stacks": 0,
            "drifted_stacks": 0,
            "progress_percent": 100,
        }
        assert data["operation"]["status"] == "success"
        assert data["lease"] is None

    def test_of_a_failure_tells_the_error_and_who_was_skipped(self, edge: FakeEdge, world: World) -> None:
        break_security(world)
        world.deploy()
        data = edge.status.report(DEPLOYMENT_ID, DEV).to_data(flat=True)
        assert data["status"] == "partial"
        assert data["stacks"]["security"]["error"] == "InvalidVpc"
        assert data["stacks_skipped"] == [{"stack": "secrets", "cause": "dependency_failed:security"}]
        assert data["metrics"]["resources_failed"] == 1

    def test_while_it_runs_tells_how_far_it_is_and_who_holds_it(self, edge: FakeEdge, world: World) -> None:
        operation = world.start()
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            world.stacks.deploy(run, "network", 1)
            run.events.flush()
            (dev,) = edge.status.report(DEPLOYMENT_ID, DEV).environments
            world.drive(run)
            world.executions.finish(run)
        assert dev.is_running
        stacks = {stack.name: stack.status for stack in dev.stacks}
        assert stacks["network"] is StackStatus.DEPLOYED
        assert stacks["security"] is StackStatus.PENDING
        data = dev.to_data()
        assert data["lease"]["operation_id"] == operation.operation_id
        assert (data["current_layer"], data["total_layers"]) == (1, 3)
        assert data["summary"]["progress_percent"] == 25

    def test_without_its_lease_a_begun_operation_has_died(self, edge: FakeEdge, world: World) -> None:
        operation = world.start()
        begun = operation.model_copy(update={"status": OperationStatus.IN_PROGRESS, "version": 1})
        stored = world.records.operations.get(DEPLOYMENT_ID, operation.operation_id)
        assert stored is not None
        world.records.operations.update(begun.model_copy(update={"version": stored.version}))
        report = edge.status.report(DEPLOYMENT_ID, DEV)
        assert report.environments[0].operation is not None
        assert report.environments[0].operation.status is OperationStatus.FAILED
        assert report.running == ()

    def test_a_stack_at_which_its_operation_died_has_failed(self, edge: FakeEdge, world: World) -> None:
        operation = world.start()
        running = world.executions.running(DEPLOYMENT_ID, operation.operation_id)
        run = running.__enter__()
        record = world.stacks.records.read(run, "network")
        changing = {"status": StackStatus.DEPLOYING, "last_operation_id": operation.operation_id}
        world.records.stacks.update(record.model_copy(update=changing), fence=run.lease.fence)
        world.processes.end(world.processes.current())
        world.processes.become(2000)

        (dev,) = edge.status.report(DEPLOYMENT_ID, DEV).environments

        assert (dev.status, dev.operation is not None and dev.operation.message) == ("failed", "its processes died")
        network = next(stack for stack in dev.stacks if stack.name == "network")
        assert network.status is StackStatus.FAILED
        assert network.error == f"interrupted while deploying: operation {operation.operation_id} died"

    def test_an_operation_that_can_not_be_asked_about_stays_as_it_is(self, world: World) -> None:
        def away(operation: Operation) -> bool:
            raise RecordsUnavailable("away")

        operation = world.start().model_copy(update={"status": OperationStatus.IN_PROGRESS})
        watching = WatchService(world.records, lambda: world.flows, away, world.clock)
        assert watching.settled(operation) is operation

    def test_a_stack_that_the_manifest_dropped_is_shown_while_it_is_there(self, edge: FakeEdge, world: World) -> None:
        world.deploy()
        world.put_manifest({"network": {}})
        (dev,) = edge.status.report(DEPLOYMENT_ID, DEV).environments
        assert {stack.name: stack.is_enabled for stack in dev.stacks} == {
            "network": True,
            "dns": False,
            "security": False,
            "secrets": False,
        }

    def test_one_stack_can_be_asked_for(self, edge: FakeEdge) -> None:
        report = edge.status.report(DEPLOYMENT_ID, stack="dns")
        assert [[stack.name for stack in one.stacks] for one in report.environments] == [["dns"], ["dns"]]

    def test_several_environments_are_told_by_name(self, edge: FakeEdge) -> None:
        data = edge.status.report(DEPLOYMENT_ID).to_data()
        assert sorted(data["environments"]) == ["dev", "prod"]
        assert data["environments"]["dev"]["account"] == "123456789012"

    def test_what_there_is_not_is_an_error(self, edge: FakeEdge) -> None:
        with pytest.raises(DeploymentNotFound):
            edge.status.report(UNKNOWN)
        with pytest.raises(StackNotFound):
            edge.status.report(DEPLOYMENT_ID, stack="nope")

    def test_a_stack_that_is_off_and_not_there_is_an_error(self, edge: FakeEdge, world: World) -> None:
        world.put_manifest({"network": {}, "dns": {"enabled": False}})
        with pytest.raises(StackNotFound, match="not enabled in dev"):
            edge.status.report(DEPLOYMENT_ID, stack="dns")


class TestOutputs:
    def test_are_masked_at_any_depth(self, edge: FakeEdge, world: World) -> None:
        world.deploy()
        found = edge.outputs.of_deployment(DEPLOYMENT_ID, DEV)
        assert found.values["network"] == {"vpcId": "vpc-1", "keys": ["***", "open"]}
        assert found.secret["network"] == ["keys"]
        assert list(found.to_data()["outputs"]) == ["dns", "network", "secrets", "security"]

    def test_show_secrets_only_when_they_are_asked_for(self, edge: FakeEdge, world: World) -> None:
        world.deploy()
        found = edge.outputs.of_stack(DEPLOYMENT_ID, "network", DEV, show_secrets=True)
        assert found.values["network"]["keys"] == ["hush-hush", "open"]

    def test_of_nothing_deployed_are_none(self, edge: FakeEdge) -> None:
        assert edge.outputs.of_deployment(DEPLOYMENT_ID, DEV).values == {}

    def test_one_value_can_be_had(self, edge: FakeEdge, world: World) -> None:
        world.deploy()
        assert edge.outputs.value(DEPLOYMENT_ID, "network", "vpcId", DEV) == "vpc-1"

    def test_unknown_ones_are_named(self, edge: FakeEdge, world: World) -> None:
        world.deploy()
        with pytest.raises(OutputNotFound, match="it has keys, vpcId"):
            edge.outputs.value(DEPLOYMENT_ID, "network", "nope", DEV)

    def test_of_a_stack_that_is_not_deployed_are_an_error_with_the_way_out(self, edge: FakeEdge) -> None:
        with pytest.raises(StackNotFound, match="it is pending") as caught:
            edge.outputs.of_stack(DEPLOYMENT_ID, "network", DEV)
        assert "cloud deploy-stack" in (caught.value.suggestion or "")
        with pytest.raises(StackNotFound, match="not in the manifest"):
            edge.outputs.of_stack(DEPLOYMENT_ID, "nope", DEV)

    def test_of_what_does_not_exist_are_an_error(self, edge: FakeEdge) -> None:
        with pytest.raises(DeploymentNotFound):
            edge.outputs.of_deployment(UNKNOWN, DEV)


class TestLogs:
    def messages(self, lines: Any) -> list[str]:
        return [entry.message for entry in lines.entries]

    def query(self, **fields: Any) -> LogQuery:
        return LogQuery(DEPLOYMENT_ID, DEV, **fields)

    def test_are_those_of_the_newest_run(self, edge: FakeEdge, world: World) -> None:
        world.deploy()
        world.clock.advance(1)
        world.destroy()
        found = edge.logs.read(self.query())
        assert found.operation is not None
        assert found.operation.type is Action.DESTROY
        assert {entry.operation_id for entry in found.entries} == {found.operation.operation_id}

    def test_are_in_the_order_of_happening_within_one_moment(self, edge: FakeEdge, world: World) -> None:
        world.deploy()
        messages = self.messages(edge.logs.read(self.query(stack="dns")))
        assert messages == ["dns deploying", "dns: aws:test:Thing dns creating", "dns deployed"]

    def test_of_an_earlier_type_or_operation_can_be_had(self, edge: FakeEdge, world: World) -> None:
        first = world.start()
        world.run(first)
        world.clock.advance(1)
        world.destroy()
        by_type = edge.logs.read(self.query(action=Action.DEPLOY))
        assert by_type == edge.logs.read(self.query(operation_id=first.operation_id))
        assert self.messages(by_type)[-1].startswith("deployment complete")

    def test_since_some_time_are_those_of_all_runs(self, edge: FakeEdge, world: World) -> None:
        world.deploy()
        world.clock.advance(60)
        world.destroy()
        everything = edge.logs.read(self.query(since=world.clock.now() - timedelta(hours=1)))
        newest = edge.logs.read(self.query(since=world.clock.now() - timedelta(seconds=1)))
        assert len({entry.operation_id for entry in everything.entries}) == 2
        assert len({entry.operation_id for entry in newest.entries}) == 1

    def test_end_with_the_newest_of_the_limit(self, edge: FakeEdge, world: World) -> None:
        world.deploy()
        everything = self.messages(edge.logs.read(self.query()))
        assert self.messages(edge.logs.read(self.query(limit=2))) == everything[-2:]

    def test_of_a_level_have_the_higher_ones_too(self, edge: FakeEdge, world: World) -> None:
        break_security(world)
        world.deploy()
        levels = {entry.log_level for entry in edge.logs.read(self.query(level=LogLevel.WARN)).entries}
        assert levels == {LogLevel.ERROR}

    def test_of_a_stack_stop_at_the_beginning_of_the_run(self, edge: FakeEdge, world: World) -> None:
        world.deploy()
        world.clock.advance(3600)
        world.destroy()
        assert len(edge.logs.read(self.query(stack="dns", limit=1000)).entries) == 3

    def test_pass_many_pages_of_others(self, edge: FakeEdge, world: World) -> None:
        operation = world.start()
        world.run(operation)
        others = [a_log_entry(str(number), environment="prod") for number in range(450)]
        world.records.logs.create_many(others)
        assert len(edge.logs.read(self.query(limit=3)).entries) == 3

    def test_before_any_run_are_none(self, edge: FakeEdge) -> None:
        assert edge.logs.read(self.query()).entries == ()

    def test_of_what_does_not_exist_are_an_error(self, edge: FakeEdge) -> None:
        with pytest.raises(DeploymentNotFound):
            edge.logs.read(LogQuery(UNKNOWN, DEV))
        with pytest.raises(OperationNotFound):
            edge.logs.read(self.query(operation_id="op-none"))
        with pytest.raises(DeploymentNotFound):
            edge.logs.of_init(LogQuery(DEPLOYMENT_ID, DEV))

    def test_that_are_followed_come_exactly_once_and_end_with_the_run(self, edge: FakeEdge, world: World) -> None:
        operation = world.start()
        following = edge.logs.follow(self.query())
        seen = list(self.follow_while(following, lambda: world.run(operation)))
        kept = [entry.message for entry in edge.logs.read(self.query()).entries]
        assert [message for message in seen if "accepted" not in message] == kept

    def follow_while(self, following: Iterator[Any], happen: Any) -> Iterator[str]:
        """The first look, then what happens, then the rest."""
        yield from self.messages(next(following))
        happen()
        for lines in following:
            yield from self.messages(lines)

    def test_that_are_followed_after_the_end_are_the_kept_ones(self, edge: FakeEdge, world: World) -> None:
        world.deploy()
        assert list(edge.logs.follow(self.query())) == [edge.logs.read(self.query())]

    def test_that_are_followed_begin_with_the_limit(self, edge: FakeEdge, world: World) -> None:
        operation = world.start()
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            world.drive(run)
            run.events.flush()
            first = next(edge.logs.follow(self.query(limit=2)))
            world.executions.finish(run)
        assert len(first.entries) == 2


class TestTheList:
    def add(self, world: World, deployment_id: str, **fields: Any) -> None:
        world.clock.advance(1)
        manifest = {**a_deployment().manifest}
        manifest["deployment"] = {
            "id": deployment_id,
            "org": "Acme",
            "project": "shop",
            "template": "demo",
            "createdAt": "2026-01-01T00:00:00Z",
        }
        record = a_deployment(deployment_id=deployment_id, **{"manifest": manifest, **fields})
        world.records.deployments.create(record)

    def ids(self, edge: FakeEdge, sort: SortKey = SortKey.CREATED, **fields: Any) -> list[str]:
        found = edge.deployments.list(DeploymentFilter(**fields), sort)
        return [item.deployment.deployment_id for item in found.items]

    def test_is_newest_first(self, edge: FakeEdge, world: World) -> None:
        self.add(world, "D000002", created_at="2026-02-02T00:00:00.000Z")
        self.add(world, "D000001", created_at="2026-02-01T00:00:00.000Z")
        assert self.ids(edge) == ["D000002", "D000001", DEPLOYMENT_ID]
        assert self.ids(edge, SortKey.ID) == ["D000001", "D000002", DEPLOYMENT_ID]

    def test_hides_destroyed_ones(self, edge: FakeEdge, world: World) -> None:
        self.add(world, "D000001", status=DeploymentStatus.DESTROYED)
        assert self.ids(edge) == [DEPLOYMENT_ID]
        assert set(self.ids(edge, include_destroyed=True)) == {DEPLOYMENT_ID, "D000001"}
        assert self.ids(edge, statuses=STATUS_WORDS["destroyed"]) == ["D000001"]

    def test_takes_two_words_over_several_statuses(self, edge: FakeEdge, world: World) -> None:
        self.add(world, "D000001", status=DeploymentStatus.PARTIAL)
        assert self.ids(edge, statuses=STATUS_WORDS["active"]) == ["D000001"]
        assert self.ids(edge, statuses=STATUS_WORDS["inactive"]) == [DEPLOYMENT_ID]

    def test_can_be_filtered(self, edge: FakeEdge, world: World) -> None:
        self.add(world, "D000001", organization="Other", project="blog")
        assert self.ids(edge, organization="Other") == ["D000001"]
        assert self.ids(edge, project="blog") == ["D000001"]
        assert self.ids(edge, environment=PROD) == [DEPLOYMENT_ID]

    def test_tells_each_environments_status(self, edge: FakeEdge, world: World) -> None:
        world.deploy()
        (item,) = edge.deployments.list(DeploymentFilter()).items
        assert item.environments == {"dev": "deployed", "stage": "disabled", "prod": "ready"}
        assert item.to_data()["environments"]["stage"] == {"enabled": False, "status": "disabled"}

    def test_names_folders_without_a_record_unless_filtered(self, edge: FakeEdge) -> None:
        (edge.workspace / "deploy" / "D7KQ2M4-Acme-blog").mkdir(parents=True)
        assert edge.deployments.list(DeploymentFilter()).unrecorded == ("D7KQ2M4",)
        assert edge.deployments.list(DeploymentFilter(project="shop")).unrecorded == ()

    def test_reads_every_page(self, edge: FakeEdge, world: World) -> None:
        for number in range(120):
            self.add(world, f"D{number:06d}")
        assert len(self.ids(edge)) == 121


class TestHealth:
    def checks(self, edge: FakeEdge, *names: str) -> dict[str, str]:
        return {check.name: check.status.value for check in edge.health().run(names).checks}

    def test_all_is_well(self, edge: FakeEdge) -> None:
        report = edge.health().run()
        assert report.status == "healthy"
        assert report.to_data()["services"] == {
            "database": "ok",
            "pulumi": "ok",
            "aws": "ok",
            "flows": "ok",
            "api": "ok",
        }

    def test_who_asks_the_api_is_not_told_that_it_is_there(self, edge: FakeEdge) -> None:
        assert "api" in self.checks(edge)
        assert "api" not in edge.health().run(but_for="api").to_data()["services"]

    def test_one_failure_does_not_hide_the_others(self, edge: FakeEdge) -> None:
        edge.world.flows.is_down = True
        report = edge.health().run()
        assert report.status == "unhealthy"
        assert [check.name for check in report.checks if check.status.value == "failed"] == ["flows"]

    def test_a_template_that_can_not_be_used_is_a_warning(self, edge: FakeEdge) -> None:
        custom = edge.workspace / "templates" / "custom"
        custom.mkdir(parents=True)
        (custom / "broken.yaml").write_text("name: [", "utf-8")
        report = edge.health().run(("templates",))
        assert report.status == "degraded"
        assert "broken" in report.checks[0].message

    def test_a_stack_without_a_program_is_a_warning(self, tmp_path: Path) -> None:
        folder = tmp_path / "workspace" / "templates" / "config"
        folder.mkdir(parents=True)
        (folder / "queue.yaml").write_text("name: queue\n", "utf-8")
        (check,) = FakeEdge(tmp_path).health().run(("stacks",)).checks
        assert (check.status.value, "queue has no program" in check.message) == ("warning", True)

    def test_checks_can_be_chosen(self, edge: FakeEdge) -> None:
        assert self.checks(edge, "engine", "aws") == {"engine": "ok", "aws": "ok"}
        with pytest.raises(InvalidInput, match="there is no check 'nope'"):
            edge.health().run(("nope",))


def test_an_operation_is_counted_by_its_results(world: World) -> None:
    from cloud_core.services.looking.report import operation_data

    break_security(world)
    operation = world.start()
    world.run(operation)
    ended: Operation | None = world.records.operations.get(DEPLOYMENT_ID, operation.operation_id)
    assert ended is not None
    data = operation_data(ended)
    assert (data["total_stacks"], data["deployed"], data["failed"], data["skipped"]) == (4, 2, 1, 1)
    assert {result["stack"]: result["status"] for result in data["results"]}["security"] == "failed"
