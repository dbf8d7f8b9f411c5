"""Keys that no section has: kept in the file, but without effect, so a typo would pass unseen."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Final

from cloud_core.domain.manifest.dialects import FLAT_DEPLOYMENT
from cloud_core.domain.manifest.model import ManifestPart, known_keys
from cloud_core.domain.validation.findings import Finding
from cloud_core.domain.validation.subject import Subject

Path = tuple[str, ...]
_COMPARED: Final = 50  # comparing is slow: ten thousand unknown names must not take minutes


def check_unknown_keys(subject: Subject) -> Iterator[Finding]:
    """A warning for each, with the key that was probably meant."""
    for path, part in _parts(subject.manifest, ()):
        for key in part.model_extra or {}:
            known = [*known_keys(type(part))]
            hint = _place_of(key) if not path else None
            message = f"the key {key!r} is unknown{hint or did_you_mean(key, known)}"
            yield subject.found("UNKNOWN_KEY", (*path, key), message)


def did_you_mean(word: str, known: Collection[str]) -> str:
    """`: did you mean 'x'?`, or nothing when no known word is close. Of many only the likely ones are compared."""
    likely = known if len(known) <= _COMPARED else (other for other in known if _is_likely(word, other))
    close = get_close_matches(word, list(islice(likely, _COMPARED)), n=1, cutoff=0.6)
    return f": did you mean {close[0]!r}?" if close else ""


def _is_likely(word: str, other: str) -> bool:
    return word[:1] == other[:1] and abs(len(word) - len(other)) <= 2


def _place_of(key: str) -> str | None:
    """Flat keys beside a `deployment` section belong into it."""
    return f": write it as 'deployment.{FLAT_DEPLOYMENT[key]}'" if key in FLAT_DEPLOYMENT else None


def _parts(part: ManifestPart, path: Path) -> Iterator[tuple[Path, ManifestPart]]:
    yield path, part
    for key, name in known_keys(type(part)).items():
        value = getattr(part, name)
        if isinstance(value, ManifestPart):
            yield from _parts(value, (*path, key))
        elif isinstance(value, dict):
            for inner, item in value.items():
                if isinstance(item, ManifestPart):
                    yield from _parts(item, (*path, key, inner))
