"""The engine's state in S3, its secrets encrypted by a key of KMS: as in production, on an AWS server over HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pulumi
import pytest

from cloud_core.adapters.pulumi.access import Backend
from cloud_core.adapters.pulumi.engine import PulumiEngine
from cloud_core.domain.stopping import StopSignal
from cloud_core.domain.values import SecretValue
from cloud_core.ports.engine import StackRun
from cloud_core.testing.engine_host import TARGET, OneInstance, engine_over

REGION = "us-east-1"
SECRET = "correct horse battery"
BUCKET = "engine-state"


class Remote:
    """The engine, and what lies in its bucket."""

    def __init__(self, endpoint: str, folder: Path) -> None:
        access = {"endpoint_url": endpoint, "aws_access_key_id": "test", "aws_secret_access_key": "test"}
        session: Any = boto3
        self._s3 = session.client("s3", region_name=REGION, **access)
        self._s3.create_bucket(Bucket=BUCKET)
        key = session.client("kms", region_name=REGION, **access).create_key()["KeyMetadata"]["KeyId"]
        place = f"endpoint={endpoint.removeprefix('http://')}&disableSSL=true&s3ForcePathStyle=true&region={REGION}"
        backend = Backend(
            url=f"s3://{BUCKET}?{place}",
            runs=folder / "runs",
            plugins=folder / "plugins",
            secrets_provider=f"awskms://{key}?region={REGION}&awssdk=v2",
        )
        variables = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
        }
        self.engine: PulumiEngine = engine_over(backend, OneInstance(9, variables))

    def contents(self) -> dict[str, bytes]:
        listed = self._s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {one["Key"]: self._s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed}


@pytest.fixture
def remote(endpoint: str, tmp_path: Path) -> Iterator[Remote]:
    remote = Remote(endpoint, tmp_path)
    yield remote
    remote.engine.destroy(run(""), lambda event: None)


def run(plain: str) -> StackRun:
    def program() -> None:
        pulumi.export("plain", plain)
        pulumi.export("hidden", pulumi.Output.secret(SECRET))

    return StackRun(TARGET, "op-1", program, lambda processes: None, StopSignal())


def test_a_whole_life_without_a_passphrase(remote: Remote) -> None:
    engine = remote.engine
    assert engine.check_backend()
    engine.preview(run("first"), lambda event: None)
    # What the other test destroyed leaves a backup.
    assert not [key for key in remote.contents() if "/stacks/" in key and key.endswith(".json")]

    for plain in ("first", "second"):
        engine.up(run(plain), lambda event: None)
        assert engine.outputs(TARGET) == {"plain": plain, "hidden": SecretValue(SECRET)}
    assert engine.preview(run("third"), lambda event: None).outputs["plain"] == "third"
    assert engine.compare(run("second"), lambda event: None).changes == {}
    engine.destroy(run("second"), lambda event: None)
    assert engine.outputs(TARGET) == {}


def test_the_bucket_holds_no_secret_in_clear_and_names_the_key(remote: Remote) -> None:
    remote.engine.up(run("first"), lambda event: None)
    remote.engine.up(run("second"), lambda event: None)
    stored = {key: content for key, content in remote.contents().items() if key.endswith("-dev.json")}
    assert stored
    for content in remote.contents().values():
        assert SECRET.encode() not in content
    assert all(b"awskms://" in content for content in stored.values())
