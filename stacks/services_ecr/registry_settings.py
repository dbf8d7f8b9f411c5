"""Settings of the account's registry in the region. Their filters name this deployment's repositories only."""

from __future__ import annotations

import pulumi_aws as aws

from stacks.context import StackContext
from stacks.repositories import repository_prefix
from stacks.services_ecr.contract import Inputs


def scan_registry(inputs: Inputs, context: StackContext) -> None:
    """Basic scans are ECR's own, enhanced ones Inspector's, which also looks again when new flaws become known."""
    pattern = f"{repository_prefix(context)}*"
    aws.ecr.RegistryScanningConfiguration(
        "registry",
        scan_type="ENHANCED" if inputs.enable_enhanced_scanning else "BASIC",
        rules=[
            {
                "scan_frequency": "CONTINUOUS_SCAN" if inputs.continuous_scanning else "SCAN_ON_PUSH",
                "repository_filters": [{"filter": pattern, "filter_type": "WILDCARD"}],
            }
        ],
    )


def replicate(context: StackContext, regions: list[str]) -> None:
    """Copies of every image in these regions. A prefix is taken literally: an asterisk would match nothing."""
    aws.ecr.ReplicationConfiguration(
        "registry",
        replication_configuration={
            "rules": [
                {
                    "destinations": [{"region": region, "registry_id": context.account} for region in regions],
                    "repository_filters": [{"filter": repository_prefix(context), "filter_type": "PREFIX_MATCH"}],
                }
            ]
        },
    )
