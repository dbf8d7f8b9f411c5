"""Stacks on an engine, wired as their templates say, and the AWS account that they make things in: for tests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import boto3
from ruamel.yaml import YAML

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN, SecretValue, Value
from cloud_core.ports.engine import StackTarget
from stacks.registry import StackRegistry

REGION: Final = "eu-central-1"
DOMAIN: Final = "shop.example.com"
TEMPLATES: Final = Path(__file__).parents[1] / "templates" / "config"
_REFERENCE: Final = re.compile(r"\$\{([a-z0-9-]+)\.(\w+)\}")


class Engine(Protocol):
    """What a deployment asks of an engine: a stack of the automation API for a program, and the text of its state."""

    def stack(self, program: Callable[[], Any], name: str, config: Mapping[str, str]) -> Any: ...

    def state_text(self) -> str: ...


class Account:
    """One AWS account of the server, seen with boto3."""

    def __init__(self, endpoint: str, number: str) -> None:
        self.number = number
        self.role = f"arn:aws:iam::{number}:role/cloud-deployer"
        self._access = {"endpoint_url": endpoint, "aws_access_key_id": "test", "aws_secret_access_key": "test"}
        keys = self.client("sts").assume_role(RoleArn=self.role, RoleSessionName="test")["Credentials"]
        self._access |= {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }

    def client(self, service: str, region: str = REGION) -> Any:
        session: Any = boto3
        return session.client(service, region_name=region, **self._access)

    def left_over(self) -> dict[str, list[str]]:
        """Names or ids of everything that our stacks make and that still is there, by kind."""
        found = {kind: list(look(self)) for kind, look in _LOOKS.items()}
        return {kind: ids for kind, ids in found.items() if ids}


class Deployment:
    """A deployment's stacks in one environment and one account, as an operation would run them.

    `outputs` holds what each deployed stack gave. A test puts plausible values of stacks that it doesn't deploy there.
    """

    def __init__(
        self, engine: Engine, account: Account, environment: EnvironmentName = EnvironmentName.DEV, **given: Any
    ) -> None:
        self.account = account
        self.engine = engine
        self.outputs: dict[str, dict[str, Value]] = dict(given)
        self._environment = environment

    def stack(self, name: str, **inputs: Any) -> Any:
        target = StackTarget("D1BRV40", name, self._environment, "CompanyA", "Web Shop", REGION, self.account.number)
        program = StackRegistry().load_python(name, {**self._wired(name), **inputs}, target)
        config = {
            "aws:region": REGION,
            "aws:assumeRoles": json.dumps([{"roleArn": self.account.role}]),
            "aws:defaultTags": json.dumps({"tags": {"Project": "Web Shop", "Stack": name}}),
        }
        return self.engine.stack(program, f"D1BRV40-{name}-{self._environment}", config)

    def up(self, name: str, **inputs: Any) -> dict[str, int]:
        """What changed, by action."""
        result = self.stack(name, **inputs).up()
        self.outputs[name] = {
            key: SecretValue(output.value) if output.secret else output.value for key, output in result.outputs.items()
        }
        return {str(action): count for action, count in (result.summary.resource_changes or {}).items()}

    def _wired(self, name: str) -> dict[str, Value]:
        """The inputs that the template reads elsewhere; unknown where the other stack is not deployed."""
        template = YAML(typ="safe", pure=True).load((TEMPLATES / f"{name}.yaml").read_text("utf-8"))
        wired: dict[str, Value] = {}
        for field, spec in template["parameters"]["inputs"].items():
            if found := _REFERENCE.fullmatch(str(spec.get("default"))):
                source, output = found.groups()
                known = DOMAIN if source == "deployment" else self.outputs.get(source, {}).get(output, UNKNOWN)
                wired[field] = known
        return wired


def security_keys(account: str) -> dict[str, str]:
    """Made-up outputs of the security stack, for stacks that only name its keys."""
    arn = f"arn:aws:kms:{REGION}:{account}:key/"
    names = ("applicationKeyArn", "infrastructureKeyArn", "databaseKeyArn")
    return {name: f"{arn}{4 * str(number)}" for number, name in enumerate(names, 1)}


def put_on_ground(deployment: Deployment) -> None:
    """Outputs of the network and security stacks without deploying them: subnets of the account's own VPC, groups in
    it, and roles and keys that are only named."""
    account = deployment.account
    ec2 = account.client("ec2")
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    groups = {
        f"{what}SgId": ec2.create_security_group(GroupName=what, Description=what, VpcId=vpc)["GroupId"]
        for what in ("loadBalancer", "webApplication", "apiApplication", "ecs", "eks")
    }
    role = f"arn:aws:iam::{account.number}:role/"
    names = ("ecsExecution", "ecsTask", "eksCluster", "eksNodeGroup")
    roles = {f"{name}RoleArn": f"{role}{name}" for name in names}
    network: dict[str, Value] = {"vpcId": vpc, "privateSubnetIds": subnets[:2], "publicSubnetIds": subnets[1:]}
    deployment.outputs |= {"network": network, "security": {**security_keys(account.number), **groups, **roles}}


def put_domain_on_ground(deployment: Deployment) -> None:
    """Outputs of the dns stack without deploying it: a zone, and a certificate that nobody proves."""
    zone = deployment.account.client("route53").create_hosted_zone(Name=DOMAIN, CallerReference="test")
    certificate = deployment.account.client("acm").request_certificate(DomainName=f"*.{DOMAIN}")
    deployment.outputs["dns"] = {
        "hostedZoneId": zone["HostedZone"]["Id"].rpartition("/")[2],
        "domainName": DOMAIN,
        "wildcardCertificateArn": certificate["CertificateArn"],
    }


def take_domain_away(deployment: Deployment) -> None:
    dns = deployment.outputs["dns"]
    deployment.account.client("route53").delete_hosted_zone(Id=dns["hostedZoneId"])
    deployment.account.client("acm").delete_certificate(CertificateArn=dns["wildcardCertificateArn"])


def aliases(deployment: Deployment) -> dict[str, Any]:
    """What the names in the domain's zone answer with, by name."""
    zone = deployment.outputs["dns"]["hostedZoneId"]
    found = deployment.account.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return {one["Name"].rstrip("."): one["AliasTarget"] for one in found if "AliasTarget" in one}


