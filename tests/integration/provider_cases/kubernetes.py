"""EKS: a cluster with its nodes, add-ons and people; and IAM's trust in the tokens that it issues."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from sandbox.provider.gaps import WHOLE
from sandbox.provider.services.eks_access import ASSOCIATION, ENTRY
from sandbox.provider.services.eks_addon import ADDON
from sandbox.provider.services.eks_cluster import CLUSTER
from sandbox.provider.services.eks_node_group import NODE_GROUP
from sandbox.provider.services.iam_oidc_provider import OIDC_PROVIDER
from sandbox.provider.testing import Case, Clients, lacks
from sandbox.provider.testing.cases import REGION

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/kubernetes"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
DESCRIPTION = {False: "first", True: "second"}


def cluster(name: str, subnets: list[Any], later: bool) -> Any:
    return aws.eks.Cluster(
        name,
        name=name,
        role_arn=ROLE,
        version="1.35" if later else "1.34",
        vpc_config={
            "subnet_ids": [one.id for one in subnets],
            "endpoint_private_access": True,
            "endpoint_public_access": later,
            **({"public_access_cidrs": ["192.0.2.0/24"]} if later else {}),
        },
        encryption_config={"provider": {"key_arn": KEY}, "resources": ["secrets"]},
        enabled_cluster_log_types=["audit"] if later else ["api", "audit"],
        access_config={
            "authentication_mode": "API" if later else "API_AND_CONFIG_MAP",
            "bootstrap_cluster_creator_admin_permissions": False,
        },
        upgrade_policy={"support_type": "STANDARD" if later else "EXTENDED"},
        zonal_shift_config={"enabled": later},
        kubernetes_network_config={"service_ipv4_cidr": "172.20.0.0/16"},
        bootstrap_self_managed_addons=False,
        tags={"Team": DESCRIPTION[later]},
    )


def nodes(home: Any, subnets: list[Any], later: bool) -> Any:
    template = aws.ec2.LaunchTemplate(
        "nodes",
        name="nodes",
        metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1 + later},
    )
    return aws.eks.NodeGroup(
        "nodes",
        cluster_name=home.name,
        node_group_name_prefix="shop-",
        node_role_arn=ROLE,
        subnet_ids=[one.id for one in subnets],
        scaling_config={"min_size": 1, "max_size": 3 + later, "desired_size": 1 + later},
        ami_type="AL2023_x86_64_STANDARD",
        capacity_type="SPOT",
        instance_types=["t3.medium", "t3.large"],
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        labels={"tier": DESCRIPTION[later], **({} if later else {"old": "yes"})},
        taints=[{"key": "spot", "value": DESCRIPTION[later], "effect": "NO_SCHEDULE"}],
        update_config={"max_unavailable_percentage": 50 if later else 33},
        node_repair_config={"enabled": later},
        version=home.version,
        tags={"Team": DESCRIPTION[later]},
    )


def kubernetes(later: bool) -> None:
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
    subnets = [aws.ec2.Subnet(f"subnet-{index}", vpc_id=vpc.id, cidr_block=f"10.0.{index}.0/24") for index in range(2)]
    home = cluster("shop", subnets, later)
    group = nodes(home, subnets, later)
    for name in ("vpc-cni", "coredns"):
        aws.eks.Addon(
            name,
            cluster_name=home.name,
            addon_name=name,
            addon_version="v1.21.1-eksbuild.1" if later else None,
            configuration_values=f'{{"replicaCount": {2 + later}}}',
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="PRESERVE" if later else "OVERWRITE",
            service_account_role_arn=ROLE,
            tags={"Team": DESCRIPTION[later]},
            opts=pulumi.ResourceOptions(depends_on=[group]),
        )
    person = aws.eks.AccessEntry(
        "person",
        cluster_name=home.name,
        principal_arn=f"arn:aws:iam::{ACCOUNT}:role/person",
        kubernetes_groups=[DESCRIPTION[later]],
        user_name="person",
        tags={"Team": DESCRIPTION[later]},
    )
    aws.eks.AccessPolicyAssociation(
        "person",
        cluster_name=home.name,
        principal_arn=person.principal_arn,
        policy_arn=ADMIN,
        access_scope={"type": "namespace", "namespaces": ["shop"]},
    )
    # The second cluster's issuer is another one, or IAM would know it already.
    for one in (home, cluster("other", subnets, later)):
        aws.iam.OpenIdConnectProvider(
            str(one._name),
            url=one.identities.apply(lambda found: found[0].oidcs[0].issuer),
            client_id_lists=["sts.amazonaws.com", DESCRIPTION[later]],
            thumbprint_lists=["a" * 40] if later else None,
            tags={"Team": DESCRIPTION[later]},
        )


def left(clients: Clients) -> dict[str, Any]:
    return {
        "clusters": clients.eks.list_clusters()["clusters"],
        "groups": [one["GroupName"] for one in clients.ec2.describe_security_groups()["SecurityGroups"]],
        "templates": clients.ec2.describe_launch_templates()["LaunchTemplates"],
        "issuers": clients.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"],
    }


def made(server: Clients) -> dict[str, Any]:
    """A cluster as the server tells it, made with everything that it might lose."""
    server.eks.create_cluster(
        name="probe",
        roleArn=ROLE,
        resourcesVpcConfig={"subnetIds": ["subnet-1"]},
        accessConfig={"authenticationMode": "API"},
        upgradePolicy={"supportType": "STANDARD"},
        zonalShiftConfig={"enabled": True},
        deletionProtection=True,
    )
    found = server.eks.describe_cluster(name="probe")["cluster"]
    server.eks.delete_cluster(name="probe")
    return dict(found)


def nodes_made(server: Clients) -> dict[str, Any]:
    server.eks.create_cluster(name="probe", roleArn=ROLE, resourcesVpcConfig={"subnetIds": ["subnet-1"]})
    asked = {"clusterName": "probe", "nodegroupName": "probe"}
    settings = {"updateConfig": {"maxUnavailable": 2}, "nodeRepairConfig": {"enabled": True}}
    found = server.eks.create_nodegroup(**asked, nodeRole=ROLE, subnets=["subnet-1"], **settings)["nodegroup"]
    found["tagging"] = forgets_tags(server, found["nodegroupArn"])
    server.eks.delete_nodegroup(**asked)
    server.eks.delete_cluster(name="probe")
    return dict(found)


def forgets_tags(server: Clients, arn: str) -> bool:
    try:
        server.eks.tag_resource(resourceArn=arn, tags={"Team": "first"})
    except server.eks.exceptions.ClientError as error:
        return bool(error.response["Error"]["Code"] == "ResourceNotFoundException")
    return False


def lacks_eks(operation: str, **asked: Any) -> Any:
    return lambda server: lacks(lambda: getattr(server.eks, operation)(**asked))


def lacks_client_ids(server: Clients) -> bool:
    asked = {"OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/any", "ClientID": "any"}
    return lacks(lambda: server.iam.add_client_id_to_open_id_connect_provider(**asked))


UPGRADE = lacks_eks("update_nodegroup_version", clusterName="any", nodegroupName="any")

CASE = Case(
    modules=("eks_cluster", "eks_node_group", "eks_addon", "eks_access", "iam_oidc_provider"),
    program=kubernetes,
    left=left,
    constant=frozenset({ASSOCIATION.token}),
    untold=frozenset({"bootstrapSelfManagedAddons", "forceUpdateVersion", "nodeGroupNamePrefix"}),
    probes={
        (CLUSTER.token, "version"): lacks_eks("update_cluster_version", name="any", version="1.35"),
        (CLUSTER.token, "vpcConfig"): lambda server: (
            not {"vpcId", "clusterSecurityGroupId"} & set(made(server)["resourcesVpcConfig"])
        ),
        (CLUSTER.token, "encryptionConfig"): lacks_eks(
            "associate_encryption_config", clusterName="any", encryptionConfig=[]
        ),
        **{
            (CLUSTER.token, name): lambda server, name=name: name not in made(server)
            for name in ("accessConfig", "upgradePolicy", "zonalShiftConfig", "deletionProtection")
        },
        **{(NODE_GROUP.token, name): UPGRADE for name in ("version", "releaseVersion", "launchTemplate")},
        **{
            (NODE_GROUP.token, name): lambda server, name=name: name not in nodes_made(server)
            for name in ("updateConfig", "nodeRepairConfig")
        },
        (NODE_GROUP.token, "tags"): lambda server: nodes_made(server)["tagging"],
        (ADDON.token, WHOLE): lacks_eks("create_addon", clusterName="any", addonName="vpc-cni"),
        (ENTRY.token, WHOLE): lacks_eks("create_access_entry", clusterName="any", principalArn=ROLE),
        (ASSOCIATION.token, WHOLE): lacks_eks(
            "associate_access_policy",
            clusterName="any",
            principalArn=ROLE,
            policyArn=ADMIN,
            accessScope={"type": "cluster"},
        ),
        (OIDC_PROVIDER.token, "clientIdLists"): lacks_client_ids,
    },
)
