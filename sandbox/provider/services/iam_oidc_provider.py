"""IAM: issuers of tokens whose subjects may take on roles."""

from __future__ import annotations

from typing import Final

from sandbox.provider.gaps import Gap
from sandbox.provider.language import Create, Delete, Input, Kind, Output, Read, Resource, Tags, call, remember, setting
from sandbox.provider.shapes import Shape

GONE: Final = ("NoSuchEntity",)
THE_PROVIDER: Final = {"OpenIDConnectProviderArn": "$id"}
# IAM tells the address without its scheme.
ADDRESS: Final = Shape(lambda given: given, lambda found: f"https://{found.removeprefix('https://')}")


OIDC_PROVIDER: Final = Resource(
    token="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    service="iam",
    regional=False,
    inputs=(
        Input("url", required=True, replaces=True, shape=ADDRESS),
        Input("clientIdLists", "ClientIDList", kind=Kind.SET, required=True),
        Input("thumbprintLists", "ThumbprintList", computed=True),
    ),
    outputs=(Output("arn", text="{id}"),),
    create=Create(
        call("create_open_id_connect_provider", "url clientIdLists thumbprintLists"),
        at="OpenIDConnectProviderArn",
        tags="Tags",
    ),
    read=Read(call("get_open_id_connect_provider", **THE_PROVIDER), at="@", gone=GONE, remembers=("clientIdLists",)),
    settings=(
        setting("clientIdLists", remember, on_create=False),
        setting(
            "thumbprintLists",
            call("update_open_id_connect_provider_thumbprint", "thumbprintLists", **THE_PROVIDER),
            on_create=False,
        ),
    ),
    delete=Delete((call("delete_open_id_connect_provider", **THE_PROVIDER),), gone=GONE),
    tags=Tags(
        add=call("tag_open_id_connect_provider", Tags="$new_tags", **THE_PROVIDER),
        remove=call("untag_open_id_connect_provider", TagKeys="$gone_keys", **THE_PROVIDER),
    ),
    identity=("url",),
)

RESOURCES: Final = (OIDC_PROVIDER,)
GAPS: Final = (
    Gap(
        OIDC_PROVIDER.token,
        "clientIdLists",
        "add_client_id_to_open_id_connect_provider has not been implemented",
        "the state remembers them",
    ),
)
