"""Image repositories: encrypted, scanned, tidied up by age and number.

Images are tagged by the environment that they are for (`dev-4f2a91c`), or with a moving tag (`dev-latest`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import pulumi
import pulumi_aws as aws
from pydantic import Field

from stacks.context import StackContext
from stacks.iam_documents import allow, document
from stacks.naming import REPOSITORY

TagMutability = Literal["MUTABLE", "IMMUTABLE"]
TagPattern = Annotated[str, Field(pattern=r"^[0-9A-Za-z._*-]{1,128}$")]
ImageCount = Annotated[int, Field(ge=1, le=1000)]

PULL: Final = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
PUSH: Final = ["ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"]
_MOVING_IMAGES: Final = 3
_UNTAGGED_DAYS: Final = 1


@dataclass(frozen=True)
class RepositorySettings:
    """What all repositories of one kind share.

    `moving_tags`: patterns of tags that may be set again although tags are immutable. `lifecycle`: rules in their
    order; the first one whose tags fit an image decides about it. `pull_accounts`: other accounts that may pull; the
    own one needs no policy.
    """

    key_arn: pulumi.Input[str]
    lifecycle: Sequence[dict[str, Any]]
    tag_mutability: TagMutability = "IMMUTABLE"
    moving_tags: Sequence[str] = ()
    scan_on_push: bool = True
    force_delete: bool = False
    pull_accounts: Sequence[str] = ()


def repository_prefix(context: StackContext) -> str:
    """What the names of all repositories of the stack begin with."""
    return context.name(REPOSITORY, "")


def application_lifecycle(newest: Mapping[str, int], moving_tags: Sequence[str]) -> list[dict[str, Any]]:
    """The images that run under a moving tag, then the newest of each environment; what lost its tag goes soon."""
    return [
        *(keep_newest(_MOVING_IMAGES, pattern) for pattern in moving_tags),
        *(keep_newest(count, f"{environment}-*") for environment, count in newest.items()),
        drop_untagged(_UNTAGGED_DAYS),
    ]


def keep_newest(count: int, tag: str) -> dict[str, Any]:
    """Of the images with a tag like this pattern, only the newest."""
    selection = {"tagStatus": "tagged", "tagPatternList": [tag]}
    return _expire(f"Only the newest {count} of {tag}", selection, count, countType="imageCountMoreThan")


def drop_untagged(days: int) -> dict[str, Any]:
    """Images whose tags went to newer ones, after these days."""
    counted = {"countType": "sinceImagePushed", "countUnit": "days"}
    return _expire(f"No image without tags for longer than {days} d", {"tagStatus": "untagged"}, days, **counted)


def make_repository(what: str, context: StackContext, settings: RepositorySettings) -> aws.ecr.Repository:
    """A repository with its lifecycle, named by the stack. Its encryption can't be changed later."""
    repository = aws.ecr.Repository(
        what,
        name=context.name(REPOSITORY, what),
        image_scanning_configuration={"scan_on_push": settings.scan_on_push},
        encryption_configurations=[{"encryption_type": "KMS", "kms_key": settings.key_arn}],
        force_delete=settings.force_delete,
        **_tag_rules(settings),
    )
    rules = [{"rulePriority": priority, **rule} for priority, rule in enumerate(settings.lifecycle, 1)]
    aws.ecr.LifecyclePolicy(what, repository=repository.name, policy=json.dumps({"rules": rules}))
    if settings.pull_accounts:
        _let_pull(what, repository, settings.pull_accounts)
    return repository


def _tag_rules(settings: RepositorySettings) -> dict[str, Any]:
    if settings.tag_mutability == "MUTABLE" or not settings.moving_tags:
        return {"image_tag_mutability": settings.tag_mutability}
    filters = [{"filter": pattern, "filter_type": "WILDCARD"} for pattern in settings.moving_tags]
    return {
        "image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION",
        "image_tag_mutability_exclusion_filters": filters,
    }


def _let_pull(what: str, repository: aws.ecr.Repository, accounts: Sequence[str]) -> None:
    partition = aws.get_partition_output().partition
    roots = [pulumi.Output.concat("arn:", partition, ":iam::", account, ":root") for account in accounts]
    statement = allow(PULL, None, principal={"AWS": roots}, sid="Pull")
    aws.ecr.RepositoryPolicy(what, repository=repository.name, policy=document(statement))


def _expire(description: str, selection: dict[str, Any], count: int, **counted: str) -> dict[str, Any]:
    return {
        "description": description,
        "selection": {**selection, **counted, "countNumber": count},
        "action": {"type": "expire"},
    }
