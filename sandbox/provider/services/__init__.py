"""One file per AWS service (a large service has a file per family of types); each lists its `RESOURCES`."""

from __future__ import annotations

from typing import Final

from sandbox.provider.language import Resource
from sandbox.provider.services import (
    acm,
    ec2_gateway,
    ec2_route,
    ec2_security,
    ec2_traffic,
    ec2_vpc,
    iam,
    kms,
    logs,
    route53_health,
    route53_record,
    route53_zone,
    secretsmanager,
    ssm,
    waiting,
)

RESOURCES: Final[tuple[Resource, ...]] = (
    *ec2_vpc.RESOURCES,
    *ec2_gateway.RESOURCES,
    *ec2_route.RESOURCES,
    *ec2_traffic.RESOURCES,
    *ec2_security.RESOURCES,
    *logs.RESOURCES,
    *iam.RESOURCES,
    *kms.RESOURCES,
    *route53_zone.RESOURCES,
    *route53_record.RESOURCES,
    *route53_health.RESOURCES,
    *acm.RESOURCES,
    *secretsmanager.RESOURCES,
    *ssm.RESOURCES,
    *waiting.RESOURCES,
)
