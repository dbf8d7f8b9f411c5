"""An operation works on the manifest that was validated, or not at all."""

from __future__ import annotations

import pytest

from cloud_core.domain.errors import Conflict
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action, OperationStatus
from cloud_core.services.operations.guards import StartOperation
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World


def test_one_that_moved_on_after_it_was_validated_is_not_deployed_in_its_place() -> None:
    world = World({"network": {}})
    valid = world.records.deployments.get_by_id(DEPLOYMENT_ID)
    assert valid is not None
    world.put_manifest({"network": {}, "other": {}})
    request = StartOperation(DEPLOYMENT_ID, EnvironmentName.DEV, Action.DEPLOY, "ann")
    accepted = world.operations.start_new(request, valid)
    assert (accepted.digest, accepted.layers) == (valid.digest, [["network"]])
    with pytest.raises(Conflict, match="version 1, now 2"):
        world.run(accepted)
    ended = world.operations.get(DEPLOYMENT_ID, accepted.operation_id)
    assert ended.status is OperationStatus.FAILED
    assert world.engine.ran == []
