"""What a trial leaves: its strikes, how it went on, what was wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Strike:
    """One blow. `moment` is when it fell, in seconds from its command's start; None where nobody wrote it down.

    `retry` tells that what was struck was a retry. `missed`: the phase was over, or the victim gone, before the blow.
    """

    phase: str
    fault: str
    blow: str
    kills: int = 0
    moment: float | None = None
    retry: bool = False
    missed: bool = False


@dataclass
class Row:
    """The outcome of a trial, whose first aim were `phase` and `fault`.

    `verdict` is ok, wrong (see `wrong`), or missed: no blow of it fell.
    """

    seed: str
    phase: str
    fault: str
    action: str
    strikes: list[Strike] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    rounds: int = 0
    seconds: float = 0.0
    verdict: str = ""

    @property
    def kills(self) -> int:
        return sum(strike.kills for strike in self.strikes)

    @property
    def is_struck(self) -> bool:
        return not all(strike.missed for strike in self.strikes)

    def document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Row:
        """Raises TypeError for a document of another shape."""
        return cls(**{**document, "strikes": [Strike(**one) for one in document["strikes"]]})
