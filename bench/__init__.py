"""Measurements against the project's own bars: ``script/bench SUITE``. Not part of what is installed."""
