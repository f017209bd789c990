"""Where figures come from: each source answers the same questions."""
