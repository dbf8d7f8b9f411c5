"""The one place that knows how the flow service's client fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect.exceptions import PrefectHTTPStatusError

from cloud_core.domain.errors import FlowServiceUnreachable


@contextmanager
def translate_prefect_errors(api_url: str) -> Iterator[None]:
    """Connection failures and refusals of the service become FlowServiceUnreachable."""
    try:
        yield
    except PrefectHTTPStatusError as error:
        if error.response.status_code == httpx.codes.UNAUTHORIZED:
            raise FlowServiceUnreachable(
                f"the flow service at {api_url} wants a password, and PREFECT_API_AUTH_STRING does not hold it",
                suggestion="set PREFECT_API_AUTH_STRING to what the server has in PREFECT_SERVER_API_AUTH_STRING",
            ) from error
        raise FlowServiceUnreachable(
            f"the flow service at {api_url} refused the request: HTTP {error.response.status_code}",
            suggestion="look at the flow service's log; 'cloud sandbox status' shows where it is",
        ) from error
    except (httpx.HTTPError, RuntimeError) as error:
        raise FlowServiceUnreachable(
            f"the flow service at {api_url} can't be reached ({type(error).__name__})",
            suggestion="run 'cloud sandbox status', or check CLOUD_PREFECT__API_URL",
        ) from error
