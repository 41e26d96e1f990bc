"""The wire contract: what documents look like, in pure marshmallow. Imports nothing of the hub."""
