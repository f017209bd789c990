"""One file per question; the only room that knows sources, domain and render."""
