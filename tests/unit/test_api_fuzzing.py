"""Every endpoint keeps its contract, for every role, whatever it is asked: see `api.testing.fuzzing`.

`make fuzz` does it for longer, from another seed each time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.testing.contract import operations
from api.testing.fuzzing import Fuzzer
from api.testing.issuer import TokenIssuer
from api.testing.worlds import ApiOverWorlds, over_worlds

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory, issuer: TokenIssuer) -> Iterator[ApiOverWorlds]:
    with over_worlds(tmp_path_factory.mktemp("worlds"), issuer) as api:
        yield api


@pytest.mark.parametrize("name", operations())
def test_it_keeps_its_contract(worlds: ApiOverWorlds, name: str, record_property: Callable[[str, Any], None]) -> None:
    fuzzer = Fuzzer(worlds, operations()[name], EXAMPLES, SEED)
    try:
        fuzzer.run()
    finally:
        record_property("tally", {f"fuzzing the API, seed {SEED}": {"endpoints": 1, **fuzzer.tally.to_data()}})
