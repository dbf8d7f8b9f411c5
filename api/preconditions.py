"""ETags: which version an answer is of, and which one a change was made from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

from fastapi import Header, Response

from api.errors import Refusal
from cloud_core.domain.errors import ManifestConflict, VersionConflict

_TAG: Final = re.compile(r'"?([1-9][0-9]{0,17})"?')

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=32, description="The ETag of the version that the change was made from."),
]


def tag(response: Response, version: int) -> None:
    response.headers["ETag"] = f'"{version}"'


def version_of(if_match: str | None) -> int | None:
    """None without the header, or for any version (`*`). Raises Refusal for what no version of ours can be."""
    if if_match in (None, "*"):
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise _stale("it is no ETag of ours")
    return int(found.group(1))


@contextmanager
def precondition(if_match: str | None) -> Iterator[None]:
    """A version that moved on is a failed precondition for whoever named one in a header, else a conflict."""
    try:
        yield
    except (VersionConflict, ManifestConflict) as error:
        if if_match is None:
            raise
        raise _stale(error.message) from None


def _stale(why: str) -> Refusal:
    return Refusal("PRECONDITION_FAILED", f"If-Match is refused: {why}", "read it again and repeat the change")
