"""The demo: the centre's first half year and this morning, played through the same services as real work."""
