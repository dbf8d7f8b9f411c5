"""The services-eks stack through the real engine, on an AWS server, checked with boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cloud_core.domain.names import EnvironmentName
from stacks.testing_deployments import Deployment, put_on_ground

pytestmark = pytest.mark.extended

NewDeployment = Callable[..., Deployment]
STACK = "services-eks"
ADMIN = {"adminRoleArns": ["arn:aws:iam::410000000017:role/admin"]}


def cluster(deployment: Deployment) -> dict[str, Any]:
    name = deployment.outputs[STACK]["clusterName"]
    return dict(deployment.account.client("eks").describe_cluster(name=name)["cluster"])


def nodes(deployment: Deployment, group: str = "primary") -> dict[str, Any]:
    outputs = deployment.outputs[STACK]
    asked = {"clusterName": outputs["clusterName"], "nodegroupName": outputs[f"{group}NodeGroupName"]}
    return dict(deployment.account.client("eks").describe_nodegroup(**asked)["nodegroup"])


def test_a_whole_life(new_deployment: NewDeployment) -> None:
    """One deployment for all of it: what is there, then what changes, then what is left."""
    kubernetes = new_deployment("410000000017", EnvironmentName.DEV)
    put_on_ground(kubernetes)
    assert set(kubernetes.up(STACK, **ADMIN)) == {"create"}
    assert_cluster_is_closed_encrypted_and_logged(kubernetes)
    assert_nodes_are_encrypted_and_tagged(kubernetes)
    assert_pods_get_their_roles(kubernetes)
    assert set(kubernetes.up(STACK, **ADMIN)) == {"same"}
    assert_changes_touch_only_what_they_are_about(kubernetes)
    kubernetes.stack(STACK).destroy()
    assert kubernetes.account.left_over() == {}


def assert_cluster_is_closed_encrypted_and_logged(deployment: Deployment) -> None:
    found, outputs = cluster(deployment), deployment.outputs[STACK]
    network, security = found["resourcesVpcConfig"], deployment.outputs["security"]
    assert network["subnetIds"] == deployment.outputs["network"]["privateSubnetIds"]
    assert (network["endpointPrivateAccess"], network["endpointPublicAccess"]) == (True, False)
    assert found["encryptionConfig"][0]["provider"]["keyArn"] == security["applicationKeyArn"]
    assert found["tags"]["Stack"] == STACK
    (logs,) = deployment.account.client("logs").describe_log_groups(
        logGroupNamePrefix=f"/aws/eks/{found['name']}/cluster"
    )["logGroups"]
    assert (logs["retentionInDays"], logs["kmsKeyId"]) == (7, security["infrastructureKeyArn"])
    server = json.loads(outputs["kubeconfig"])["clusters"][0]["cluster"]
    assert server == {
        "server": found["endpoint"],
        "certificate-authority-data": found["certificateAuthority"]["data"],
    }


def assert_nodes_are_encrypted_and_tagged(deployment: Deployment) -> None:
    ec2, outputs = deployment.account.client("ec2"), deployment.outputs[STACK]
    asked = {"LaunchTemplateId": outputs["nodeGroupLaunchTemplateId"], "Versions": ["$Latest"]}
    (version,) = ec2.describe_launch_template_versions(**asked)["LaunchTemplateVersions"]
    data = version["LaunchTemplateData"]
    assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    group = outputs["clusterSecurityGroupId"]
    assert data["SecurityGroupIds"] == [group, deployment.outputs["security"]["eksSgId"]]
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["VpcId"]
    of_machines = [one for one in data["TagSpecifications"] if one["ResourceType"] == "instance"]
    assert {"Key": "Stack", "Value": STACK} in of_machines[0]["Tags"]
    assert nodes(deployment)["scalingConfig"] == {"minSize": 1, "desiredSize": 1, "maxSize": 3}
    assert nodes(deployment)["launchTemplate"]["id"] == outputs["nodeGroupLaunchTemplateId"]
    assert nodes(deployment, "spot")["taints"] == [{"key": "spot", "value": "true", "effect": "NO_SCHEDULE"}]


def assert_pods_get_their_roles(deployment: Deployment) -> None:
    iam, outputs = deployment.account.client("iam"), deployment.outputs[STACK]
    issuer = cluster(deployment)["identity"]["oidc"]["issuer"]
    trusted = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=outputs["oidcProviderArn"])
    assert f"https://{trusted['Url']}" == issuer == outputs["clusterOidcIssuerUrl"]
    name = outputs["ebsCsiServiceAccountRoleArn"].rpartition("/")[2]
    (statement,) = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Federated": outputs["oidcProviderArn"]}
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [one["PolicyName"] for one in attached] == ["AmazonEBSCSIDriverPolicy"]


def assert_changes_touch_only_what_they_are_about(deployment: Deployment) -> None:
    # The control plane and, with it, both groups of nodes; without the administrator's entry and its policy.
    changed = deployment.up(STACK, kubernetesVersion="1.36", kubeProxyVersion="v1.36.1-eksbuild.1")
    assert without_same(changed) == {"update": 4, "delete": 2}
    # A bigger disk is a new version of the template, which both groups go over to in place.
    newer = {"kubernetesVersion": "1.36", "kubeProxyVersion": "v1.36.1-eksbuild.1"}
    assert without_same(deployment.up(STACK, **newer, nodeDiskSize=80)) == {"update": 3}
    # Other machines are other nodes, which come before the old ones go; pods find the same cluster.
    before = nodes(deployment)["nodegroupName"]
    newer |= {"nodeDiskSize": 80, "enableSpotInstances": False}
    changed = deployment.up(STACK, **newer, nodeInstanceTypes=["t3.large"])
    assert without_same(changed) == {"replace": 1, "delete": 1}
    assert nodes(deployment)["instanceTypes"] == ["t3.large"]
    assert nodes(deployment)["nodegroupName"] != before


def without_same(changed: dict[str, int]) -> dict[str, int]:
    return {action: count for action, count in changed.items() if action != "same"}
