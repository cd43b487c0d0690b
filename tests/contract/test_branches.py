import pytest

from lakehouse_contract.branches import published_tag, run_branch, run_of


def test_branch_and_tag_of_a_run_lead_back_to_it():
    assert run_branch("jr_0a1b") == "run_jr_0a1b"
    assert published_tag("jr_0a1b") == "published_jr_0a1b"
    assert run_of("run_jr_0a1b") == run_of("published_jr_0a1b") == "jr_0a1b"


@pytest.mark.parametrize("name", ["", "a b", "x" * 201, "jr/1", "jr'1"])
def test_what_cannot_be_a_run_gives_no_branch(name):
    with pytest.raises(ValueError, match="is not the id of a run"):
        run_branch(name)


def test_a_name_that_no_run_gave_is_refused():
    with pytest.raises(ValueError, match="neither a run's branch"):
        run_of("main")
