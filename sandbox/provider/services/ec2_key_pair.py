"""EC2: key pairs whose public half the program has."""

from __future__ import annotations

from typing import Final

from sandbox.provider.language import Create, Delete, Input, Output, Read, Resource, Tags, call
from sandbox.provider.services.ec2_words import arn
from sandbox.provider.tagging import TagForm

GONE: Final = ("InvalidKeyPair.NotFound",)

KEY_PAIR: Final = Resource(
    token="aws:ec2/keyPair:KeyPair",
    service="ec2",
    inputs=(
        Input("keyName", replaces=True, autoname=255),
        Input("keyNamePrefix", replaces=True, stored=True),
        Input("publicKey", required=True, replaces=True, stored=True),
    ),
    outputs=(arn("key-pair"), Output("fingerprint", "KeyFingerprint"), Output("keyPairId"), Output("keyType")),
    create=Create(
        call("import_key_pair", "keyName", PublicKeyMaterial="$publicKey"),
        text="{keyName}",
        tags="TagSpecifications",
    ),
    read=Read(call("describe_key_pairs", KeyNames=["$id"]), at="KeyPairs[0]", gone=GONE),
    delete=Delete((call("delete_key_pair", KeyName="$id"),), gone=GONE),
    tags=Tags(
        add=call("create_tags", Resources=["$keyPairId"], Tags="$new_tags"),
        remove=call("delete_tags", Resources=["$keyPairId"], Tags="$gone_tags"),
        form=TagForm.EC2,
        resource_type="key-pair",
    ),
    identity=("keyName",),
)

RESOURCES: Final = (KEY_PAIR,)
