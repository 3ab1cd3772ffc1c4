"""Looking inside a network: what its filters are, answer, and wait for."""
