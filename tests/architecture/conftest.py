"""The portal and the command line of the tests, for conventions that are seen by using them."""

from tests.cli.conftest import cli
from tests.portal.conftest import _portal, portal, signed_in

__all__ = ["_portal", "cli", "portal", "signed_in"]
