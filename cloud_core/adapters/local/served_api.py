"""Whether an API answers at an address."""

from __future__ import annotations

from typing import Final

import httpx

from cloud_core.domain.errors import Unavailable

_SECONDS: Final = 5.0


def ask_api(api_url: str) -> str:
    """The version of the API there. Unavailable when nobody answers, or somebody else."""
    try:
        answer = httpx.get(f"{api_url}/info", timeout=_SECONDS, follow_redirects=False)
        document = answer.raise_for_status().json()
        if document["name"] == "cloud":
            return str(document["version"])
        what = "something else answers there"
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        what = type(error).__name__
    raise Unavailable(f"the API at {api_url} can't be used: {what}")
