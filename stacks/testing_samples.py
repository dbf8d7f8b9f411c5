"""A sample of each AWS service as boto3 sees it: whether what is there carries the deployment's tags, and is encrypted.

A look lists the objects of one kind in an account, each with its tags and whether AWS says that it is encrypted; None
where that is no question of the kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from stacks.testing_deployments import Account


@dataclass(frozen=True)
class Sample:
    """One object in AWS."""

    name: str
    tags: Mapping[str, str]
    encrypted: bool | None = None


Look = Callable[[Account], Iterator[Sample]]


def samples(account: Account) -> dict[str, list[Sample]]:
    """What there is, by kind; kinds that the account has nothing of are left out."""
    found = {kind: list(look(account)) for kind, look in LOOKS.items()}
    return {kind: objects for kind, objects in found.items() if objects}


def _tags(pairs: Iterable[Mapping[str, str]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    return {pair[key]: pair[value] for pair in pairs or ()}


def _networks(account: Account) -> Iterator[Sample]:
    for vpc in account.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]:
        yield Sample(vpc["VpcId"], _tags(vpc.get("Tags")))


def _launch_templates(account: Account) -> Iterator[Sample]:
    ec2 = account.client("ec2")
    for template in ec2.describe_launch_templates()["LaunchTemplates"]:
        asked = {"LaunchTemplateId": template["LaunchTemplateId"], "Versions": ["$Latest"]}
        (version,) = ec2.describe_launch_template_versions(**asked)["LaunchTemplateVersions"]
        volumes = version["LaunchTemplateData"].get("BlockDeviceMappings", [])
        encrypted = all(volume["Ebs"].get("Encrypted") for volume in volumes)
        yield Sample(template["LaunchTemplateName"], _tags(template.get("Tags")), encrypted)


def _buckets(account: Account) -> Iterator[Sample]:
    s3 = account.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        yield Sample(name, _tags(s3.get_bucket_tagging(Bucket=name)["TagSet"]), bool(rules))


def _databases(account: Account) -> Iterator[Sample]:
    for database in account.client("rds").describe_db_instances()["DBInstances"]:
        yield Sample(database["DBInstanceIdentifier"], _tags(database["TagList"]), database["StorageEncrypted"])


def _file_systems(account: Account) -> Iterator[Sample]:
    for system in account.client("efs").describe_file_systems()["FileSystems"]:
        yield Sample(system["FileSystemId"], _tags(system["Tags"]), system["Encrypted"])


def _queues(account: Account) -> Iterator[Sample]:
    sqs = account.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        encrypted = bool(attributes.get("KmsMasterKeyId")) or attributes.get("SqsManagedSseEnabled") == "true"
        yield Sample(url, sqs.list_queue_tags(QueueUrl=url).get("Tags", {}), encrypted)


def _topics(account: Account) -> Iterator[Sample]:
    sns = account.client("sns")
    for topic in sns.list_topics()["Topics"]:
        arn = topic["TopicArn"]
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        tags = _tags(sns.list_tags_for_resource(ResourceArn=arn)["Tags"])
        yield Sample(arn, tags, bool(attributes.get("KmsMasterKeyId")))


def _secrets(account: Account) -> Iterator[Sample]:
    for secret in account.client("secretsmanager").list_secrets()["SecretList"]:
        if "OwningService" not in secret and not secret["Name"].startswith("rds!"):
            yield Sample(secret["Name"], _tags(secret.get("Tags")), bool(secret.get("KmsKeyId")))


def _keys(account: Account) -> Iterator[Sample]:
    kms = account.client("kms")
    for key in kms.list_keys()["Keys"]:
        described = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if described["KeyManager"] == "CUSTOMER" and described["Enabled"]:
            tags = _tags(kms.list_resource_tags(KeyId=key["KeyId"])["Tags"], "TagKey", "TagValue")
            yield Sample(key["KeyId"], tags)


def _repositories(account: Account) -> Iterator[Sample]:
    ecr = account.client("ecr")
    for one in ecr.describe_repositories()["repositories"]:
        tags = _tags(ecr.list_tags_for_resource(resourceArn=one["repositoryArn"])["tags"])
        yield Sample(one["repositoryName"], tags, bool(one.get("encryptionConfiguration")))


def _functions(account: Account) -> Iterator[Sample]:
    functions = account.client("lambda")
    for one in functions.list_functions()["Functions"]:
        yield Sample(one["FunctionName"], functions.list_tags(Resource=one["FunctionArn"])["Tags"])


def _kubernetes(account: Account) -> Iterator[Sample]:
    eks = account.client("eks")
    for name in eks.list_clusters()["clusters"]:
        cluster = eks.describe_cluster(name=name)["cluster"]
        yield Sample(name, cluster.get("tags", {}), bool(cluster.get("encryptionConfig")))


def _container_clusters(account: Account) -> Iterator[Sample]:
    ecs = account.client("ecs")
    arns = ecs.list_clusters()["clusterArns"]
    for cluster in ecs.describe_clusters(clusters=arns, include=["TAGS"])["clusters"] if arns else ():
        yield Sample(cluster["clusterName"], _tags(cluster.get("tags"), "key", "value"))


def _load_balancers(account: Account) -> Iterator[Sample]:
    elb = account.client("elbv2")
    for one in elb.describe_load_balancers()["LoadBalancers"]:
        (described,) = elb.describe_tags(ResourceArns=[one["LoadBalancerArn"]])["TagDescriptions"]
        yield Sample(one["LoadBalancerName"], _tags(described["Tags"]))


def _user_pools(account: Account) -> Iterator[Sample]:
    cognito = account.client("cognito-idp")
    for one in cognito.list_user_pools(MaxResults=60)["UserPools"]:
        pool = cognito.describe_user_pool(UserPoolId=one["Id"])["UserPool"]
        yield Sample(one["Name"], pool.get("UserPoolTags", {}))


def _apis(account: Account) -> Iterator[Sample]:
    for one in account.client("apigatewayv2").get_apis()["Items"]:
        yield Sample(one["Name"], one.get("Tags", {}))


def _roles(account: Account) -> Iterator[Sample]:
    iam = account.client("iam")
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            # The platform's own role was there before.
            if not role["Path"].startswith("/aws-service-role/") and not account.role.endswith(role["RoleName"]):
                yield Sample(role["RoleName"], _tags(iam.list_role_tags(RoleName=role["RoleName"])["Tags"]))


def _log_groups(account: Account) -> Iterator[Sample]:
    logs = account.client("logs")
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            yield Sample(group["logGroupName"], logs.list_tags_log_group(logGroupName=group["logGroupName"])["tags"])


LOOKS: Final[Mapping[str, Look]] = {
    "VPC": _networks,
    "launch template": _launch_templates,
    "bucket": _buckets,
    "database": _databases,
    "file system": _file_systems,
    "queue": _queues,
    "topic": _topics,
    "secret": _secrets,
    "key": _keys,
    "repository": _repositories,
    "function": _functions,
    "Kubernetes cluster": _kubernetes,
    "container cluster": _container_clusters,
    "load balancer": _load_balancers,
    "user pool": _user_pools,
    "HTTP API": _apis,
    "role": _roles,
    "log group": _log_groups,
}
