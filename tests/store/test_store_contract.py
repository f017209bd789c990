"""The embedded database is held to the contract of all stores."""

from contract_series import *  # noqa: F403 - the suite runs here, too
from contract_sums import *  # noqa: F403 - the suite runs here, too
