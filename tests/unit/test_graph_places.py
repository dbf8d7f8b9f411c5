"""Places for GraphQL's sockets."""

from __future__ import annotations

from api.graph.places import Places
from cloud_core.domain.access.users import Group, User

QUOTAS = {Group.ADMINISTRATORS: 3, Group.READ_ONLY: 1}


def user(name: str, group: Group | None = Group.READ_ONLY) -> User:
    return User(name, name, group, frozenset(), 0)


def test_a_user_has_so_many_and_gets_back_what_is_left() -> None:
    places = Places(10, QUOTAS)
    assert [places.enter() and places.sit(user("ada", Group.ADMINISTRATORS)) for _ in range(4)] == [True] * 3 + [False]
    assert places.sit(user("rob"))
    places.leave(user("ada", Group.ADMINISTRATORS))
    assert places.sit(user("ada", Group.ADMINISTRATORS))
    assert places.sit(user("nobody", None))
    assert not places.sit(user("nobody", None))


def test_the_process_has_so_many() -> None:
    places = Places(2, QUOTAS)
    assert [places.enter() and places.sit(user(name)) for name in "abc"] == [True, True, False]
    places.leave(None)
    places.leave(user("a"))
    assert places.enter()
    assert places.sit(user("c"))


def test_who_does_not_say_who_it_is_takes_no_place_from_users() -> None:
    places = Places(2, QUOTAS)
    assert places.enter()
    assert places.sit(user("a"))
    assert [places.enter() for _ in range(3)] == [True, True, False]
    places.leave(None)
    assert places.enter()
    assert places.sit(user("b"))
