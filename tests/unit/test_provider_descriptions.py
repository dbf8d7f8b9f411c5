"""The descriptions of types are true to the SDK that programs are written with, and to their own rules."""

from __future__ import annotations

import inspect
import re

import pulumi
import pytest

from cloud_core.testing.source_trees import source_of
from sandbox.provider.errors import NotInSandbox
from sandbox.provider.gaps import KEPT, REPLACED, STORED, WHOLE, Gap
from sandbox.provider.language import Resource
from sandbox.provider.registry import gaps, invoke, resource, resources
from sandbox.provider.testing.sdk import property_names, sdk_arguments, sdk_class

# The SDK warns about two names of its own whenever it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning")

OWN_TYPE = "aws:sandbox/wait:Wait"
TYPES = [one for token, one in resources().items() if token != OWN_TYPE]


@pytest.mark.parametrize("described", TYPES, ids=lambda one: one.token)
def test_every_property_is_one_of_the_real_type(described: Resource) -> None:
    real = sdk_class(described.token)
    arguments = property_names(sdk_arguments(described.token))
    outputs = property_names(real) - set(pulumi.CustomResource.__dict__) - {"id", "urn", "pulumi_resource_name"}
    assert issubclass(real, pulumi.CustomResource)
    assert set(described.properties) <= arguments
    # `arn` is an input as well for a few types, where it is only told here.
    assert {one.name for one in described.outputs} <= outputs
    assert "tagsAll" not in outputs or described.tags is not None
    assert described.regional == ("region" in arguments)


@pytest.mark.parametrize("described", TYPES, ids=lambda one: one.token)
def test_what_the_real_type_requires_is_required_here(described: Resource) -> None:
    signature = inspect.signature(sdk_arguments(described.token).__init__)
    needed = {name for name, one in signature.parameters.items() if one.default is one.empty and name != "__self__"}
    required = {re.sub(r"([A-Z])", r"_\1", one.name).lower() for one in described.inputs if one.required}
    assert needed <= required


@pytest.mark.parametrize("described", TYPES, ids=lambda one: one.token)
def test_what_the_real_type_keeps_secret_is_secret_here(described: Resource) -> None:
    source = source_of(sdk_class(described.token))
    found = re.search(r"additional_secret_outputs=\[([^\]]*)\]", source)
    secret = set(re.findall(r'"(\w+)"', found.group(1))) if found else set()
    described_here = {one.name for one in described.properties.values()}
    assert {one.name for one in described.properties.values() if one.secret} == secret & described_here


@pytest.mark.parametrize("described", list(resources().values()), ids=lambda one: one.token)
def test_a_description_agrees_with_itself(described: Resource) -> None:
    properties = described.properties
    assert set(described.identity) <= set(properties)
    assert {name for one in described.settings for name in one.properties} <= set(properties)
    assert not {one.name for one in described.outputs} & set(properties)
    for name, one in properties.items():
        changed_by_call = any(name in setting.properties for setting in described.settings)
        assert one.replaces or one.stored or one.write_only or name == "tags" or changed_by_call, name


@pytest.mark.parametrize("gap", gaps(), ids=lambda gap: f"{gap.token}.{gap.property}")
def test_a_gap_is_made_up_for_as_it_says(gap: Gap) -> None:
    described = resource(gap.token)
    assert (gap.property == WHOLE) == (gap.instead == KEPT)
    if gap.instead in (STORED, REPLACED):
        prop = described.properties[gap.property]
        assert prop.stored if gap.instead == STORED else prop.replaces


def test_what_is_missing_is_named_with_its_place() -> None:
    with pytest.raises(NotInSandbox, match=r"'aws:mq/broker:Broker'.*sandbox/provider/services/"):
        resource("aws:mq/broker:Broker")
    with pytest.raises(NotInSandbox, match=r"'aws:ec2/getAmi:getAmi'.*sandbox/provider/invokes/"):
        invoke("aws:ec2/getAmi:getAmi")
