"""What holds for every test that asks over a network: no proxy of this machine, and no key in the log."""

import logging

import pytest
from asking import KEY


@pytest.fixture(autouse=True)
def no_proxy_of_the_machine(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def no_key_in_the_log(caplog):
    caplog.set_level(logging.INFO)
    yield
    assert not [record for record in caplog.get_records("call") if KEY in f"{record.getMessage()} {vars(record)}"]
