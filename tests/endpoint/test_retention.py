"""The endpoint folds old hours into days by itself, and the figures of whole days stay."""

from datetime import timedelta

from endpoint_builders import Clock, an_event, running
from stored_cells import rows_on_sheets


def test_hours_older_than_they_are_kept_are_folded_once_a_day(tmp_path):
    clock = Clock()
    with running(tmp_path / "usage.db", clock, keep_hours=48) as endpoint:
        secret = endpoint.a_key()
        noon = clock.now.replace(hour=12)
        events = [an_event(timestamp=f"{noon - timedelta(days=3, hours=hour):%Y-%m-%dT%H:%M:%SZ}") for hour in range(5)]
        assert endpoint.post(events, secret).json()["accepted"] == 5
        assert len(endpoint.read(rows_on_sheets)) == 5
        clock.now += timedelta(days=1, minutes=1)
        assert endpoint.post([an_event(timestamp=f"{clock.now:%Y-%m-%dT%H:%M:%SZ}")], secret).json()["accepted"] == 1
        assert len(endpoint.read(rows_on_sheets)) == 1
        clock.now += timedelta(hours=1)
        assert endpoint.get("/v1/analytics/usage", secret).json()["total_requests"] == 6
