"""What is drawn by lot, and what a scenario says of itself at its end."""

import pytest
from soak_builders import SEED, Score, drawn


@pytest.fixture
def chance(request):
    print(f"\nSOAK_SEED={SEED}")
    return drawn(request.node.name)


@pytest.fixture
def score(request):
    score = Score()
    yield score
    print(f"{request.node.name}: {score}")
