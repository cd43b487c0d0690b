"""Of two runs that want the same files or months, one is published."""

import pytest
from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.versions import TableVersions

from lakehouse_contract.arrivals.claims import claim_of
from tests.plugins.claim_runs import EACH_KIND, claim_files, heads, publish


def test_of_two_runs_from_one_state_the_second_is_refused_and_its_files_stay(arrivals_lake, arrive):
    arrive("jr_0", [3])
    publish(arrivals_lake, "jr_0")
    arrive("jr_1", [1])
    arrive("jr_2", [1])
    before_publishing = arrivals_lake.contents("claimed/")
    publish(arrivals_lake, "jr_2")
    state = heads(arrivals_lake)
    with pytest.raises(LakeError, match="Run jr_1 is not published: stock_prices has changed since the run began"):
        publish(arrivals_lake, "jr_1")
    assert heads(arrivals_lake) == state
    assert arrivals_lake.published() == {1: "jr_2", 3: "jr_0"}
    assert before_publishing == [b"jr_1", b"jr_2"]


@EACH_KIND
@pytest.mark.parametrize("sleeps", ["before it reads what is published", "before its first commit"])
def test_a_publisher_that_sleeps_while_its_files_are_claimed_again_publishes_nothing(
    arrivals_lake, arrive, monkeypatch, sleeps
):
    arrive("jr_0", [3])
    publish(arrivals_lake, "jr_0")
    arrive("jr_1", [1])
    move_main = TableVersions.move_main
    claims = []

    def sleep_and_move(versions, *arguments, **named):
        if not claims:
            claims.append(claim_files(arrivals_lake))
        return move_main(versions, *arguments, **named)

    if sleeps == "before its first commit":
        monkeypatch.setattr(TableVersions, "move_main", sleep_and_move)
    else:
        claims.append(claim_files(arrivals_lake))
    before = heads(arrivals_lake)
    with pytest.raises(LakeError, match="Run jr_1 is not published: its files were claimed again since"):
        publish(arrivals_lake, "jr_1")
    assert heads(arrivals_lake) == before
    files = arrivals_lake.claimed_files(claims[0])
    assert [file["name"] for file in files] == ["jr_1.csv"]
    arrivals_lake.load("jr_2", claim_of(arrivals_lake.arrivals, claims[0]["claim"]), files, [1])
    publish(arrivals_lake, "jr_2")
    assert arrivals_lake.published() == {1: "jr_2", 3: "jr_0"}
    assert [(line["file_name"], line["run"]) for line in arrivals_lake.ledger()] == [
        ("jr_0.csv", "jr_0"),
        ("jr_1.csv", "jr_2"),
    ]


def test_of_two_claims_at_once_the_later_one_is_published(arrivals_lake, arrive):
    arrive("jr_0", [3])
    publish(arrivals_lake, "jr_0")
    for run in ("jr_1", "jr_2"):
        arrivals_lake.drop(f"{run}.csv", run.encode())
        claimed_at = arrivals_lake.publication.fence_off_earlier_claims()
        claim = arrivals_lake.files.claim(arrivals_lake.bucket, run, arrivals_lake.settled, claimed_at)
        arrivals_lake.load(
            run, claim_of(arrivals_lake.arrivals, claim["claim"]), arrivals_lake.claimed_files(claim), [1]
        )
    with pytest.raises(LakeError, match="its files were claimed again"):
        publish(arrivals_lake, "jr_1")
    publish(arrivals_lake, "jr_2")
    assert arrivals_lake.published() == {1: "jr_2", 3: "jr_0"}