def _keys(account: Account) -> list[str]:
    kms = account.client("kms")
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    return [key["KeyId"] for key in keys if key["KeyState"] == "Enabled"]


def _vpcs(account: Account) -> list[str]:
    return [vpc["VpcId"] for vpc in account.client("ec2").describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]


def _in_vpcs(account: Account, operation: str, kind: str, name: str) -> list[str]:
    mine = [{"Name": "vpc-id", "Values": _vpcs(account) or ["none"]}]
    return [item[name] for item in getattr(account.client("ec2"), operation)(Filters=mine)[kind]]


def _clusters(account: Account) -> list[str]:
    """A deleted cluster stays to be seen, as inactive."""
    ecs = account.client("ecs")
    found = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
    return [one["clusterName"] for one in found if one["status"] == "ACTIVE"]


def _machines(account: Account) -> list[str]:
    """A machine that is gone stays to be seen for a while."""
    found = account.client("ec2").describe_instances()["Reservations"]
    instances = [one for reservation in found for one in reservation["Instances"]]
    return [one["InstanceId"] for one in instances if one["State"]["Name"] != "terminated"]


def _listed(service: str, operation: str, kind: str, name: str, mine: str = "", **asked: Any) -> Any:
    """Looks by one call; only names with `mine` in them where AWS has some of its own."""

    def look(account: Account) -> list[str]:
        items = getattr(account.client(service), operation)(**asked)[kind]
        return [found for item in items if mine in (found := item[name] if name else item)]

    return look


