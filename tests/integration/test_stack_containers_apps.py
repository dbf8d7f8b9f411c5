"""The containers-apps stack through the real engine, on an AWS server, checked with boto3."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cloud_core.domain.names import EnvironmentName
from stacks.testing_deployments import (
    DOMAIN,
    REGION,
    Deployment,
    aliases,
    put_domain_on_ground,
    put_on_ground,
    take_domain_away,
)

pytestmark = pytest.mark.extended

NewDeployment = Callable[..., Deployment]
STACK = "containers-apps"


def on_ground(new_deployment: NewDeployment, account: str, environment: EnvironmentName) -> Deployment:
    """With the domain's zone and certificate, a bucket's name, and images that are only named."""
    registry = f"{account}.dkr.ecr.{REGION}.amazonaws.com"
    images = {f"{name}RepoUrl": f"{registry}/{name}" for name in ("frontend", "backend")}
    deployment = new_deployment(account, environment, **{"containers-images": images})
    put_on_ground(deployment)
    put_domain_on_ground(deployment)
    deployment.outputs["storage"] = {"logsBucketName": "logs"}
    return deployment


@pytest.fixture(scope="module")
def apps(new_deployment: NewDeployment) -> Deployment:
    """The stack in dev, deployed; tests only look at it."""
    deployment = on_ground(new_deployment, "410000000017", EnvironmentName.DEV)
    deployment.up(STACK)
    return deployment


class TestDeployed:
    def test_the_balancer_speaks_tls_and_logs(self, apps: Deployment) -> None:
        elb, outputs = apps.account.client("elbv2"), apps.outputs[STACK]
        (balancer,) = elb.describe_load_balancers(LoadBalancerArns=[outputs["publicAlbArn"]])["LoadBalancers"]
        assert (balancer["Scheme"], balancer["Type"]) == ("internet-facing", "application")
        assert {zone["SubnetId"] for zone in balancer["AvailabilityZones"]} == set(
            apps.outputs["network"]["publicSubnetIds"]
        )
        found = elb.describe_load_balancer_attributes(LoadBalancerArn=outputs["publicAlbArn"])["Attributes"]
        attributes = {one["Key"]: one["Value"] for one in found}
        assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
        assert (attributes["access_logs.s3.enabled"], attributes["access_logs.s3.bucket"]) == ("true", "logs")
        listeners = elb.describe_listeners(LoadBalancerArn=outputs["publicAlbArn"])["Listeners"]
        (https,) = (one for one in listeners if one["Port"] == 443)
        assert https["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
        assert https["Certificates"] == [{"CertificateArn": apps.outputs["dns"]["wildcardCertificateArn"]}]
        (http,) = (one for one in listeners if one["Port"] == 80)
        assert http["DefaultActions"][0]["RedirectConfig"]["StatusCode"] == "HTTP_301"

    def test_paths_lead_to_their_service(self, apps: Deployment) -> None:
        elb, outputs = apps.account.client("elbv2"), apps.outputs[STACK]
        rules = elb.describe_rules(ListenerArn=outputs["httpsListenerArn"])["Rules"]
        targets = {
            one["Conditions"][0]["PathPatternConfig"]["Values"][0] if one["Conditions"] else "": one["Actions"][0][
                "TargetGroupArn"
            ]
            for one in rules
        }
        assert targets == {
            "/api/*": outputs["backendTargetGroupArn"],
            "/v1/*": outputs["apiTargetGroupArn"],
            "": outputs["frontendTargetGroupArn"],
        }

    def test_services_stand_behind_their_target_group(self, apps: Deployment) -> None:
        ecs, outputs = apps.account.client("ecs"), apps.outputs[STACK]
        asked = {"cluster": outputs["clusterArn"], "services": [outputs["apiServiceName"]], "include": ["TAGS"]}
        (found,) = ecs.describe_services(**asked)["services"]
        (behind,) = found["loadBalancers"]
        assert (behind["targetGroupArn"], behind["containerPort"]) == (outputs["apiTargetGroupArn"], 8080)
        assert found["healthCheckGracePeriodSeconds"] == 60
        network = found["networkConfiguration"]["awsvpcConfiguration"]
        assert network["securityGroups"] == [apps.outputs["security"]["apiApplicationSgId"]]
        assert {"key": "Project", "value": "Web Shop"} in found["tags"]

    def test_the_balancer_is_admitted(self, apps: Deployment) -> None:
        group = apps.outputs["security"]["webApplicationSgId"]
        (found,) = apps.account.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
        (rule,) = found["IpPermissions"]
        assert (rule["FromPort"], rule["ToPort"]) == (3000, 3000)
        assert rule["UserIdGroupPairs"][0]["GroupId"] == apps.outputs["security"]["loadBalancerSgId"]

    def test_the_names_answer_with_the_balancer(self, apps: Deployment) -> None:
        outputs = apps.outputs[STACK]
        found = aliases(apps)
        assert set(found) == {DOMAIN, f"api.{DOMAIN}"} == {outputs["primaryDnsName"], outputs["apiDnsName"]}
        assert {one["DNSName"].rstrip(".") for one in found.values()} == {outputs["publicAlbDnsName"]}

    def test_a_second_run_changes_nothing(self, apps: Deployment) -> None:
        assert set(apps.up(STACK)) == {"same"}


def test_changes_touch_only_what_they_are_about(new_deployment: NewDeployment) -> None:
    deployment = on_ground(new_deployment, "410000000025", EnvironmentName.PROD)
    asked = {"imageTag": "first", "enableServiceDiscovery": True}
    assert set(deployment.up(STACK, **asked)) == {"create"}

    # Another port: the frontend's task and target group are made anew; listener, service, the two rules of security
    # groups and the two alarms on the group follow. The api's name goes to another stack.
    changed = deployment.up(STACK, **asked, frontendPort=3001, manageApiRecord=False)
    assert {action: count for action, count in changed.items() if action != "same"} == {
        "replace": 2,
        "update": 6,
        "delete": 1,
    }
    assert set(aliases(deployment)) == {DOMAIN}

    # What AWS protects has to be given free first.
    deployment.up(STACK, **asked, frontendPort=3001, manageApiRecord=False, enableDeletionProtection=False)
    deployment.stack(STACK, **asked).destroy()
    take_domain_away(deployment)
    assert deployment.account.left_over() == {}
