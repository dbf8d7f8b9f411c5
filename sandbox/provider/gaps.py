"""What the sandbox's AWS server can't do for the types that the sandbox has, and how the provider makes up for it.

A property that the server loses is `stored` in its type's description: the call still carries it, and its value
lives in the engine's state. A test asks the server for each of these and fails once it has learnt one: then the
gap goes, and the property is read from AWS like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Gap:
    """One property of one type; `answer`: what the server does, `instead`: what the provider does about it."""

    token: str
    property: str
    answer: str
    instead: str = "kept in the state"


EIP: Final = "aws:ec2/eip:Eip"
FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
ENDPOINT: Final = "aws:ec2/vpcEndpoint:VpcEndpoint"
CERTIFICATE: Final = "aws:acm/certificate:Certificate"
INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
LOST_ADDRESS: Final = "allocate_address takes it, describe_addresses does not tell it"
LOST_FLOW_LOG: Final = "create_flow_logs takes it, describe_flow_logs does not tell it"
LOST_ENDPOINT: Final = "create_vpc_endpoint takes it, describe_vpc_endpoints does not tell it"
LOST_RULE: Final = "modify_security_group_rules answers success and leaves it as it was"
NEW_RULE: Final = "a change replaces the rule"

GAPS: Final = (
    Gap(EIP, "networkBorderGroup", LOST_ADDRESS),
    Gap(EIP, "publicIpv4Pool", LOST_ADDRESS),
    Gap(FLOW_LOG, "deliverCrossAccountRole", LOST_FLOW_LOG),
    Gap(FLOW_LOG, "destinationOptions", LOST_FLOW_LOG),
    Gap(ENDPOINT, "ipAddressType", LOST_ENDPOINT),
    Gap(ENDPOINT, "dnsOptions", LOST_ENDPOINT),
    Gap(ENDPOINT, "privateDnsEnabled", "modify_vpc_endpoint answers success and leaves it as it was"),
    Gap("aws:cloudwatch/logGroup:LogGroup", "logGroupClass", "describe_log_groups does not tell it"),
    Gap("aws:kms/key:Key", "rotationPeriodInDays", "get_key_rotation_status does not tell it"),
    Gap(CERTIFICATE, "keyAlgorithm", "describe_certificate tells RSA_2048 whatever was requested"),
    Gap(CERTIFICATE, "options", "update_certificate_options: 500, the action has not been implemented"),
    *(
        Gap(token, name, LOST_RULE, NEW_RULE)
        for token in (INGRESS, EGRESS)
        for name in ("cidrIpv6", "prefixListId", "referencedSecurityGroupId")
    ),
)
