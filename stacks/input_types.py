"""Types of inputs that several stacks share. Each keeps the text as given; a broken rule says what is allowed."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from cloud_core.domain.formats import Format, as_cidr, as_vpc_cidr

_DNS_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DNS_NAME_LIMIT: Final = 253


def _has(form: Format) -> Any:
    """Says in the schema of the inputs which form the text has."""
    return Field(json_schema_extra={"format": form.value})


def _dns_name(text: str) -> str:
    labels = text.split(".")
    if len(labels) < 2 or len(text) > _DNS_NAME_LIMIT or not all(map(_DNS_LABEL.fullmatch, labels)):
        raise ValueError("must be a domain name in lower case without a trailing dot, such as shop.example.com")
    return text


def _distinct(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise ValueError("must not hold the same value twice")
    return values


AccountId = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
Arn = Annotated[str, Field(pattern=r"^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:.+")]
Cidr = Annotated[str, AfterValidator(as_cidr), _has(Format.CIDR)]
DashedName = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
DnsName = Annotated[str, AfterValidator(_dns_name)]
EmailAddress = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=320)]
Port = Annotated[int, Field(ge=1, le=65535)]
Region = Annotated[str, Field(pattern=r"^[a-z]{2}-[a-z]+-[0-9]$")]
UrlPath = Annotated[str, Field(pattern=r"^/\S*$", max_length=1024)]
VpcCidr = Annotated[str, AfterValidator(as_vpc_cidr), _has(Format.VPC_CIDR)]

LogRetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922]
"""The only retentions that CloudWatch Logs takes."""

Distinct = AfterValidator(_distinct)
"""A list in which nothing stands twice."""

NoneIfEmpty = BeforeValidator(lambda value: None if value == "" else value)
"""An empty text means the same as null: not wanted."""
