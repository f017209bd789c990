"""The figures of a finding: what it counts, what it compares with, and how they are rounded."""

from dataclasses import replace

import pytest
from anomaly_builders import DAYS, a_watched, edges_of
from domain_builders import a_key

from edgedns_mcp.domain.anomalies.evidence import Scene, finding_of
from edgedns_mcp.domain.anomalies.incidents import Incident
from edgedns_mcp.domain.anomalies.misplaced import Misplaced
from edgedns_mcp.domain.anomalies.spikes import Trial
from edgedns_mcp.domain.anomalies.watched import Gap
from edgedns_mcp.models import Cell

KEY = a_watched([100] * DAYS, errors=[3] * DAYS)
TRIAL = Trial("passed", requests=1_000, mean=299.96, low=240, high=370, team=2.345, peers=4)


def a_finding(kind="spike", first=90, last=90, *, watched=KEY, cells=(), usual_errors=None, **more):
    incident = Incident("key_1", kind, first, last, first, 100, **more)
    return finding_of(incident, Scene(a_key(), watched, edges_of(watched), cells, (), usual_errors))


def test_figures_have_one_decimal():
    row = a_finding(trial=TRIAL, usual_errors=0.33333)
    assert (row.expected_count, row.ratio, row.team_ratio, row.team_peers) == (300.0, 3.3, 2.3, 4)
    assert (row.error_percent, row.usual_error_percent) == (3.0, 33.3)


def test_what_is_not_known_is_left_open():
    row = a_finding("error_burst")
    assert (row.usual_error_percent, row.expected_count, row.ratio, row.team_ratio) == (None,) * 4
    assert (row.team_peers, row.what, row.next_step) == (0, "", "")


def test_days_that_nobody_observed_have_no_errors():
    unseen = replace(KEY, counts=[*KEY.counts[:91], None], errors=[*KEY.errors[:91], None])
    row = a_finding(last=91, watched=unseen)
    assert (row.request_count, row.error_count) == (100, 3)


@pytest.mark.parametrize(("gap", "requests"), [(Gap(90, 92, 70), 370), (Gap(89, 90, 70), 300), (Gap(92, 93, 70), 300)])
def test_what_was_counted_together_counts_where_all_of_it_lies_in_the_incident(gap, requests):
    assert a_finding(first=90, last=92, watched=replace(KEY, gaps=(gap,))).request_count == requests


def test_use_of_new_endpoints_is_told_with_all_that_the_key_did_and_names_no_environment():
    row = a_finding("endpoint_shift", misplaced=(Misplaced(90, 40, 1, {"/new": 40}, "live"),))
    assert (row.request_count, row.error_count, row.wrong_environments) == (100, 3, {})


def test_paths_are_shown_up_to_120_characters():
    path = "/v1/" + "a" * 116
    row = a_finding(cells=[Cell(0, 60, "key_1", path, "live", 5, 0, 0)])
    assert (row.endpoint_distribution, row.new_endpoints) == ({path: 5}, {path: 5})
