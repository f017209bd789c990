"""What a caller over HTTP may be allowed to ask."""

from typing import Literal, get_args

Scope = Literal["usage:read", "chargeback:read"]
USAGE: Scope = "usage:read"
CHARGEBACK: Scope = "chargeback:read"
SCOPES: tuple[Scope, ...] = get_args(Scope)
