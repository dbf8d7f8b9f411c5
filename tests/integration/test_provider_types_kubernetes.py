"""Kubernetes clusters: drift, new nodes in place of old ones, protection, refusals. Their whole life is in
`provider_cases/kubernetes.py`."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import automation

from sandbox.provider.testing import Clients, changes

# The SDK warns about two names of its own whenever it is imported, and leaves its event loops to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

ROLE = "arn:aws:iam::123456789012:role/kubernetes"


def cluster(instance_type: str = "t3.medium", protected: bool = False) -> None:
    """A cluster with one group of nodes, an add-on and an administrator."""
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
    subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24")
    home = aws.eks.Cluster(
        "shop",
        name="shop",
        role_arn=ROLE,
        vpc_config={"subnet_ids": [subnet.id], "endpoint_public_access": False},
        deletion_protection=protected,
    )
    aws.eks.NodeGroup(
        "nodes",
        cluster_name=home.name,
        node_group_name_prefix="shop-",
        node_role_arn=ROLE,
        subnet_ids=[subnet.id],
        scaling_config={"min_size": 1, "max_size": 3, "desired_size": 1},
        instance_types=[instance_type],
    )
    aws.eks.Addon("dns", cluster_name=home.name, addon_name="coredns")
    person = aws.eks.AccessEntry("person", cluster_name=home.name, principal_arn=ROLE)
    aws.eks.AccessPolicyAssociation(
        "person",
        cluster_name=home.name,
        principal_arn=person.principal_arn,
        policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy",
        access_scope={"type": "cluster"},
    )
    newest = aws.eks.get_addon_version_output(
        addon_name="kube-proxy", kubernetes_version=home.version, most_recent=True
    )
    pulumi.export("kubeProxy", newest.version)
    pulumi.export("group", home.vpc_config.cluster_security_group_id)


def node_groups(clients: Clients) -> list[Any]:
    names = clients.eks.list_nodegroups(clusterName="shop")["nodegroups"]
    return [clients.eks.describe_nodegroup(clusterName="shop", nodegroupName=name)["nodegroup"] for name in names]


def test_drift_is_found_and_what_aws_can_not_change_is_made_anew(deploy: Any, clients: Clients) -> None:
    stack = deploy(cluster)
    made = stack.up()
    (old,) = node_groups(clients)
    (group,) = clients.ec2.describe_security_groups(GroupIds=[made.outputs["group"].value])["SecurityGroups"]
    assert group["GroupName"] == "eks-cluster-sg-shop"
    assert made.outputs["kubeProxy"].value.endswith(".0-eksbuild.2")

    clients.eks.update_cluster_config(name="shop", resourcesVpcConfig={"endpointPublicAccess": True})
    clients.eks.update_nodegroup_config(
        clusterName="shop", nodegroupName=old["nodegroupName"], scalingConfig={"maxSize": 9}
    )
    assert changes(stack.refresh()) == {"update": 2}
    assert changes(stack.up()) == {"update": 2}
    network = clients.eks.describe_cluster(name="shop")["cluster"]["resourcesVpcConfig"]
    assert (network["endpointPublicAccess"], len(network["subnetIds"])) == (False, 1)

    # The new nodes have a name of their own, so that they are there before the old ones go.
    assert changes(deploy(lambda: cluster("t3.large")).up()) == {"replace": 1}
    (new,) = node_groups(clients)
    assert (new["instanceTypes"], new["nodegroupName"] != old["nodegroupName"]) == (["t3.large"], True)

    # A cluster that somebody deleted takes everything with it.
    clients.eks.delete_nodegroup(clusterName="shop", nodegroupName=new["nodegroupName"])
    clients.eks.delete_cluster(name="shop")
    assert changes(stack.refresh()) == {"delete": 5}


def test_a_protected_cluster_stays(deploy: Any, clients: Clients) -> None:
    protected = deploy(lambda: cluster(protected=True))
    protected.up()
    with pytest.raises(automation.CommandError, match="InvalidRequestException: deletion protection of cluster shop"):
        protected.destroy()
    assert clients.eks.list_clusters()["clusters"] == ["shop"]
    deploy(cluster).up()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"addon_name": "cordns"}, "InvalidParameterException: Addon cordns is not supported; the sandbox has aws-ebs"),
        ({"addon_name": "coredns", "addon_version": "1.13"}, "Addon version specified is not supported: 1.13"),
    ],
)
def test_refusals_carry_the_words_of_aws(given: dict[str, Any], message: str, deploy: Any) -> None:
    with pytest.raises(automation.CommandError, match=message):
        deploy(lambda: aws.eks.Addon("dns", cluster_name="nowhere", **given)).up()
