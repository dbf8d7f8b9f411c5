"""What there is, what ran and what it gave, as the API tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cloud_core.adapters.rest.client import RestClient, place
from cloud_core.adapters.rest.reading import Data
from cloud_core.adapters.rest.runs import RestRuns
from cloud_core.domain.errors import NotRemote
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment, Operation
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.remote.named import stack_place
from cloud_core.remote.operations import RemoteOperations
from cloud_core.services.looking.deployments import (
    STATUS_WORDS,
    DeploymentFilter,
    DeploymentList,
    DeploymentSummary,
    SortKey,
)
from cloud_core.services.looking.history import History, OperationFilter
from cloud_core.services.looking.outputs import Outputs
from cloud_core.services.looking.status import DISABLED

_PAGE: Final = 100
_UNTOLD: Final = ""


@dataclass(frozen=True)
class ToldDeployment(DeploymentSummary):
    """`told` is the answer: what programs get is what the API said."""

    told: Mapping[str, Any] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        return dict(self.told)


class RemoteDeployments:
    """As `services.looking.deployments`, of the organisations of whoever the token is of."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def list(self, wanted: DeploymentFilter, sort: SortKey = SortKey.CREATED) -> DeploymentList:
        """All pages. Folders of a workspace are not looked at: the records are elsewhere."""
        items: list[ToldDeployment] = []
        page: int | None = 1
        while page is not None:
            told = self._client.get(
                "deployments",
                organization=wanted.organization,
                project=wanted.project,
                template=wanted.template,
                environment=wanted.environment.value if wanted.environment else None,
                status=_status_word(wanted),
                sort_by=sort.value,
                include_destroyed=wanted.include_destroyed,
                page=page,
                limit=_PAGE,
            )
            items += map(_summary, told["deployments"])
            page = told["pagination"]["next_page"]
        return DeploymentList(tuple(items), ())


class RemoteHistory:
    """As `services.looking.history`."""

    def __init__(self, client: RestClient, runs: RestRuns, operations: RemoteOperations) -> None:
        self._client = client
        self._runs = runs
        self._operations = operations

    def operations(self, deployment_id: str, wanted: OperationFilter, limit: int) -> History:
        """At most `limit` that match, of as many pages as it takes."""
        found: list[Operation] = []
        token: str | None = None
        while True:
            told = self._client.get(
                place("deployments", deployment_id, "operations"),
                environment=wanted.environment.value if wanted.environment else None,
                stack=wanted.stack,
                type=wanted.action.value if wanted.action else None,
                limit=min(limit - len(found), _PAGE),
                page_token=token,
            )
            found += map(self._runs.operation, told["operations"])
            token = told.get("next_page_token")
            if len(found) >= limit or token is None:
                return History(deployment_id, tuple(found), told["has_more"])

    def operation(self, deployment_id: str, operation_id: str) -> Operation:
        """DeploymentNotFound, OperationNotFound."""
        return self._operations.get(deployment_id, operation_id)


class RemoteOutputs:
    """As `services.looking.outputs`; secrets never leave the machine that the API runs on."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def of_deployment(self, deployment_id: str, environment: EnvironmentName, show_secrets: bool = False) -> Outputs:
        _refuse_secrets(show_secrets)
        where = place("deployments", deployment_id, "outputs")
        told = self._client.get(where, environment=environment.value)
        return Outputs(deployment_id, environment, told["outputs"], {})

    def of_stack(
        self, deployment_id: str, stack: str, environment: EnvironmentName, show_secrets: bool = False
    ) -> Outputs:
        """StackNotFound when it is not deployed."""
        _refuse_secrets(show_secrets)
        where = stack_place(self._client, deployment_id, stack, "outputs")
        told = self._client.get(where, deployment_id=deployment_id, environment=environment.value)
        return Outputs(deployment_id, environment, {stack: told["outputs"]}, {})

    def value(
        self, deployment_id: str, stack: str, output: str, environment: EnvironmentName, show_secrets: bool = False
    ) -> Any:
        """OutputNotFound."""
        return self.of_stack(deployment_id, stack, environment, show_secrets).value(stack, output)


def _refuse_secrets(wanted: bool) -> None:
    if wanted:
        raise NotRemote(
            "secrets in clear are not given away by the API",
            what="--show-secrets",
            suggestion="run the command where the API runs, without --remote",
        )


def _status_word(wanted: DeploymentFilter) -> str | None:
    return next((word for word, statuses in STATUS_WORDS.items() if statuses == wanted.statuses), None)


def _summary(told: Data) -> ToldDeployment:
    record = Deployment(
        deployment_id=told["deployment_id"],
        organization=told["organization"],
        project=told["project"],
        domain=told["domain"],
        template=told["template"],
        status=DeploymentStatus(told["status"]),
        manifest={},
        digest=_UNTOLD,
        created_at=told["created_at"],
        updated_at=told["updated_at"],
        created_by=_UNTOLD,
        pulumi_org=_UNTOLD,
        last_deployed_at=told["last_deployed_at"],
    )
    statuses = {name: one["status"] if one["enabled"] else DISABLED for name, one in told["environments"].items()}
    return ToldDeployment(record, statuses, told)
