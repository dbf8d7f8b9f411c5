"""Elastic Load Balancing: a balancer with its listeners, rules and target groups."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws

from sandbox.provider.services.lb_balancer import LOAD_BALANCER
from sandbox.provider.testing import Case, Clients
from sandbox.provider.testing.cases import REGION

DESCRIPTION = {False: "first", True: "second"}


def ground(later: bool) -> tuple[list[Any], list[Any], Any]:
    """Subnets and groups to stand in, and certificates."""
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
    subnets = [
        aws.ec2.Subnet(
            f"subnet-{zone}", vpc_id=vpc.id, cidr_block=f"10.0.{index}.0/24", availability_zone=REGION + zone
        )
        for index, zone in enumerate("abc")
    ]
    groups = [aws.ec2.SecurityGroup(f"group-{index}", vpc_id=vpc.id) for index in range(2)]
    certificates = [
        aws.acm.Certificate(f"certificate-{index}", domain_name=f"{index}.example.com", validation_method="DNS")
        for index in range(2)
    ]
    return subnets, groups, certificates[later].arn


def target_group(name: str, vpc: Any, later: bool, **more: Any) -> Any:
    return aws.lb.TargetGroup(
        name,
        port=8080,
        protocol="HTTP",
        target_type="ip",
        vpc_id=vpc,
        deregistration_delay=30 if later else 60,
        slow_start=45 if later else 30,
        load_balancing_algorithm_type="least_outstanding_requests" if later else "round_robin",
        health_check={
            "path": f"/{DESCRIPTION[later]}",
            "matcher": "200-399" if later else "200",
            "interval": 20 if later else 15,
            "timeout": 6 if later else 5,
            "healthy_threshold": 2,
            "unhealthy_threshold": 4 if later else 3,
        },
        tags={"Team": DESCRIPTION[later]},
        **more,
    )


def balancers(later: bool) -> None:
    subnets, groups, certificate = ground(later)
    balancer = aws.lb.LoadBalancer(
        "public",
        name="public",
        internal=False,
        load_balancer_type="application",
        security_groups=[groups[0].id, groups[1].id] if later else [groups[0].id],
        subnets=[one.id for one in subnets[later:]] if later else [subnets[1].id, subnets[0].id],
        ip_address_type="dualstack" if later else "ipv4",
        idle_timeout=120 if later else 60,
        client_keep_alive=600 if later else 3600,
        enable_http2=not later,
        drop_invalid_header_fields=not later,
        preserve_host_header=later,
        desync_mitigation_mode="strictest" if later else "defensive",
        xff_header_processing_mode="preserve" if later else "append",
        enable_xff_client_port=later,
        enable_tls_version_and_cipher_suite_headers=later,
        enable_waf_fail_open=later,
        access_logs=None if later else {"bucket": "logs", "prefix": "public", "enabled": True},
        connection_logs={"bucket": "logs", "enabled": later},
        tags={"Team": DESCRIPTION[later]},
    )
    aws.lb.LoadBalancer(
        "private",
        internal=True,
        load_balancer_type="network",
        subnets=[subnets[0].id],
        enable_cross_zone_load_balancing=later,
        enable_zonal_shift=later,
        dns_record_client_routing_policy="availability_zone_affinity" if later else "any_availability_zone",
    )
    sticky = {"type": "lb_cookie", "cookie_duration": 600 if later else 300}
    main = target_group("main", subnets[0].vpc_id, later, stickiness=sticky)
    other = target_group("other", subnets[0].vpc_id, later, stickiness={"type": "app_cookie", "cookie_name": "SHOP"})
    listeners(balancer, certificate, [main, other], later)


def listeners(balancer: Any, certificate: Any, groups: Any, later: bool) -> None:
    redirect = {"port": "443", "protocol": "HTTPS", "status_code": "HTTP_302" if later else "HTTP_301"}
    aws.lb.Listener(
        "http",
        load_balancer_arn=balancer.arn,
        port=8080 if later else 80,
        protocol="HTTP",
        default_actions=[{"type": "redirect", "redirect": redirect}],
        tags={"Team": DESCRIPTION[later]},
    )
    https = aws.lb.Listener(
        "https",
        load_balancer_arn=balancer.arn,
        port=443,
        protocol="HTTPS",
        certificate_arn=certificate,
        ssl_policy="ELBSecurityPolicy-TLS13-1-3-2021-06" if later else "ELBSecurityPolicy-TLS13-1-2-2021-06",
        default_actions=[{"type": "forward", "target_group_arn": groups[later].arn}],
    )
    shares = [{"arn": group.arn, "weight": 1 + later + index} for index, group in enumerate(groups)]
    aws.lb.ListenerRule(
        "shares",
        listener_arn=https.arn,
        priority=20 if later else 10,
        actions=[
            {"type": "forward", "forward": {"target_groups": shares, "stickiness": {"enabled": True, "duration": 60}}}
        ],
        conditions=[
            {"path_pattern": {"values": ["/api/*", f"/{DESCRIPTION[later]}/*"]}},
            {"http_request_method": {"values": ["GET"]}},
        ],
        tags={"Team": DESCRIPTION[later]},
    )
    answer = {"content_type": "text/plain", "message_body": DESCRIPTION[later], "status_code": "404"}
    aws.lb.ListenerRule(
        "answers",
        listener_arn=https.arn,
        actions=[{"type": "fixed-response", "fixed_response": answer}],
        conditions=[
            {"host_header": {"values": ["old.example.com"]}},
            {"http_header": {"http_header_name": "X-Old", "values": ["yes"]}},
            {"query_strings": [{"key": "v", "value": "1"}]},
            {"source_ip": {"values": ["10.0.0.0/8"]}},
        ],
    )


def left(clients: Clients) -> dict[str, Any]:
    return {
        "balancers": clients.elbv2.describe_load_balancers()["LoadBalancers"],
        "groups": clients.elbv2.describe_target_groups()["TargetGroups"],
        "vpcs": [one["VpcId"] for one in clients.ec2.describe_vpcs()["Vpcs"]],
        "certificates": clients.acm.list_certificates()["CertificateSummaryList"],
    }


def balancer(server: Clients, name: str) -> str:
    """The ARN of a new one."""
    (subnet, *_) = server.ec2.describe_subnets()["Subnets"]
    made = server.elbv2.create_load_balancer(Name=name, Subnets=[subnet["SubnetId"]])
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def takes_names_twice(server: Clients) -> bool:
    made = [balancer(server, "twice") for _ in range(2)]
    for arn in made:
        server.elbv2.delete_load_balancer(LoadBalancerArn=arn)
    return made[0] != made[1]


def deletes_protected_ones(server: Clients) -> bool:
    arn = balancer(server, "protected")
    on = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    server.elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=on)
    server.elbv2.delete_load_balancer(LoadBalancerArn=arn)
    return server.elbv2.describe_load_balancers()["LoadBalancers"] == []


CASE = Case(
    modules=("lb_balancer", "lb_target_group", "lb_listener"),
    program=balancers,
    left=left,
    untold=frozenset({"loadBalancerArns"}),
    probes={
        (LOAD_BALANCER.token, "name"): takes_names_twice,
        (LOAD_BALANCER.token, "enableDeletionProtection"): deletes_protected_ones,
    },
)
