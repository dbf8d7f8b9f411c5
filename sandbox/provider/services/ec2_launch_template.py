"""EC2: launch templates. A change of what they say is a new version; the old ones stay."""

from __future__ import annotations

from typing import Any, Final

from sandbox.provider.gaps import Gap
from sandbox.provider.language import Create, Delete, Input, Kind, LiveObject, Output, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.services.ec2_words import arn, ec2_tags
from sandbox.provider.shapes import Shape, block, pairs

GONE: Final = ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException")
OWN: Final = "launch-template"

# A flag that Pulumi writes as text, so that it can be left out.
FLAG_TEXT: Final = Shape(lambda given: str(given).lower() == "true", lambda found: "true" if found else "false")
DEVICES: Final = block({name: (api, FLAG_TEXT) for name, api in (
    ("deleteOnTermination", "DeleteOnTermination"),
    ("encrypted", "Encrypted"),
)})  # fmt: skip
INTERFACES: Final = block({
    "associatePublicIpAddress": ("AssociatePublicIpAddress", FLAG_TEXT),
    "deleteOnTermination": ("DeleteOnTermination", FLAG_TEXT),
    "securityGroups": "Groups",
})  # fmt: skip
TAGGED: Final = block({"tags": ("Tags", pairs("Key"))})


def _said(name: str, api: str = "", **more: Any) -> Input:
    """A part of what a version says; AWS may add to a block what the program leaves out."""
    more = {"kind": Kind.BLOCK, "partial": True, **more} if more else more
    return Input(name, f"Data.{api or name[:1].upper() + name[1:]}", **more)


SAID: Final = (
    _said("blockDeviceMappings", shape=DEVICES),
    _said("creditSpecification", shape=block()),
    _said("disableApiStop"),
    _said("disableApiTermination"),
    _said("ebsOptimized", kind=Kind.PLAIN, shape=FLAG_TEXT),
    _said("iamInstanceProfile", shape=block()),
    _said("imageId"),
    _said("instanceInitiatedShutdownBehavior"),
    _said("instanceType"),
    _said("keyName"),
    _said("metadataOptions", shape=block()),
    _said("monitoring", shape=block()),
    _said("networkInterfaces", shape=INTERFACES, unordered=("securityGroups",)),
    _said("placement", shape=block()),
    _said("tagSpecifications", shape=TAGGED, unordered=("tagSpecifications",)),
    _said("userData"),
    _said("vpcSecurityGroupIds", "SecurityGroupIds", kind=Kind.SET),
)
CONTENT: Final = {one.parameter: f"${one.name}" for one in SAID}
VERSION: Final[dict[str, Any]] = {"LaunchTemplateData": CONTENT, "VersionDescription": "$description"}


def _read(scope: Scope) -> LiveObject | None:
    """The newest version tells what the template says."""
    live = Read(call("describe_launch_templates", LaunchTemplateIds=["$id"]), at="LaunchTemplates[0]", gone=GONE)(scope)
    if live is None:
        return None
    asked = {"LaunchTemplateId": scope.id, "Versions": ["$Latest"]}
    newest = scope.request("describe_launch_template_versions", asked)["LaunchTemplateVersions"][0]
    said = dict(newest["LaunchTemplateData"])
    tagged = said.get("TagSpecifications") or ()
    said["TagSpecifications"] = [one for one in tagged if one["ResourceType"] != OWN]
    filters = [{"Name": "resource-id", "Values": [scope.id]}]
    tags = scope.request("describe_tags", {"Filters": filters})["Tags"]
    return {**live, "Data": said, "VersionDescription": newest.get("VersionDescription"), "Tags": tags}


def _new_version(scope: Scope) -> None:
    made = scope.run(call("create_launch_template_version", LaunchTemplateId="$id", **VERSION))
    if scope.value("updateDefaultVersion"):
        number = str(made["LaunchTemplateVersion"]["VersionNumber"])
        scope.request("modify_launch_template", {"LaunchTemplateId": scope.id, "DefaultVersion": number})


LAUNCH_TEMPLATE: Final = Resource(
    token="aws:ec2/launchTemplate:LaunchTemplate",
    service="ec2",
    inputs=(
        Input("name", "LaunchTemplateName", replaces=True, autoname=128),
        Input("namePrefix", replaces=True, stored=True),
        Input("description", "VersionDescription"),
        Input("updateDefaultVersion", stored=True),
        *SAID,
    ),
    outputs=(
        arn(OWN),
        Output("defaultVersion", "DefaultVersionNumber", volatile=True),
        Output("latestVersion", "LatestVersionNumber", volatile=True),
    ),
    create=Create(
        call("create_launch_template", "name", **VERSION),
        at="LaunchTemplate.LaunchTemplateId",
        tags="TagSpecifications",
    ),
    read=_read,
    settings=(
        setting(
            f"description updateDefaultVersion {' '.join(one.name for one in SAID)}", _new_version, on_create=False
        ),
    ),
    delete=Delete((call("delete_launch_template", LaunchTemplateId="$id"),), gone=GONE),
    tags=ec2_tags(OWN),
    identity=("name",),
)

RESOURCES: Final = (LAUNCH_TEMPLATE,)

GAPS: Final = (
    Gap(
        LAUNCH_TEMPLATE.token,
        "tagSpecifications",
        "create_launch_template puts the template's own tags among those of what it launches",
        "they are left out of what is read",
    ),
    Gap(
        LAUNCH_TEMPLATE.token,
        "tags",
        "describe_launch_templates tells those of the creation for ever",
        "describe_tags tells them",
    ),
)
