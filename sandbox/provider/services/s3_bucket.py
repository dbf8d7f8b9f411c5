"""S3: buckets. What belongs to one has types of its own (`s3_settings.py`)."""

from __future__ import annotations

from typing import Any, Final

from sandbox.provider.errors import AwsRefused
from sandbox.provider.language import Create, Delete, Detail, Input, LiveObject, Output, Read, Resource, Tags, call
from sandbox.provider.scope import Scope

GONE: Final = ("NoSuchBucket", "404")
MOST_DELETED: Final = 1000  # objects in one call
# The oldest region: S3 doesn't take its name as a place, and there a second creation by the owner is no error.
OLDEST_REGION: Final = "us-east-1"

_head: Final = Read(
    call("head_bucket", Bucket="$id"),
    at="@",
    gone=GONE,
    details=(
        Detail("Tags", call("get_bucket_tagging", Bucket="$id"), "TagSet", none=("NoSuchTagSet",)),
        Detail(
            "Lock",
            call("get_object_lock_configuration", Bucket="$id"),
            "ObjectLockConfiguration.ObjectLockEnabled == 'Enabled'",
            none=("ObjectLockConfigurationNotFoundError",),
        ),
    ),
)


def _create(scope: Scope) -> str:
    """The name is everybody's: a bucket that is there already, ours or not, is never taken over."""
    place: dict[str, Any] = {"LocationConstraint": scope.region}
    if scope.region == OLDEST_REGION:
        place = {}
        if scope.ask(call("head_bucket", Bucket="$bucket"), GONE) is not None:
            code = "BucketAlreadyOwnedByYou"
            raise AwsRefused(f"{code}: {scope.value('bucket')} exists already (create_bucket)", aws_code=code)
    lock = "$objectLockEnabled"
    make = call("create_bucket", "bucket", CreateBucketConfiguration=place, ObjectLockEnabledForBucket=lock)
    return Create(make, text="{bucket}")(scope)


def _read(scope: Scope) -> LiveObject | None:
    live = _head(scope)
    return None if live is None else {**live, "Bucket": scope.id}


def _empty(scope: Scope) -> None:
    """Every version of every object, and every mark of a deleted one.

    Where versions are suspended, the server takes a version's deletion for the whole object's and stumbles over the
    marks, so they are turned on for this.
    """
    versioning: Any = scope.ask(call("get_bucket_versioning", Bucket="$id"), GONE) or {}
    if versioning.get("Status") == "Suspended":
        scope.run(call("put_bucket_versioning", Bucket="$id", VersioningConfiguration={"Status": "Enabled"}))
    found: Any = scope.ask(call("list_object_versions", Bucket="$id"), GONE) or {}
    listed = [*(found.get("Versions") or ()), *(found.get("DeleteMarkers") or ())]
    objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in listed]
    for first in range(0, len(objects), MOST_DELETED):
        _drop(scope, objects[first : first + MOST_DELETED])


def _drop(scope: Scope, objects: list[dict[str, str]]) -> None:
    """AWS answers with what it did not delete."""
    answer = scope.request("delete_objects", {"Bucket": scope.id, "Delete": {"Objects": objects, "Quiet": True}})
    for error in answer.get("Errors") or ():
        code = str(error.get("Code"))
        raise AwsRefused(f"{code}: {error.get('Message')} ({error.get('Key')} of {scope.id})", aws_code=code)


def _delete(scope: Scope) -> None:
    """A bucket with objects in it is deleted only with `forceDestroy`."""
    if scope.value("forceDestroy"):
        _empty(scope)
    Delete((call("delete_bucket", Bucket="$id"),), gone=GONE)(scope)


BUCKET: Final = Resource(
    token="aws:s3/bucket:Bucket",
    service="s3",
    inputs=(
        Input("bucket", replaces=True, autoname=63),
        Input("bucketPrefix", replaces=True, stored=True),
        Input("forceDestroy", default=False, stored=True),
        Input("objectLockEnabled", "Lock", replaces=True, computed=True),
    ),
    outputs=(
        Output("arn", text="arn:{partition}:s3:::{id}"),
        Output("bucketDomainName", text="{id}.s3.{suffix}"),
        Output("bucketRegion", text="{region}"),
        Output("bucketRegionalDomainName", text="{id}.s3.{region}.{suffix}"),
    ),
    create=_create,
    read=_read,
    delete=_delete,
    tags=Tags(
        add=call("put_bucket_tagging", Bucket="$id", Tagging={"TagSet": "$all_tags"}),
        remove=None,
        clear=call("delete_bucket_tagging", Bucket="$id"),
        after_create=True,
    ),
    identity=("bucket",),
)

RESOURCES: Final = (BUCKET,)
