"""Each question is asked once in a run."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloud_core.domain.errors import Unavailable
from cloud_core.ports.aws import AwsQueries, AwsScope
from cloud_core.services.runs.run_cache import CachedAwsQueries, CachedSecretSource
from cloud_core.testing.aws import FakeAwsQueries, FakeSecretSource

DEV = AwsScope("410000000017", "eu-west-1")
OTHER = AwsScope("410000000025", "eu-west-1")


def ask_everything(aws: AwsQueries) -> list[object]:
    return [
        aws.hosted_zone_id(DEV, "a.test"),
        aws.certificate_arn(DEV, "a.test"),
        aws.latest_image_id(DEV, "amazonLinux2"),
        aws.latest_image_id(DEV, "amazonLinux2", "arm64"),
        aws.availability_zones(DEV),
        aws.availability_zones(OTHER),
        aws.default_vpc_id(DEV),
        aws.resource_id_by_tag(DEV, "vpc", "Name", "none"),
        aws.caller_identity(DEV),
        aws.refusals(DEV, ["ec2:CreateVpc"]),
    ]


def test_answers_are_those_of_the_queries_and_asked_once_each() -> None:
    fake = FakeAwsQueries()
    fake.add_hosted_zone(DEV, "a.test")
    fake.add_certificate(DEV, "a.test")
    fake.add_image(DEV, "amazonLinux2")
    fake.add_image(DEV, "amazonLinux2", "arm64")
    fake.add_vpc(DEV, is_default=True)
    direct = ask_everything(fake)
    fake.calls.clear()
    cached = CachedAwsQueries(fake)
    assert ask_everything(cached) == direct
    assert ask_everything(cached) == direct
    assert len(fake.calls) == len(direct)


def test_an_answer_that_is_changed_by_its_reader_is_unchanged_for_the_next() -> None:
    cached = CachedAwsQueries(FakeAwsQueries())
    cached.availability_zones(DEV).clear()
    assert cached.availability_zones(DEV) == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]


def test_many_threads_wait_for_one_call() -> None:
    threads = 8
    everyone = threading.Barrier(threads, timeout=60)
    source = FakeSecretSource()
    source.put_secret(DEV, "name", "text")
    cached = CachedSecretSource(source)

    def ask(_: int) -> str:
        everyone.wait()
        return cached.secret(DEV, "name")

    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(ask, range(threads))) == ["text"] * threads
    assert source.calls == ["secret"]


def test_secrets_and_parameters_of_one_name_are_told_apart() -> None:
    source = FakeSecretSource()
    source.put_secret(DEV, "name", "secret")
    source.put_parameter(DEV, "name", "parameter")
    cached = CachedSecretSource(source)
    assert (cached.secret(DEV, "name"), cached.parameter(DEV, "name")) == ("secret", "parameter")


def test_a_failure_is_asked_again() -> None:
    source = FakeSecretSource()
    source.put_secret(DEV, "name", "text")
    source.failure = Unavailable("throttled")
    cached = CachedSecretSource(source)
    with pytest.raises(Unavailable):
        cached.secret(DEV, "name")
    source.failure = None
    assert cached.secret(DEV, "name") == "text"
