"""S3: what belongs to a bucket, each part a type of its own. It is set as a whole, and gone with its bucket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sandbox.provider.errors import ProviderError
from sandbox.provider.gaps import Gap
from sandbox.provider.language import Call, Create, Delete, Input, Kind, LiveObject, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.services.s3_bucket import GONE
from sandbox.provider.services.s3_words import with_lost
from sandbox.provider.shapes import Shape, block

OF_BUCKET: Final = Input("bucket", required=True, replaces=True, stored=True)


def part(
    kind: str,
    inputs: tuple[Input, ...],
    put: Call | Callable[[Scope], str],
    read: Callable[[Scope], LiveObject | None],
    delete: Callable[[Scope], object],
) -> Resource:
    """The type `Bucket<kind>`; `put` makes and changes it, and gives the bucket's name when it is no mere call."""
    return Resource(
        token=f"aws:s3/bucket{kind}:Bucket{kind}",
        service="s3",
        inputs=(OF_BUCKET, *inputs),
        create=Create(put, text="{bucket}") if isinstance(put, Call) else put,
        read=read,
        settings=(setting(" ".join(one.name for one in inputs), put, on_create=False),),
        delete=delete,
        identity=("bucket",),
        imports=r"(?P<bucket>.+)",
    )


def put(operation: str, **parameters: Any) -> Call:
    return call(operation, Bucket="$bucket", **parameters)


def asked(operation: str, at: str, none: str) -> Read:
    """What the bucket has; AWS's code `none` means that it has no such part."""
    return Read(call(operation, Bucket="$bucket"), at=at, gone=(*GONE, none))


def dropped(operation: str) -> Delete:
    return Delete((call(operation, Bucket="$bucket"),), gone=GONE)


PUBLIC_ACCESS_BLOCK: Final = part(
    "PublicAccessBlock",
    (
        Input("blockPublicAcls", default=False),
        Input("blockPublicPolicy", default=False),
        Input("ignorePublicAcls", default=False),
        Input("restrictPublicBuckets", default=False),
    ),
    put(
        "put_public_access_block",
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": "$blockPublicAcls",
            "BlockPublicPolicy": "$blockPublicPolicy",
            "IgnorePublicAcls": "$ignorePublicAcls",
            "RestrictPublicBuckets": "$restrictPublicBuckets",
        },
    ),
    asked("get_public_access_block", "PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration"),
    dropped("delete_public_access_block"),
)

OWNERSHIP_CONTROLS: Final = part(
    "OwnershipControls",
    (Input("rule", "Rules[0]", kind=Kind.BLOCK, required=True),),
    put("put_bucket_ownership_controls", OwnershipControls={"Rules": ["$rule"]}),
    asked("get_bucket_ownership_controls", "OwnershipControls", "OwnershipControlsNotFoundError"),
    dropped("delete_bucket_ownership_controls"),
)

BLOCKED: Final = Shape(lambda given: {"EncryptionType": given}, lambda found: found.get("EncryptionType"))
ENCRYPTION_NAMES: Final = block(
    {
        "blockedEncryptionTypes": ("BlockedEncryptionTypes", BLOCKED),
        "kmsMasterKeyId": "KMSMasterKeyID",
        "sseAlgorithm": "SSEAlgorithm",
    }
)
_ask_encryption: Final = asked(
    "get_bucket_encryption", "ServerSideEncryptionConfiguration", "ServerSideEncryptionConfigurationNotFoundError"
)
ENCRYPTION: Final = part(
    "ServerSideEncryptionConfiguration",
    (Input("rules", kind=Kind.SET, shape=ENCRYPTION_NAMES, required=True, partial=True),),
    put("put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": "$rules"}),
    lambda scope: with_lost(_ask_encryption(scope), scope, ENCRYPTION_NAMES, {"BlockedEncryptionTypes"}),
    dropped("delete_bucket_encryption"),
)

PUT_VERSIONING: Final = put("put_bucket_versioning", VersioningConfiguration="$versioningConfiguration")
SUSPEND: Final = put("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"})


def _put_versioning(scope: Scope) -> str:
    """A bucket can only be born without versions; later they can be suspended."""
    before = (scope.state.get("versioningConfiguration") or {}).get("status", "Disabled")
    if scope.value("versioningConfiguration")["status"] != "Disabled":
        scope.run(PUT_VERSIONING)
    elif before != "Disabled":
        raise ProviderError(
            f"versioningConfiguration.status of {scope.id} cannot become 'Disabled' again, it is '{before}': "
            "use 'Suspended'"
        )
    return str(scope.value("bucket"))


def _read_versioning(scope: Scope) -> LiveObject | None:
    """A bucket that never had versions tells nothing of them."""
    live = scope.ask(call("get_bucket_versioning", Bucket="$bucket"), GONE)
    if live is None:
        return None
    born = {"Status": "Disabled", "MFADelete": "Disabled"}
    return {"VersioningConfiguration": {key: live.get(key, value) for key, value in born.items()}}


def _suspend(scope: Scope) -> None:
    if scope.value("versioningConfiguration")["status"] == "Enabled":
        scope.ask(SUSPEND, GONE)


VERSIONING: Final = part(
    "Versioning",
    (
        Input(
            "versioningConfiguration",
            kind=Kind.BLOCK,
            shape=block({"mfaDelete": "MFADelete"}),
            required=True,
            partial=True,
        ),
    ),
    _put_versioning,
    _read_versioning,
    _suspend,
)

POLICY: Final = part(
    "Policy",
    (Input("policy", kind=Kind.POLICY, required=True),),
    put("put_bucket_policy", Policy="$policy"),
    asked("get_bucket_policy", "@", "NoSuchBucketPolicy"),
    dropped("delete_bucket_policy"),
)

CORS: Final = part(
    "CorsConfiguration",
    (
        Input(
            "corsRules",
            "CORSRules",
            kind=Kind.SET,
            shape=block({"id": "ID"}),
            unordered=("allowedHeaders", "allowedMethods", "allowedOrigins", "exposeHeaders"),
            required=True,
        ),
    ),
    put("put_bucket_cors", CORSConfiguration={"CORSRules": "$corsRules"}),
    asked("get_bucket_cors", "@", "NoSuchCORSConfiguration"),
    dropped("delete_bucket_cors"),
)

RESOURCES: Final = (PUBLIC_ACCESS_BLOCK, OWNERSHIP_CONTROLS, ENCRYPTION, VERSIONING, POLICY, CORS)

GAPS: Final = (
    Gap(
        ENCRYPTION.token,
        "rules",
        "put_bucket_encryption takes BlockedEncryptionTypes, get_bucket_encryption does not tell it",
        "this part is kept in the state",
    ),
)
