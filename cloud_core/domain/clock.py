"""Times as the records keep them: UTC, milliseconds, fixed width, so that they sort as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def timestamp(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def parse_timestamp(text: str) -> datetime:
    """Raises ValueError for anything but an ISO 8601 date-time with a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999 in UTC") from None


def timestamp_after(previous: str, moment: datetime) -> str:
    """The moment's timestamp, or the first one later than `previous` when the clock did not move on (or went back)."""
    return max(timestamp(moment), timestamp(parse_timestamp(previous) + timedelta(milliseconds=1)))
