"""What holds for every fault: no proxy of this machine is used, no key gets into the log, and nobody pauses in vain."""

import pytest
import quiet
import stamina
from lives import never_faulted

no_proxy_of_the_machine, no_key_in_the_log = quiet.no_proxy_of_the_machine, quiet.no_key_in_the_log


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
