"""Ways of ranking windows: networks, bytes, levels, partition; each exact."""
