"""The words that leave the hub. Whoever reads over a shoulder, or another's mail, learns that somebody has work to do.

No name, no code, no service, no kind of agency, nothing about violence: not in subject, text, sender or link. The link
leads to sign-in, never to a record.
"""

from dataclasses import dataclass

from referral_hub.kernel.errors import Sentence


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it goes out. ``short``: for a telephone."""

    subject: str
    text: str
    short: str


SUBJECT = Sentence("Có việc mới cần xem", "New work to look at")
URGENT = Sentence("Có việc cần xem ngay", "Something to look at now")
SEVERAL = Sentence("Có {n} việc mới cần xem.", "There are {n} things to look at.")
SIGN_IN = Sentence("Đăng nhập để xem: {link}", "Sign in to see: {link}")
SAFE = Sentence(
    "Thư này không có nội dung công việc. Đừng trả lời thư này.",
    "This message holds no content. Please do not answer it.",
)


def message(count: int, *, urgent: bool, public_url: str, locale: str) -> Message:
    """What somebody with ``count`` new notices is told."""
    subject = (URGENT if urgent else SUBJECT).text(locale)
    link = f"{public_url}/sign-in"
    opening = subject + "." if count == 1 or urgent else SEVERAL.text(locale).format(n=count)
    text = "\n\n".join((opening, SIGN_IN.text(locale).format(link=link), SAFE.text(locale))) + "\n"
    return Message(subject, text, f"{opening} {link}")
