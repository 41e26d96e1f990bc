"""``duty week|put|end`` and ``cover list|put|end``: who is on call, and who answers for whom."""

from datetime import datetime, timedelta
from uuid import UUID

import click

from referral_hub.cli.cases import as_option
from referral_hub.cli.runtime import Run, answer, answering, pass_run
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons.duties import cover as stand_in
from referral_hub.liaisons.duties import end_cover, end_duty, put_on_call
from referral_hub.liaisons.queries import account_by_email
from referral_hub.liaisons.rosters import DeskRoster, own_covers, own_desk, rosters

WEEK = timedelta(days=7)
since_option = click.option("--from", "since", required=True, metavar="TIME", help="ISO 8601, local time.")
until_option = click.option("--to", "until", required=True, metavar="TIME", help="ISO 8601, local time.")


@click.group("duty")
def duty() -> None:
    """Who is on call at which desk."""


@duty.command("week")
@as_option
@answering
@pass_run
def week(run: Run, person: str) -> None:
    """Every desk that answers round the clock, for seven days, with the hours that nobody has."""
    now = clock.now()
    with run.acting(person) as actor:
        found = rosters(actor, now, now + WEEK)
    english = run.locale == "en"
    document = [
        {
            "agency": one.names[english],
            "desk": one.desk_names[english],
            "phone": one.phone,
            "shifts": [
                {"id": str(s.id), "name": s.name, "phone": s.phone or one.phone, "from": s.since, "to": s.until}
                for s in one.shifts
            ],
            "gaps": [{"from": gap.since, "to": gap.until} for gap in one.gaps],
        }
        for one in found
    ]
    answer(document, "\n".join(line for one in found for line in _lines(one, english)))


@duty.command("put")
@click.argument("desk")
@click.argument("email")
@as_option
@since_option
@until_option
@click.option("--phone", help="The number of this shift; without it the agency's own.")
@answering
@pass_run
def put(run: Run, desk: str, email: str, person: str, since: str, until: str, phone: str | None) -> None:
    """EMAIL is on call at the desk with the code DESK of one's own agency."""
    first, last = _moment("from", since), _moment("to", until)
    with run.acting(person) as actor:
        place, who = own_desk(actor, desk), account_by_email(email)
        made = put_on_call(actor, place, who, first, last, phone=phone, now=clock.now())
    answer({"id": str(made)}, str(made))


@duty.command("end")
@click.argument("duty_id", metavar="ID", type=click.UUID)
@as_option
@answering
@pass_run
def end(run: Run, duty_id: UUID, person: str) -> None:
    """Ends a shift now, or calls it off."""
    with run.acting(person) as actor:
        ended = end_duty(actor, duty_id, now=clock.now())
    answer({"ended": ended}, _ended(run, ended))


@click.group("cover")
def cover() -> None:
    """Who of one's own agency is away, and who answers instead."""


@cover.command("list")
@as_option
@answering
@pass_run
def list_command(run: Run, person: str) -> None:
    """Who is away now or later."""
    with run.acting(person) as actor:
        found = own_covers(actor, now=clock.now())
    document = [
        {"id": str(one.id), "away": one.name, "instead": one.instead, "from": one.since, "to": one.until}
        for one in found
    ]
    lines = [f"{one.id}  {one.name} -> {one.instead}  {_span(one.since, one.until)}" for one in found]
    none = {"vi": "Không ai vắng.", "en": "Nobody is away."}[run.locale]
    answer(document, "\n".join(lines) or none)


@cover.command("put")
@click.argument("away", metavar="EMAIL")
@click.argument("instead", metavar="INSTEAD")
@as_option
@since_option
@until_option
@answering
@pass_run
def cover_command(run: Run, away: str, instead: str, person: str, since: str, until: str) -> None:
    """INSTEAD answers for EMAIL; both of one's own agency."""
    first, last = _moment("from", since), _moment("to", until)
    with run.acting(person) as actor:
        made = stand_in(actor, account_by_email(away), account_by_email(instead), first, last, now=clock.now())
    answer({"id": str(made)}, str(made))


@cover.command("end")
@click.argument("cover_id", metavar="ID", type=click.UUID)
@as_option
@answering
@pass_run
def end_cover_command(run: Run, cover_id: UUID, person: str) -> None:
    """The person is back, or stays."""
    with run.acting(person) as actor:
        ended = end_cover(actor, cover_id, now=clock.now())
    answer({"ended": ended}, _ended(run, ended))


def _moment(field: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(field, "Giờ phải theo ISO 8601.", "The time must be ISO 8601.") from error
    return found if found.tzinfo else found.replace(tzinfo=clock.LOCAL)


def _lines(one: DeskRoster, english: bool) -> list[str]:
    nobody = "nobody" if english else "chưa có ai"
    said = [(s.since, s.until, f"{s.name} {s.phone or one.phone or ''}".rstrip()) for s in one.shifts]
    said += [(gap.since, gap.until, nobody) for gap in one.gaps]
    head = f"{one.names[english]}, {one.desk_names[english]}"
    return [head, *(f"  {_span(since, until)}  {who}" for since, until, who in sorted(said))]


def _span(since: datetime, until: datetime) -> str:
    first, last = (at.astimezone(clock.LOCAL).strftime("%d/%m/%Y %H:%M") for at in (since, until))
    return f"{first} – {last}"


def _ended(run: Run, ended: bool) -> str:
    if run.locale == "en":
        return "Ended." if ended else "It was over already."
    return "Đã kết thúc." if ended else "Đã hết hạn từ trước."


COMMANDS = (duty, cover)
