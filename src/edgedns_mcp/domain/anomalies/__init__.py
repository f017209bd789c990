"""What a key does that it never did: findings with evidence, and why the rest is none."""
