"""How many sockets are open at once: of all, and of each user, by the quotas of the other sockets (`/ws`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from cloud_core.domain.access.users import Group, User


class Places:
    """Of one process; used by its event loop alone. Those of whom nobody knows yet who they are stand apart, as many as
    of users: they take no place from these."""

    def __init__(self, most: int, of_group: Mapping[Group, int]) -> None:
        self._most = most
        self._of_group = of_group
        self._waiting = 0
        self._users: Counter[str] = Counter()

    def enter(self) -> bool:
        """Whether a socket may come in; it waits then until it has said whose it is, or leaves."""
        if self._waiting >= self._most:
            return False
        self._waiting += 1
        return True

    def sit(self, user: User) -> bool:
        """Whether there is a place for one more of the user's. Who is in no group has one: there is nothing to see."""
        allowed = self._of_group.get(user.group, 1) if user.group else 1
        if self._users[user.id] >= allowed or self._users.total() >= self._most:
            return False
        self._waiting -= 1
        self._users[user.id] += 1
        return True

    def leave(self, user: User | None) -> None:
        """A socket is gone: of a user, or one that had still waited."""
        if user is None:
            self._waiting -= 1
            return
        self._users[user.id] -= 1
        self._users += Counter()  # those with none are forgotten
