"""Counts for the province and donors, by the rules of the regulation. Only aggregates leave this package."""
