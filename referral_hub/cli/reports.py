"""To be filled."""

COMMANDS: tuple[object, ...] = ()
