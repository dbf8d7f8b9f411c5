"""What follows the word that chooses a kind: one handler per form.

A handler takes the rest of the body and the separator; it gives the placeholder without its text, or raises
MalformedPlaceholder with the rule that the rest breaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.names import REGION, RESERVED_STACK_NAMES, STACK_NAME
from cloud_core.domain.placeholders.images import ARCHITECTURES, DEFAULT_ARCHITECTURE, IMAGE_ALIASES
from cloud_core.domain.placeholders.model import AwsQuery, Calculation, Placeholder, PlaceholderKind
from cloud_core.domain.placeholders.rules import (
    DEFAULT_PASSWORD_LENGTH,
    DEPLOYMENT_FIELDS,
    DIGITS,
    DOMAIN,
    KEY,
    OUTPUT,
    PARAMETER_PATH,
    PASSWORD_LENGTHS,
    SECRET_NAME,
    VARIABLE,
    VARIABLE_PREFIX,
    Handler,
    choose,
    fail,
    require,
    split,
)
from cloud_core.domain.placeholders.subnets import plan_subnets

# --- plain kinds ---------------------------------------------------------------------------------------------------


def environment(rest: str, _: str) -> Placeholder:
    key = require(KEY, "the key", rest, "a letter or _, then letters, digits, _ . -")
    return Placeholder("", PlaceholderKind.ENV, key=key)


def secret(rest: str, _: str) -> Placeholder:
    name = require(SECRET_NAME, "the secret's name", rest, "letters, digits and / _ + = . @ -, or an ARN")
    return Placeholder("", PlaceholderKind.SECRET, key=name)


def parameter(rest: str, _: str) -> Placeholder:
    path = require(PARAMETER_PATH, "the parameter's path", rest, "letters, digits and / _ . -, then perhaps :version")
    return Placeholder("", PlaceholderKind.SSM, key=path)


def variable(rest: str, _: str) -> Placeholder:
    name = require(VARIABLE, "the variable", rest, f"only variables named {VARIABLE_PREFIX}* may be read")
    return Placeholder("", PlaceholderKind.OS_ENV, key=name)


def deployment(rest: str, _: str) -> Placeholder:
    if rest not in DEPLOYMENT_FIELDS:
        fail(f"a deployment has no field {rest!r}: use {', '.join(DEPLOYMENT_FIELDS)}")
    return Placeholder("", PlaceholderKind.DEPLOYMENT, key=rest)


def stack_output(stack: str, output: str) -> Placeholder:
    if stack in RESERVED_STACK_NAMES:
        fail(f"{stack!r} is a reserved word and can't be a stack here")
    if stack.lower() in RESERVED_STACK_NAMES:
        fail(f"unknown head {stack!r}: did you mean {stack.lower()}?")
    require(STACK_NAME, "the stack's name", stack, "lower-case words of letters and digits, joined by dashes")
    require(OUTPUT, "the output's name", output, "a letter or _, then letters, digits, _ and -; nothing inside it")
    return Placeholder("", PlaceholderKind.STACK_OUTPUT, stack=stack, output=output)


def output_of(stack: str) -> Handler:
    return lambda rest, _: stack_output(stack, rest)


def explicit_stack(rest: str, _: str) -> Placeholder:
    stack, _dot, output = rest.partition(".")
    return stack_output(stack, output)


# --- queries of AWS ------------------------------------------------------------------------------------------------


def _aws(query: AwsQuery, *arguments: str) -> Placeholder:
    return Placeholder("", PlaceholderKind.AWS, key=query.value, arguments=arguments)


def by_domain(query: AwsQuery) -> Handler:
    def handler(rest: str, _: str) -> Placeholder:
        return _aws(query, require(DOMAIN, "the domain", rest, "labels joined by dots, perhaps after '*.'"))

    return handler


def _image(rest: str, separator: str) -> Placeholder:
    form = separator.join(["latestAmi", "<alias>[", "<architecture>[", "<region>]]"])
    alias, *more = split(rest, separator, 1, 3, form)
    if alias not in IMAGE_ALIASES:
        fail(f"unknown image {alias!r}: use {', '.join(IMAGE_ALIASES)}")
    architecture = more[0] if more else DEFAULT_ARCHITECTURE
    if architecture not in ARCHITECTURES:
        fail(f"unknown architecture {architecture!r}: use {' or '.join(ARCHITECTURES)}")
    return _aws(AwsQuery.LATEST_IMAGE, alias, architecture, *(_region(region) for region in more[1:]))


def _zones(rest: str, separator: str) -> Placeholder:
    parts = split(rest, separator, 0, 1, f"availabilityZones[{separator}<region>]")
    return _aws(AwsQuery.AVAILABILITY_ZONES, *(_region(region) for region in parts))


def _region(text: str) -> str:
    return require(REGION, "the region", text, "such as eu-west-1")


def _tagged(kind: str) -> Handler:
    def handler(rest: str, separator: str) -> Placeholder:
        if kind == "vpc" and rest == "default":
            return _aws(AwsQuery.DEFAULT_VPC)
        key, _sep, value = rest.partition(separator)
        if not key or not value:
            fail(f"write {kind}{separator}<tag key>{separator}<tag value>, or vpc{separator}default")
        return _aws(AwsQuery.RESOURCE_BY_TAG, kind, key, value)

    return handler


def service(queries: Mapping[str, Handler]) -> Handler:
    def handler(rest: str, separator: str) -> Placeholder:
        name, _sep, tail = rest.partition(separator)
        return choose(queries, "AWS query", name)(tail, separator)

    return handler


# --- calculations --------------------------------------------------------------------------------------------------


def _calculation(what: Calculation, *arguments: str) -> Placeholder:
    return Placeholder("", PlaceholderKind.CALCULATE, key=what.value, arguments=arguments)


def _subnets(rest: str, separator: str) -> Placeholder:
    # The CIDR may hold the separator itself, so the two numbers are taken from the right.
    parts = rest.rsplit(separator, 2)
    if len(parts) != 3 or not all(DIGITS.fullmatch(number) for number in parts[1:]):
        fail(f"write subnets{separator}<cidr>{separator}<prefix length>{separator}<count>")
    try:
        plan_subnets(parts[0], int(parts[1]), int(parts[2]))
    except InvalidInput as error:
        fail(error.message)
    return _calculation(Calculation.SUBNETS, *parts)


def _timestamp(rest: str, _: str) -> Placeholder:
    if rest not in ("", "iso8601"):
        fail(f"unknown format {rest!r}: use iso8601")
    return _calculation(Calculation.TIMESTAMP)


def _password(rest: str, _: str) -> Placeholder:
    length = rest or DEFAULT_PASSWORD_LENGTH
    if not DIGITS.fullmatch(length) or int(length) not in PASSWORD_LENGTHS:
        fail(f"the length must be a number from {PASSWORD_LENGTHS.start} to {PASSWORD_LENGTHS.stop - 1}")
    return _calculation(Calculation.PASSWORD, str(int(length)))


def _uuid(rest: str, _: str) -> Placeholder:
    if rest:
        fail("uuid takes no parts")
    return _calculation(Calculation.UUID)


def calculate(rest: str, separator: str) -> Placeholder:
    name, _sep, tail = rest.partition(separator)
    return choose(_CALCULATIONS, "calculation", name)(tail, separator)


_CALCULATIONS: Final[Mapping[str, Handler]] = {
    "subnets": _subnets,
    "timestamp": _timestamp,
    "password": _password,
    "uuid": _uuid,
}
AWS_QUERIES: Final = service(
    {
        "latestAmi": _image,
        "latestAmiId": _image,
        "availabilityZones": _zones,
        "ssm": parameter,
        "secret": secret,
        "vpc": _tagged("vpc"),
        "subnet": _tagged("subnet"),
    }
)
