"""What a refusal of the flow service becomes."""

from __future__ import annotations

import httpx
import pytest
from prefect.exceptions import PrefectHTTPStatusError

from cloud_core.adapters.prefect.errors import translate_prefect_errors
from cloud_core.domain.errors import FlowServiceUnreachable

API = "http://127.0.0.1:4200/api"


def refusal(status: int) -> FlowServiceUnreachable:
    response = httpx.Response(status, request=httpx.Request("GET", API), json={"detail": "no"})
    with pytest.raises(FlowServiceUnreachable) as found, translate_prefect_errors(API):
        raise PrefectHTTPStatusError.from_httpx_error(
            httpx.HTTPStatusError("refused", request=response.request, response=response)
        )
    return found.value


def test_a_wanted_password_is_said_with_the_variable_that_holds_it() -> None:
    error = refusal(401)
    assert error.message == f"the flow service at {API} wants a password, and PREFECT_API_AUTH_STRING does not hold it"
    assert "PREFECT_SERVER_API_AUTH_STRING" in (error.suggestion or "")


def test_any_other_refusal_is_told_by_its_number() -> None:
    assert refusal(422).message == f"the flow service at {API} refused the request: HTTP 422"
