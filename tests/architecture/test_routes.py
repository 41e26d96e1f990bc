"""Every address of the hub names what it does, and nothing serves an address that nobody listed."""

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from referral_hub.access.actions import Action
from referral_hub.access.policy import POLICY
from referral_hub.api.log import add_log
from referral_hub.api.metrics import add_metrics
from referral_hub.config import Settings
from referral_hub.kernel.db import db
from referral_hub.portal.setup import add_portal
from referral_hub.regulation.loader import shipped

#: Reached by anybody: files, the sign-in page, whether the hub works, and the front door (it leads to the inbox).
PUBLIC = {"static", "security.login", "portal.health", "portal.home"}
#: After the right password, before anybody is signed in.
HALFWAY = {"portal.second_step", "portal.set_up", "portal.passkey_step", "portal.join"}
PUBLIC |= HALFWAY
#: For machines: what the log shows to everybody, where a witness leaves its line, figures on the loopback alone.
MACHINES = {"log.checkpoint", "log.tile", "log.about", "log.cosignature", "metrics.metrics"}
KEBAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: Converters that refuse what does not fit; a verb is looked up in the transition table.
TYPED = {"UUIDConverter", "IntegerConverter", "TileConverter", "BundleConverter"}
UNTYPED = {("portal.step", "verb"), ("portal.section", "category"), ("static", "filename"), ("portal.join", "token")}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The portal without a database: its URL map is complete."""
    made = Flask("referral_hub", static_folder="portal/static")
    made.config["SQLALCHEMY_DATABASE_URI"] = "postgresql+psycopg://nobody@localhost:1/none"
    db.init_app(made)
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    add_metrics(made)
    add_log(made, settings)
    add_portal(made, settings)
    return made


def _rules(app: Flask) -> list[Rule]:
    return list(app.url_map.iter_rules())


def test_every_route_names_an_action_of_the_policy_or_is_on_the_public_list(app: Flask) -> None:
    without = set()
    for rule in _rules(app):
        action: Any = getattr(app.view_functions[rule.endpoint], "action", None)
        if action is None:
            without.add(rule.endpoint)
        else:
            assert isinstance(action, Action) and action in POLICY, rule.endpoint
    assert without == PUBLIC | MACHINES


def test_the_public_list_changes_nothing_but_by_signing_in(app: Flask) -> None:
    changing = {rule.endpoint for rule in _rules(app) if rule.methods and rule.methods - {"GET", "HEAD", "OPTIONS"}}
    assert changing & (PUBLIC | MACHINES) == {"security.login", "log.cosignature"} | HALFWAY


def test_of_flask_security_only_the_sign_in_page_is_served(app: Flask) -> None:
    theirs = {rule.rule: rule.endpoint for rule in _rules(app) if rule.endpoint.startswith("security")}
    assert theirs == {"/sign-in": "security.login"}


def test_every_address_is_in_kebab_case(app: Flask) -> None:
    for rule in _rules(app):
        for word in filter(None, re.sub(r"<[^>]+>", "", rule.rule).split("/")):
            assert KEBAB.fullmatch(word) or word == ".well-known", rule.rule  # RFC 8615


def test_every_parameter_of_an_address_has_a_type(app: Flask) -> None:
    for rule in _rules(app):
        for name, converter in rule._converters.items():
            if type(converter).__name__ not in TYPED:
                assert (rule.endpoint, name) in UNTYPED, rule.rule


def test_verbs_in_addresses_are_those_of_the_transition_table(app: Flask) -> None:
    adapter = app.url_map.bind("localhost")
    for transition in shipped().transitions:
        endpoint, found = adapter.match(
            f"/referrals/01890000-0000-7000-8000-000000000000/{transition.verb}", method="POST"
        )
        assert (endpoint, found["verb"]) == ("portal.step", transition.verb)


def test_nothing_is_changed_by_following_a_link(app: Flask) -> None:
    """A page that only changes something cannot be reached with GET."""
    only_post = {rule.endpoint for rule in _rules(app) if rule.methods and "GET" not in rule.methods}
    assert only_post == {"portal.sign_out", "portal.take_over", "log.cosignature"} | {
        *("portal.end_duty", "portal.end_cover"),
        *("portal.keep_passkey", "portal.end_passkey", "portal.lock"),
    }


@pytest.mark.parametrize(
    "path", ["/inbox", "/referrals/01890000-0000-7000-8000-000000000000", "/reports", "/sign-in", "/health"]
)
def test_the_addresses_of_the_interface_page_are_served(path: str, app: Flask) -> None:
    endpoint, _ = app.url_map.bind("localhost").match(path)
    assert endpoint in app.view_functions


@pytest.mark.parametrize(
    "path", ["/login", "/logout", "/register", "/reset", "/change", "/verify", "/confirm", "/mf-recovery", "/tf-setup"]
)
def test_the_addresses_that_flask_security_would_serve_are_not_there(path: str, app: Flask) -> None:
    assert not [rule for rule in _rules(app) if rule.rule == path]
