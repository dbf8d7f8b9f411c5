"""The AWS regions of the commercial partition that an environment may name."""

from __future__ import annotations

from typing import Final

KNOWN_REGIONS: Final = frozenset(
    f"{area}-{number}"
    for area, numbers in {
        "af-south": (1,),
        "ap-east": (1, 2),
        "ap-northeast": (1, 2, 3),
        "ap-south": (1, 2),
        "ap-southeast": (1, 2, 3, 4, 5, 6, 7),
        "ca-central": (1,),
        "ca-west": (1,),
        "eu-central": (1, 2),
        "eu-north": (1,),
        "eu-south": (1, 2),
        "eu-west": (1, 2, 3),
        "il-central": (1,),
        "me-central": (1,),
        "me-south": (1,),
        "mx-central": (1,),
        "sa-east": (1,),
        "us-east": (1, 2),
        "us-west": (1, 2),
    }.items()
    for number in numbers
)
