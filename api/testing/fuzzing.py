"""Requests that schemathesis makes from the contract, and what is wrong with the answers to them.

Of each operation and role there are requests as the contract has them, in places that exist, and requests that break
it. Half of the good ones say what a known good request says besides: by chance alone none would get past the door.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig

from api.testing.calls import BY_NAME, Call
from api.testing.contract import Operation, document
from api.testing.worlds import ROLES, ApiOverWorlds

_ADDRESS: Final = "http://api.test"
_CONFIGURATION: Final = {
    "generation": {"with-security-parameters": False},
    "checks": {"negative_data_rejection": {"expected-statuses": [400, 401, 403, 404, 405, 409, 412, 413, 422]}},
}
_OF_ANSWERS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
_OF_REFUSALS: Final = ("negative_data_rejection", "missing_required_header", "unsupported_method")
_OK: Final = range(200, 300)


@dataclass
class Tally:
    """What was sent, by kind, and the statuses of the answers."""

    sent: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)

    def to_data(self) -> dict[str, int]:
        told = {f"answered with {status}": number for status, number in sorted(self.statuses.items())}
        return {"requests": self.sent.total(), **self.sent, **told}


class Fuzzer:
    """`examples` is how many requests of each kind every role makes; from the same seed come the same ones."""

    def __init__(self, api: ApiOverWorlds, operation: Operation, examples: int, seed_number: int) -> None:
        self._api = api
        self._operation = operation
        self._generated = _schema()[operation.path][operation.method]
        self._examples = examples
        self._seed = seed_number
        self.tally = Tally()

    def run(self) -> None:
        """Raises AssertionError, or schemathesis' group of failures, for the first answer that is not as it should."""
        for role in ROLES:
            self._known(role)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                self._some(role, mode)
        assert any(status in _OK for status in self.tally.statuses), f"never answered well: {self.tally.to_data()}"

    def _known(self, role: str) -> None:
        """The known good request succeeds for those who may, as the contract says."""
        call = BY_NAME.get(self._operation.name)
        asked = self._api.worlds.prepared(call) if call else None
        given_body = {} if asked is None or asked.json is None else {"body": asked.json}
        case = self._generated.Case(
            path_parameters=self._places(asked), query=dict(asked.params) if asked else {}, **given_body
        )
        answer = self._send(case, role, "known")
        assert (answer.status_code in _OK) is self._may(role), answer.text
        self._judge(case, answer, role, _OF_ANSWERS)

    def _some(self, role: str, mode: GenerationMode) -> None:
        call = BY_NAME.get(self._operation.name)
        asked = self._api.worlds.prepared(call) if call else None
        in_place: dict[str, Any] = {}
        if mode is GenerationMode.POSITIVE and asked is not None:
            about = {name: value for name, value in asked.params.items() if name == "deployment_id"}
            in_place = {"path_parameters": self._places(asked) or None, "query": about or None}
        cases = self._generated.as_strategy(generation_mode=mode, **in_place)
        checks = (*_OF_ANSWERS, *_OF_REFUSALS)

        @seed(self._seed)
        @settings(
            max_examples=self._examples,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(cases, st.booleans())
        def ask(case: Case[Any], leaning: bool) -> None:
            if leaning and mode is GenerationMode.POSITIVE and asked is not None:
                self._lean(case, asked)
            answer = self._send(case, role, mode.value)
            self._judge(case, answer, role, checks)
            if mode is GenerationMode.POSITIVE:
                _require_no_broken_rule(answer)

        try:
            ask()
        except Unsatisfiable:
            # A request in which nothing can be wrong.
            assert mode is GenerationMode.NEGATIVE
            assert not self._operation.definition.get("parameters")

    def _lean(self, case: Case[Any], asked: Call) -> None:
        """Let the request also say what the known one says, where the contract allows both together."""
        case.query = {**case.query, **asked.params}
        if asked.json is None:
            return
        both = {**case.body, **asked.json} if isinstance(case.body, dict) else asked.json
        case.body = both if self._operation.accepts(both) else asked.json
        case.media_type = "application/json"

    def _places(self, asked: Call | None) -> dict[str, str]:
        return self._operation.places(asked.path) if asked else {}

    def _may(self, role: str) -> bool:
        call = BY_NAME.get(self._operation.name)
        return call is None or role in call.who

    def _send(self, case: Case[Any], role: str, kind: str) -> httpx.Response:
        request = case.as_transport_kwargs(base_url=_ADDRESS)
        request.pop("cookies", None)
        if "data" in request:
            request["content"] = request.pop("data")
        method, url = request.pop("method"), request.pop("url")
        answer = self._api.as_role(role).call(
            method, url.removeprefix(_ADDRESS), headers=dict(request.pop("headers")), **request
        )
        self.tally.sent[kind] += 1
        self.tally.statuses[answer.status_code] += 1
        return answer

    def _judge(self, case: Case[Any], answer: httpx.Response, role: str, checks: tuple[str, ...]) -> None:
        case.validate_response(answer, checks=[getattr(schemathesis.checks, name) for name in checks])
        if answer.status_code < 400:
            assert self._operation.may(ROLES[role][0]), f"{role} got in: {answer.text}"
            return
        code = answer.json()["error_code"]
        assert self._operation.error_codes.get(code) == answer.status_code, f"{code} is not declared: {answer.text}"
        if not self._operation.may(ROLES[role][0]):
            assert code in ("AUTHZ_FORBIDDEN", "MALFORMED_JSON"), f"{role} was told more: {answer.text}"


def _require_no_broken_rule(answer: httpx.Response) -> None:
    """What the contract allows is refused by services alone, which know more: never by the shapes of requests."""
    is_refused = answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    if is_refused and answer.json()["error_code"] in ("VALIDATION_INVALID_FORMAT", "VALIDATION_REQUIRED_FIELD"):
        assert not answer.json()["errors"], f"the contract does not say so: {answer.text}"


@cache
def _schema() -> Any:
    schemathesis.checks.load_all_checks()
    configuration = SchemathesisConfig.from_dict(_CONFIGURATION)
    return schemathesis.openapi.from_dict(dict(document()), config=configuration)
