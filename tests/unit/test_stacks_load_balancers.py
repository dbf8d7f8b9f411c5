"""Building blocks of stacks: public load balancers and their target groups."""

from __future__ import annotations

from typing import Any

from cloud_core.domain.values import UNKNOWN
from stacks.context import StackContext
from stacks.load_balancers import (
    LoadBalancerSettings,
    forward_paths,
    make_load_balancer,
    make_target_group,
    name_load_balancer,
)
from stacks.testing import Picture, draw, sample_target

CONTEXT = StackContext.of(sample_target("containers-apps"))


def public(port: int = 8080, preview: bool = False, **settings: Any) -> Picture:
    def program() -> None:
        group = make_target_group("web", CONTEXT, vpc_id="vpc-1", port=port, health_path="/health")
        given = {
            "subnet_ids": ["subnet-1", "subnet-2"],
            "security_group_id": "sg-1",
            "certificate_arn": "arn:certificate",
        }
        made = make_load_balancer("public", CONTEXT, LoadBalancerSettings(**{**given, **settings}), group)
        forward_paths("api", made.https, group, ["/api/*"], 200)
        name_load_balancer("apex", made.balancer, zone_id="Z1", name="shop.example.com")

    return draw(program, preview=preview)


def test_everybody_speaks_tls_with_it() -> None:
    picture = public()
    https = picture.one("Listener", "public-https").inputs
    assert (https["port"], https["protocol"], https["certificateArn"]) == (443, "HTTPS", "arn:certificate")
    assert https["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert https["defaultActions"] == [{"type": "forward", "targetGroupArn": "arn:aws:test:::TargetGroup/web"}]
    (action,) = picture.one("Listener", "public-http").inputs["defaultActions"]
    assert action["redirect"] == {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}


def test_the_balancer_is_public_and_drops_odd_headers() -> None:
    found = public(idle_timeout=120, deletion_protection=True).one("LoadBalancer").inputs
    assert (found["internal"], found["dropInvalidHeaderFields"]) == (False, True)
    assert (found["idleTimeout"], found["enableDeletionProtection"]) == (120, True)
    assert (found["subnets"], found["securityGroups"]) == (["subnet-1", "subnet-2"], ["sg-1"])
    assert len(found["name"]) <= 32


def test_access_logs_need_a_bucket() -> None:
    assert "accessLogs" not in public().one("LoadBalancer").inputs
    logs = public(log_bucket="logs").one("LoadBalancer").inputs["accessLogs"]
    assert logs == {"bucket": "logs", "prefix": "containers-apps-public", "enabled": True}


def test_a_group_of_another_port_has_another_name() -> None:
    one, other = (public(port).one("TargetGroup").inputs for port in (8080, 8081))
    assert one["healthCheck"]["path"] == "/health"
    assert (one["targetType"], one["protocol"]) == ("ip", "HTTP")
    assert one["name"] != other["name"]
    assert len(one["name"]) <= 32


def test_paths_and_names_lead_to_it() -> None:
    picture = public()
    rule = picture.one("ListenerRule").inputs
    assert (rule["priority"], rule["conditions"]) == (200, [{"pathPattern": {"values": ["/api/*"]}}])
    record = picture.one("Record").inputs
    assert (record["zoneId"], record["name"], record["type"]) == ("Z1", "shop.example.com", "A")
    alias = {"name": "public-1.elb.test", "zoneId": "Z1ELB", "evaluateTargetHealth": True}
    assert record["aliases"] == [alias]
    assert public(preview=True).one("Record").inputs["aliases"][0]["name"] is UNKNOWN
