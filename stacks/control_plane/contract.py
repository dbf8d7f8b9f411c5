"""What the control plane gives."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

Text = pulumi.Output[str]


@dataclass(frozen=True)
class Outputs:
    """`table_prefix`, the regions and the ids are what the settings of `domain.control_plane.settings_of` say.

    `connections_endpoint` is where the relay posts, `function_digest` and `function_bytes` are of the functions' code.
    """

    table_prefix: str
    table_names: pulumi.Output[dict[str, str]]
    table_arns: pulumi.Output[dict[str, str]]
    region: str
    user_pool_region: str
    user_pool_id: Text
    user_pool_arn: Text
    user_pool_client_id: Text
    socket_url: Text
    connections_endpoint: Text
    function_digest: str
    function_bytes: int
    graphql_url: Text
    relay_policy_arn: Text
    alarm_topic_arn: Text
