"""Of many `PUT …/manifest` at once over real records one wins, and nothing that was written is lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from api.app import create_app
from api.testing.calling import ApiClient, calling
from api.testing.issuer import TokenIssuer
from cloud_core.ports.records import Records
from cloud_core.services.looking.deployments import DeploymentService
from cloud_core.services.operations.recorded_manifests import RecordedManifests
from cloud_core.settings import Settings
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.edge import FakeEdge

D = f"deployments/{DEPLOYMENT_ID}/manifest"
AT_ONCE = 32


@pytest.fixture
def client(tmp_path: Path, records: Records, clock: FakeClock) -> Iterator[ApiClient]:
    """The API over the store; what is not about manifests is in memory."""
    edge = FakeEdge(tmp_path)
    known = edge.world.records.deployments.get_by_id(DEPLOYMENT_ID)
    assert known is not None
    records.deployments.create(known)
    edge.deployments = DeploymentService(records.deployments, cast(Any, None))
    edge.recorded_manifests = RecordedManifests(
        records.deployments, edge.templates, edge.programs, edge.operations, edge.environments, clock
    )
    with (
        TokenIssuer().serving() as issuer,
        calling(create_app(Settings(cognito=issuer.settings), cast(Any, edge), clock)) as client,
    ):
        client.token = issuer.token(issuer.claims(clock, groups=("Administrators", "org:Acme")))
        yield client


@pytest.mark.parametrize("by_header", [True, False], ids=["If-Match", "version"])
def test_one_of_many_changes_wins(client: ApiClient, records: Records, by_header: bool) -> None:
    given = client.get(D).json()["manifest"]

    def put(number: int) -> Any:
        document = {**given, "deployment": {**given["deployment"], "description": f"from {number}"}}
        if by_header:
            return client.call("PUT", D, {"If-Match": '"1"'}, json=document)
        return client.call("PUT", D, json={"manifest": document, "version": 1})

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(put, range(AT_ONCE)))
    won = [number for number, one in enumerate(answers) if one.status_code == 200]
    lost = {(one.status_code, one.json()["error_code"]) for one in answers if one.status_code != 200}
    assert len(won) == 1
    assert lost == {(412, "PRECONDITION_FAILED") if by_header else (409, "VERSION_CONFLICT")}
    now = client.get(D)
    assert (now.headers["ETag"], now.json()["version"]) == ('"2"', 2)
    assert now.json()["manifest"]["deployment"]["description"] == f"from {won[0]}"
    kept = records.deployments.kept_manifest(DEPLOYMENT_ID, 1)
    assert kept is not None
    assert kept.manifest == given
