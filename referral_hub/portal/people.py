"""The people of one's agency: who joins, who moves, who leaves, and letting in who is locked out."""

from typing import Any
from uuid import UUID

from flask import current_app, request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.access.policy import ROLES_OF_CASE_WORK, Relation, allowed
from referral_hub.directory.queries import all_desks
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons import people as service
from referral_hub.liaisons.factors import shown
from referral_hub.liaisons.people import Person
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.qr import qr_svg
from referral_hub.portal.sign_in import sign_in_again
from referral_hub.regulation import store


@page(Action.PERSON_LET_IN)
def people(actor: Actor) -> Page:
    """Everybody of the agency, who left included."""
    names = _role_names()
    desks = _desks(actor)
    return Page(
        "people.html",
        {
            "people": [
                {
                    "name": one.name,
                    "email": one.email,
                    "desk": desks.get(one.desk_id),
                    "roles": ", ".join(names[role] for role in one.roles),
                    "active": one.active,
                    "me": one.id == actor.account_id,
                    "href": url_for("portal.person", account_id=one.id),
                }
                for one in service.colleagues(actor)
            ],
            "may_invite": allowed(actor, Action.PEOPLE_MANAGE, Relation()),
        },
    )


@page(Action.PEOPLE_MANAGE)
def invite(actor: Actor) -> Page:
    """A new colleague, and the link to hand over."""
    require(actor, Action.PEOPLE_MANAGE)
    if request.method == "GET":
        return _invitation(actor, None)
    typed = request.form
    try:
        sign_in_again(actor, typed.get("password", ""))
        token = service.join(
            actor,
            typed.get("email", ""),
            typed.get("name", ""),
            typed.get("desk", type=UUID),
            typed.getlist("roles"),
            locale=actor.locale,
            now=clock.now(),
        )
    except Invalid as error:
        return _invitation(actor, error)
    return _link(token)


@page(Action.PERSON_LET_IN)
def person(actor: Actor, account_id: UUID) -> Page | Redirect:
    """One colleague. POST ``do``: ``place``, ``link``, ``end`` or ``let-in``, each with the password."""
    try:
        found = service.colleague(actor, account_id)
    except Invalid:
        return Redirect(url_for("portal.people"))
    if request.method == "GET":
        return _person(actor, found, None)
    try:
        sign_in_again(actor, request.form.get("password", ""))
        return _do(actor, found)
    except Invalid as error:
        return _person(actor, found, error)


def _do(actor: Actor, found: Person) -> Page | Redirect:
    wanted, now = request.form.get("do"), clock.now()
    if wanted == "let-in":
        code = service.let_in(actor, found.id, now=now)
        return Page("let_in.html", {"code": shown([code])[0], "name": found.name})
    if wanted == "link":
        return _link(service.invite(actor, found.id, now=now))
    if wanted == "end":
        service.leave(actor, found.id, now=now)
        return Redirect(url_for("portal.people"), _("The account has ended, and every session of it."))
    desk, roles = request.form.get("desk", type=UUID), request.form.getlist("roles")
    service.move(actor, found.id, desk, roles, now=now)
    return Redirect(url_for("portal.people"), _("Desk and roles are changed."))


def _link(token: str) -> Page:
    href = f"{current_app.config['PUBLIC_URL']}{url_for('portal.join', token=token)}"
    return Page("invitation.html", {"link": href, "qr": qr_svg(href, _("The link to scan"))})


def _person(actor: Actor, found: Person, error: Invalid | None) -> Page:
    context = {
        "person": {"name": found.name, "email": found.email, "active": found.active},
        "fields": _place_fields(actor, found.desk_id, found.roles, error),
        "manages": allowed(actor, Action.PEOPLE_MANAGE, Relation()) and found.active,
        "errors": form_errors(error),
        "error": {form.field: form.sentence.text(reader_locale()) for form in ([error] if error else [])},
        "done": request.form.get("do"),
        "back_href": url_for("portal.people"),
    }
    return Page("person.html", context, 422 if error else 200)


def _invitation(actor: Actor, error: Invalid | None) -> Page:
    typed = request.form
    desk, roles = typed.get("desk", type=UUID), typed.getlist("roles")
    context = {
        "form": {
            "title": _("Invite a colleague"),
            "explain": [_("You get a link to hand over yourself. With it the colleague chooses a password, once.")],
            "submit": _("Make the link"),
        },
        "fields": [
            form_field("name", "text", _("Full name"), typed, error, wide=True),
            form_field("email", "text", _("E-mail"), typed, error, wide=True),
            *_place_fields(actor, desk, roles, error),
            form_field("password", "password", _("Your password, again"), {}, error),
        ],
        "errors": form_errors(error),
        "back_href": url_for("portal.people"),
    }
    return Page("account_form.html", context, 422 if error else 200)


def _place_fields(actor: Actor, desk_id: UUID | None, roles: Any, error: Invalid | None) -> list[dict[str, Any]]:
    names = _role_names()
    desks = [{"value": "", "text": _("No desk")}]
    desks += [{"value": str(id), "text": text} for id, text in _desks(actor).items()]
    items = [{"value": role, "text": name} for role, name in names.items() if role in ROLES_OF_CASE_WORK]
    chosen = form_field("roles", "checkboxes", _("Roles"), {}, error, items=items) | {"value": list(roles)}
    return [chosen, form_field("desk", "select", _("Desk"), {"desk": str(desk_id or "")}, error, items=desks)]


def _role_names() -> dict[str, str]:
    _id, regulation = store.in_force(clock.now())
    return {role: regulation.label("roles", role, reader_locale()) for role in regulation.codes("roles")}


def _desks(actor: Actor) -> dict[UUID | None, str]:
    return {one.id: one.text(reader_locale()) for one in all_desks() if one.agency_id == actor.agency_id}
