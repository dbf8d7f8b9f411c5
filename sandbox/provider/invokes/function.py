"""What a function of the provider is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.provider.aws import Aws


@dataclass(frozen=True)
class Invoke:
    """A function of the provider: plain arguments in, plain results out.

    `secrets`: names of results that are always secret. `takes_tags`: the function finds the tags that the run gives
    every object among its arguments, as `defaultTags`.
    """

    token: str
    function: Callable[[Aws, Mapping[str, Any]], Mapping[str, Any]]
    secrets: tuple[str, ...] = field(default=())
    takes_tags: bool = False
