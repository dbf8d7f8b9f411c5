"""What `ports.records.DeploymentRepository` promises of manifests that were replaced, in memory and in DynamoDB."""

from __future__ import annotations

from cloud_core.domain.records import ManifestVersion
from cloud_core.ports.records import Records
from cloud_core.testing.builders import DEPLOYMENT_ID

MANIFEST = {"deployment": {"id": DEPLOYMENT_ID}, "stacks": {"network": {"config": {"ratio": 0.5, "empty": ""}}}}


def a_version(number: int, digest: str = "sha256:1") -> ManifestVersion:
    return ManifestVersion(
        deployment_id=DEPLOYMENT_ID, manifest_version=number, manifest=MANIFEST, digest=digest, updated_at="2026-01-01"
    )


def test_what_was_kept_is_found_as_it_was(records: Records) -> None:
    records.deployments.keep_manifest(a_version(1))
    records.deployments.keep_manifest(a_version(12, "sha256:2"))
    assert records.deployments.kept_manifest(DEPLOYMENT_ID, 1) == a_version(1)
    assert records.deployments.kept_manifest(DEPLOYMENT_ID, 12) == a_version(12, "sha256:2")


def test_what_was_never_kept_is_not_found(records: Records) -> None:
    records.deployments.keep_manifest(a_version(1))
    assert records.deployments.kept_manifest(DEPLOYMENT_ID, 2) is None
    assert records.deployments.kept_manifest("DZZZZZZ", 1) is None


def test_what_was_kept_first_stays(records: Records) -> None:
    """Two writers that replace the same version: the slower one may have read something else by then."""
    records.deployments.keep_manifest(a_version(1))
    records.deployments.keep_manifest(a_version(1, "sha256:2"))
    assert records.deployments.kept_manifest(DEPLOYMENT_ID, 1) == a_version(1)


def test_keeping_twice_is_keeping_once(records: Records) -> None:
    for _ in range(2):
        records.deployments.keep_manifest(a_version(1))
    assert records.deployments.kept_manifest(DEPLOYMENT_ID, 1) == a_version(1)
    assert records.operations.list_by_deployment(DEPLOYMENT_ID).items == []
