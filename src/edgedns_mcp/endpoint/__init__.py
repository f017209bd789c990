"""The HTTP face: EdgeDNS's own usage endpoint and live events, from the local database."""
