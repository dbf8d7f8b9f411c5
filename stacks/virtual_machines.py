"""What launch templates of virtual machines have in common."""

from __future__ import annotations

import re
from typing import Annotated, Final

import pulumi
import pulumi_aws as aws
from pydantic import Field

InstanceType = Annotated[str, Field(pattern=r"^[a-z]+-?[0-9][a-z0-9-]*\.[a-z0-9-]+$")]

# A family's letters, its generation, and what is special about it: `m7gd` is `m`, `7`, `gd`.
_FAMILY: Final = re.compile(r"[a-z]+-?[0-9]+([a-z-]*)")
_ROOT_DEVICE: Final = "/dev/xvda"


def architecture(instance_type: str) -> str:
    """`arm64` for AWS's own processors, which have a `g` behind the generation; the oldest of them is `a1`."""
    family = instance_type.partition(".")[0]
    found = _FAMILY.match(family)
    special = found.group(1) if found else ""
    return "arm64" if "g" in special or family == "a1" else "x86_64"


def metadata_by_token(hops: int = 1) -> aws.ec2.LaunchTemplateMetadataOptionsArgs:
    """Metadata only with a token, so that a request forged inside the application gets no credentials. With two
    `hops` containers on the machine reach it as well."""
    return aws.ec2.LaunchTemplateMetadataOptionsArgs(
        http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=hops
    )


def root_volume(gigabytes: int, key_arn: pulumi.Input[str]) -> aws.ec2.LaunchTemplateBlockDeviceMappingArgs:
    """Encrypted. Auto Scaling may use the application key through EC2: the key's own policy says so."""
    return aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
        device_name=_ROOT_DEVICE,
        ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            volume_size=gigabytes,
            volume_type="gp3",
            encrypted="true",
            kms_key_id=key_arn,
            delete_on_termination="true",
        ),
    )


def tags_of_machines(
    tags: pulumi.Output[dict[str, str]], name: dict[str, str]
) -> list[aws.ec2.LaunchTemplateTagSpecificationArgs]:
    """The deployment's tags on what starts: the provider's tags reach the template only."""
    given = tags.apply(lambda deployment: {**deployment, **name})
    return [
        aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=given) for kind in ("instance", "volume")
    ]
