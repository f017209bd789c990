"""Which paths become one endpoint, and which stay what they are."""

import pytest
from intake_builders import nd

from edgedns_mcp.errors import IntakeError, QuestionError
from edgedns_mcp.intake.folding import Folding


@pytest.mark.parametrize(
    "segment",
    [
        "1",
        "20261005",
        "123e4567-e89b-12d3-a456-426614174000",
        "123E4567-E89B-12D3-A456-426614174000",
        "507f1f77bcf86cd799439011",
        "deadbeefdeadbeef",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "user@example.org",
        "cus9s6XKzkNRiz8i3NtQ",
    ],
)
def test_an_id_is_folded(segment):
    assert Folding(["ids"]).path(f"/v1/zones/{segment}/records") == "/v1/zones/{id}/records"
    assert Folding(["ids"]).path(f"/v1/zones/{segment}") == "/v1/zones/{id}"


@pytest.mark.parametrize(
    "path",
    ["/", "", "*", "/v1/zones", "/v2", "/oauth2/token", "/zones/example.org", "/internationalization-of-names",
     "/{secret}/x", "/zones/{zone_id}", "/deadbeef", "/reports/2026-10"],
)  # fmt: skip
def test_a_word_is_not_folded(path):
    assert Folding(["ids"]).path(path) == path


def test_a_template_folds_what_the_rules_do_not():
    folding = Folding(["/v1/zones/*", "/v1/zones/*/records/*"])
    assert folding.path("/v1/zones/example.org") == "/v1/zones/{id}"
    assert folding.path("/v1/zones/example.org/records/www") == "/v1/zones/{id}/records/{id}"
    assert folding.path("/v1/zones/example.org/keys/7") == "/v1/zones/example.org/keys/7"
    assert folding.path("/v1/zones/") == "/v1/zones/"


def test_without_folding_paths_stay_as_they_are(desk):
    desk.take(desk.log(nd(endpoint="/v1/zones/7"), nd(endpoint="/v1/zones/8")), log_format="ndjson")
    assert set(desk.endpoints()) == {"/v1/zones/7", "/v1/zones/8"}


def test_folded_paths_are_one_endpoint(desk):
    lines = [nd(endpoint=f"/v1/zones/{n}") for n in range(50)]
    desk.take(desk.log(*lines), log_format="ndjson", fold=("ids",))
    assert {path: tally.requests for path, tally in desk.endpoints().items()} == {"/v1/zones/{id}": 50}


def test_other_folding_for_a_known_file_is_refused(desk):
    path = desk.log(nd())
    desk.take(path, log_format="ndjson", fold=("/v1/*", "ids"))
    assert desk.take(path, log_format="ndjson", fold=("ids", "/v1/*")).requests == 0
    with pytest.raises(IntakeError, match=r"with --format ndjson --fold /v1/\* --fold ids, and"):
        desk.take(path, log_format="ndjson")


def test_a_rule_that_is_none_says_how_to_write_one(desk):
    with pytest.raises(QuestionError, match=r"--fold 'id' is not understood; write --fold ids, or a path like"):
        desk.take(desk.log(nd()), log_format="ndjson", fold=("id",))
