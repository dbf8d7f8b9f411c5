"""User data of launch templates as machines get it.

By itself moto takes the user data of a template's first version alone for what it is: whatever starts a machine of a
later version fails.
"""

from __future__ import annotations

from typing import Any


def read_user_data_of_every_version() -> None:
    """Make moto read the user data of later versions as that of the first."""
    from moto.ec2.models.launch_templates import LaunchTemplateVersion
    from moto.ec2.utils import parse_user_data

    def user_data(version: Any) -> Any:
        given = version.data.get("UserData")
        return parse_user_data(given) if isinstance(given, str) else given

    versions: Any = LaunchTemplateVersion
    versions.user_data = property(user_data)
