"""What holds for every fault: no proxy of this machine is used, no key gets into the log, and nobody pauses in vain."""

import logging

import pytest
import stamina
from asking import KEY
from lives import never_faulted


@pytest.fixture(autouse=True)
def _no_proxy_of_the_machine(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def _no_key_in_the_log(caplog):
    caplog.set_level(logging.INFO)
    yield
    assert not [record for record in caplog.get_records("call") if KEY in f"{record.getMessage()} {vars(record)}"]


@pytest.fixture
def no_pauses():
    """Ask once more where it may help, without the pause between."""
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


_TWINS = {}


@pytest.fixture
async def twin(tmp_path_factory):
    """Give the same hours without any fault, with or without a reading amid."""

    async def of(*, amid: bool):
        if amid not in _TWINS:
            _TWINS[amid] = await never_faulted(tmp_path_factory.mktemp("twin"), amid=amid)
        return _TWINS[amid]

    return of
