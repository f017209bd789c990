"""ClickHouse is held to the contract of all stores: asked in this process, and over HTTP."""

from contract_series import *  # noqa: F403 - the suite runs here, too
from contract_sums import *  # noqa: F403 - the suite runs here, too
