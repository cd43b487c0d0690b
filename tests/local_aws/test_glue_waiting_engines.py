"""Which of the Javas that wait a job gets, and which of them are ended."""

import pytest

from local_aws.glue.jobs import engines, spark
from local_aws.settings import EndpointSettings
from tests.local_aws.glue_jobs import wait_for
from tests.local_aws.waiting_engine import WaitingEngine

PLAIN = spark.JavaOptions()
LARGE = spark.JavaOptions(settings=(("spark.driver.memory", "4g"),))


@pytest.fixture
def serving(tmp_path, monkeypatch):
    """`serving(options)`: a Java of these options that serves a job."""
    monkeypatch.setattr(engines, "endpoint_settings", lambda: EndpointSettings("127.0.0.1", 0, tmp_path, None))
    for name, empty in {"_members": {}, "_waiting": [], "_clearing": []}.items():
        monkeypatch.setattr(engines, name, empty)

    def start(options=PLAIN, **state):
        directory = tmp_path / str(len(engines._members))
        directory.mkdir()
        engine = WaitingEngine(directory, **state)
        engines._members[engine] = engines._Member(engine, options)
        return engine

    return start


def give_back(engine):
    engines.give_back(engine)
    wait_for(lambda: not engines._clearing)


def test_a_java_that_does_not_answer_is_ended_and_the_next_is_taken(serving, monkeypatch):
    monkeypatch.setattr(engines, "most_waiting", lambda: 2)
    silent, good = serving(answers=False), serving()
    give_back(silent)
    give_back(good)

    taken = engines.take(PLAIN, {})

    assert taken is good
    assert not silent.is_alive
    assert not silent.directory.exists()


def test_a_java_that_comes_back_takes_the_place_of_the_one_that_has_waited_longest(serving, monkeypatch):
    monkeypatch.setattr(engines, "most_waiting", lambda: 1)
    plain, large = serving(), serving(LARGE)
    give_back(plain)
    give_back(large)

    wait_for(lambda: not plain.directory.exists())
    assert not plain.is_alive
    assert engines.take(LARGE, {}) is large


def test_a_java_that_was_killed_while_it_waited_has_no_place(serving, monkeypatch):
    monkeypatch.setattr(engines, "most_waiting", lambda: 2)
    first, killed, last = serving(), serving(), serving()
    give_back(first)
    give_back(killed)
    killed.kill()
    give_back(last)

    wait_for(lambda: not killed.directory.exists())
    assert {engines.take(PLAIN, {}), engines.take(PLAIN, {})} == {first, last}