_LOOKS: Final[Mapping[str, Callable[[Account], list[str]]]] = {
    "vpcs": _vpcs,
    "subnets": lambda account: _in_vpcs(account, "describe_subnets", "Subnets", "SubnetId"),
    "groups": lambda account: _in_vpcs(account, "describe_security_groups", "SecurityGroups", "GroupId"),
    "addresses": _listed("ec2", "describe_addresses", "Addresses", "AllocationId"),
    "flow_logs": _listed("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    "endpoints": lambda account: [
        item["VpcEndpointId"]
        for item in account.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
        if item["State"] != "deleted"
    ],
    "roles": _listed("iam", "list_roles", "Roles", "RoleName", "shop"),
    "policies": _listed("iam", "list_policies", "Policies", "Arn", Scope="Local"),
    "keys": _keys,
    "aliases": _listed("kms", "list_aliases", "Aliases", "AliasName", "shop"),
    "secrets": _listed("secretsmanager", "list_secrets", "SecretList", "Name"),
    "log_groups": _listed("logs", "describe_log_groups", "logGroups", "arn"),
    "zones": _listed("route53", "list_hosted_zones", "HostedZones", "Id"),
    "health_checks": _listed("route53", "list_health_checks", "HealthChecks", "Id"),
    "certificates": _listed("acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
    "topics": _listed("sns", "list_topics", "Topics", "TopicArn"),
    "subscriptions": _listed("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    "rules": _listed("events", "list_rules", "Rules", "Name"),
    "repositories": _listed("ecr", "describe_repositories", "repositories", "repositoryName"),
    "projects": _listed("codebuild", "list_projects", "projects", ""),
    "alarms": _listed("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "databases": _listed("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    "database_groups": _listed("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    "parameter_groups": _listed(
        "rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName", "shop"
    ),
    "balancers": _listed("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
    "target_groups": _listed("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName"),
    "clusters": _clusters,
    "kubernetes_clusters": _listed("eks", "list_clusters", "clusters", ""),
    "issuers": _listed("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
    "task_definitions": _listed("ecs", "list_task_definitions", "taskDefinitionArns", ""),
    "scaling": _listed(
        "application-autoscaling", "describe_scalable_targets", "ScalableTargets", "ResourceId", ServiceNamespace="ecs"
    ),
    "namespaces": _listed("servicediscovery", "list_namespaces", "Namespaces", "Name"),
    "discovery": _listed("servicediscovery", "list_services", "Services", "Name"),
    "functions": _listed("lambda", "list_functions", "Functions", "FunctionName"),
    "mappings": _listed("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    "queues": lambda account: account.client("sqs").list_queues().get("QueueUrls", []),
    "state_machines": _listed("stepfunctions", "list_state_machines", "stateMachines", "name"),
    "dashboards": _listed("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "machines": _machines,
    "volumes": _listed("ec2", "describe_volumes", "Volumes", "VolumeId"),
    "launch_templates": _listed("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateName"),
    "key_pairs": _listed("ec2", "describe_key_pairs", "KeyPairs", "KeyName"),
    "machine_groups": _listed(
        "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"
    ),
    "profiles": _listed("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    "buckets": _listed("s3", "list_buckets", "Buckets", "Name"),
    "file_systems": _listed("efs", "describe_file_systems", "FileSystems", "FileSystemId"),
    "user_pools": _listed("cognito-idp", "list_user_pools", "UserPools", "Id", MaxResults=60),
    "identity_pools": _listed(
        "cognito-identity", "list_identity_pools", "IdentityPools", "IdentityPoolName", MaxResults=60
    ),
    "http_apis": _listed("apigatewayv2", "get_apis", "Items", "ApiId"),
    "vpc_links": _listed("apigatewayv2", "get_vpc_links", "Items", "VpcLinkId"),
    "api_names": _listed("apigatewayv2", "get_domain_names", "Items", "DomainName"),
    "vaults": _listed("backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName"),
}
