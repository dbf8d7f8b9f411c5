"""The variables of deployment templates, rendered once when a deployment is made: names, defaults, meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from cloud_core.domain.errors import InvalidInput


class Variable(NamedTuple):
    """`default` None: always filled from the answers."""

    name: str
    default: str | int | None
    description: str

    @property
    def type(self) -> str:
        """As JSON calls it."""
        return "integer" if isinstance(self.default, int) else "string"


VARIABLES: Final = (
    Variable("DEPLOYMENT_ID", None, "the deployment's id"),
    Variable("TIMESTAMP", None, "the time of creation"),
    Variable("USER_EMAIL", None, "who made the deployment"),
    Variable("ORGANIZATION", None, "the organisation"),
    Variable("PROJECT_NAME", None, "the project"),
    Variable("DOMAIN", None, "the deployment's domain"),
    Variable("PULUMI_ORG", None, "the organisation in the engine's backend"),
    Variable("PRIMARY_REGION", "us-east-1", "region of dev and stage"),
    Variable("SECONDARY_REGION", "us-west-2", "region of prod"),
    Variable("AWS_ACCOUNT_DEV", None, "account of dev"),
    Variable("AWS_ACCOUNT_STAGE", None, "account of stage"),
    Variable("AWS_ACCOUNT_PROD", None, "account of prod"),
    Variable("TEAM", "infrastructure", "team, for tags"),
    Variable("COST_CENTER", "engineering", "cost centre, for tags"),
    Variable("DESCRIPTION", "", "description of the deployment"),
    Variable("VPC_CIDR_DEV", "10.0.0.0/16", "address range of dev"),
    Variable("VPC_CIDR_STAGE", "10.1.0.0/16", "address range of stage"),
    Variable("VPC_CIDR_PROD", "10.2.0.0/16", "address range of prod"),
    Variable("AZ_COUNT_DEV", 2, "zones of dev"),
    Variable("AZ_COUNT_STAGE", 2, "zones of stage"),
    Variable("AZ_COUNT_PROD", 3, "zones of prod"),
    Variable("INSTANCE_CLASS_DEV", "db.t3.micro", "database class of dev"),
    Variable("INSTANCE_CLASS_STAGE", "db.t3.small", "database class of stage"),
    Variable("INSTANCE_CLASS_PROD", "db.r5.large", "database class of prod"),
    Variable("IMAGE_TAG_PROD", "", "tag of the images that prod runs; prod needs one"),
    Variable("ALERT_EMAIL", "", "address that hears of prod's alarms; monitoring needs one there"),
)
STACK_NAME_VARIABLE: Final = "STACK_NAME"  # set while a stack's own section is rendered

# What a template is shown with before anybody answered.
SAMPLE_ANSWERS: Final[Mapping[str, str]] = {
    "DEPLOYMENT_ID": "D000000",
    "TIMESTAMP": "2025-01-01T00:00:00.000Z",
    "USER_EMAIL": "you@example.test",
    "ORGANIZATION": "Example",
    "PROJECT_NAME": "example",
    "DOMAIN": "example.test",
    "PULUMI_ORG": "Example",
    "AWS_ACCOUNT_DEV": "000000000000",
    "AWS_ACCOUNT_STAGE": "000000000000",
    "AWS_ACCOUNT_PROD": "000000000000",
    "IMAGE_TAG_PROD": "4f2a91c",
    "ALERT_EMAIL": "ops@example.test",
}


def variables(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Every variable with its answer or default; InvalidInput for an unknown name or one without a value."""
    names = {variable.name for variable in VARIABLES}
    if unknown := sorted(answers.keys() - names):
        raise InvalidInput(
            f"template variable {unknown[0]!r} is unknown: there are {', '.join(sorted(names))}",
            field="variables",
            value=unknown[0],
        )
    values = {variable.name: answers.get(variable.name, variable.default) for variable in VARIABLES}
    if missing := [name for name, value in values.items() if value is None]:
        raise InvalidInput(f"template variable {missing[0]!r} has no value", field="variables", value=missing[0])
    return values
