"""Which resources can be found again when nobody wrote down that they were made: by type, from their inputs.

A run that dies while AWS makes a resource leaves a creation without an end in the state. Where AWS knows the resource
by a name of ours, and tells its tags, it can be looked up. Where making it again overwrites it, it needs not be. Of
any other type only a person can say whether it is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_IDS: Final = {
    "aws:apigatewayv2/domainName:DomainName": "{domainName}",
    "aws:backup/vault:Vault": "{name}",
    "aws:cloudwatch/eventRule:EventRule": "{name}",
    "aws:cloudwatch/logGroup:LogGroup": "{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "{name}",
    "aws:dynamodb/table:Table": "{name}",
    "aws:ec2/keyPair:KeyPair": "{keyName}",
    "aws:ecr/repository:Repository": "{name}",
    "aws:eks/cluster:Cluster": "{name}",
    "aws:eks/nodeGroup:NodeGroup": "{clusterName}:{nodeGroupName}",
    "aws:iam/instanceProfile:InstanceProfile": "{name}",
    "aws:iam/role:Role": "{name}",
    "aws:lambda/function:Function": "{name}",
    "aws:rds/parameterGroup:ParameterGroup": "{name}",
    "aws:rds/subnetGroup:SubnetGroup": "{name}",
    "aws:s3/bucket:Bucket": "{bucket}",
}
"""Types that AWS knows by a name, and that have tags which tell whose they are."""

_OVERWRITTEN: Final = frozenset(
    {
        "aws:cloudwatch/dashboard:Dashboard",
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        "aws:efs/backupPolicy:BackupPolicy",
        "aws:efs/fileSystemPolicy:FileSystemPolicy",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketNotification:BucketNotification",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:secretsmanager/secretVersion:SecretVersion",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sqs/queuePolicy:QueuePolicy",
    }
)
"""Settings of another resource of the stack: making one again replaces what is there, and leaves nothing over."""


def identity_of(kind: str, inputs: Mapping[str, Any]) -> str | None:
    """The id under which AWS has such a resource once it is made; None when that can't be told beforehand."""
    template = _IDS.get(kind)
    if template is None:
        return None
    try:
        return template.format_map(inputs) or None
    except KeyError:
        return None


def is_overwritten(kind: str) -> bool:
    """Whether making such a resource again leaves no second one."""
    return kind in _OVERWRITTEN
