"""What AWS would tell of a drawn resource beyond its ARN and its name: made up, the same each time."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_PROOF: Final = {"resourceRecordName": "_proof.test", "resourceRecordType": "CNAME", "resourceRecordValue": "_v"}
_REGISTRY: Final = "410000000017.dkr.ecr.eu-test-1.amazonaws.com"

# By the last part of the type; `{name}` is the resource's name. ECS and Kubernetes share the type Cluster, Lambda and
# AppSync the type Function.
_TOLD: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "Api": {"apiEndpoint": "https://{name}-id.execute-api.test", "executionArn": "arn:aws:test:::{name}"},
        "Certificate": {"domainValidationOptions": [_PROOF, _PROOF]},
        "Cluster": {
            "endpoint": "https://{name}.eks.test",
            "certificateAuthority": {"data": "Y2VydGlmaWNhdGU="},
            "identities": [{"oidcs": [{"issuer": "https://oidc.test/id/{name}"}]}],
            "vpcConfig": {"clusterSecurityGroupId": "{name}-group"},
        },
        "Dashboard": {"dashboardArn": "arn:aws:test:::Dashboard/{name}"},
        "DomainName": {"domainNameConfiguration": {"targetDomainName": "d-{name}.test", "hostedZoneId": "Z1API"}},
        "Eip": {"allocationId": "{name}-allocation", "publicIp": "192.0.2.1"},
        "Function": {"functionId": "{name}-id", "invokeArn": "arn:aws:test:::Function/{name}/invocations"},
        "FunctionUrl": {"functionUrl": "https://{name}.test/"},
        "GraphQLApi": {"uris": {"GRAPHQL": "https://{name}.graph.test/graphql"}},
        "Instance": {
            "address": "{name}.test",
            "endpoint": "{name}.test:5432",
            "port": 5432,
            "masterUserSecrets": [{"secretArn": "arn:aws:test:::Secret/managed-{name}", "secretStatus": "active"}],
        },
        "Key": {"keyId": "{name}-id"},
        "KeyPair": {"keyName": "{name}"},
        "LaunchTemplate": {"latestVersion": 1},
        "LoadBalancer": {"dnsName": "{name}-1.elb.test", "zoneId": "Z1ELB", "arnSuffix": "app/{name}/1"},
        "NatGateway": {"publicIp": "192.0.2.1"},
        "NodeGroup": {"nodeGroupName": "{name}-1", "status": "ACTIVE"},
        "Queue": {"url": "https://sqs.test/{name}"},
        "Record": {"fqdn": "{name}.test"},
        "Repository": {"registryId": "410000000017", "repositoryUrl": f"{_REGISTRY}/{{name}}"},
        "TargetGroup": {"arnSuffix": "targetgroup/{name}/1"},
        "UserPool": {"endpoint": "cognito-idp.eu-test-1.amazonaws.com/{name}-id"},
        "UserPoolDomain": {"cloudfrontDistribution": "{name}.cloudfront.test", "cloudfrontDistributionZoneId": "Z1CDN"},
        "Zone": {"zoneId": "{name}-id", "nameServers": ["ns-1.test", "ns-2.test"]},
    }
)


def told(kind: str, name: str) -> dict[str, Any]:
    """All outputs of a resource of that type and name that its inputs don't tell."""
    usual = {"arn": f"arn:aws:test:::{kind}/{name}", "name": name, "region": "eu-test-1"}
    return {**usual, **_named(_TOLD.get(kind, {}), name)}


def blocks(values: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The values that are blocks of others."""
    return {name: value for name, value in values.items() if isinstance(value, Mapping)}


def completed(given: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """What the program gave, with what AWS adds inside of its blocks."""
    both = {name: {**more[name], **block} for name, block in blocks(given).items() if name in blocks(more)}
    return {**given, **both}


def _named(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _named(item, name) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, name) for item in value]
    return value.replace("{name}", name) if isinstance(value, str) else value
