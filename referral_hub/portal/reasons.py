"""Why a category is withheld, in words. Shown to the owner's side alone."""

from referral_hub.access.decision import Reason
from referral_hub.portal.language import _


def shown_because(basis: str) -> str:
    """What a category rests on, where it is shared."""
    return _("by consent") if basis == "consent" else _("without consent, in an emergency")


def withheld_because(reason: str) -> str:
    """The sentence for a reason of the decision."""
    return {
        Reason.NO_DATA: _("Nothing is recorded here."),
        Reason.NOT_NEEDED: _("The regulation does not send this for this service."),
        Reason.NEVER: _("The regulation never lets this recipient see it."),
        Reason.NOT_ASKED_BY_NAME: _("She has to agree to this by name, on its own."),
        Reason.NO_CONSENT: _("She has not agreed to it."),
        Reason.NOT_YET: _("Her consent has not begun yet."),
        Reason.EXPIRED: _("Her consent has run out."),
        Reason.WITHDRAWN: _("She withdrew her consent."),
        Reason.DENIED: _("She does not want this recipient to see it."),
        Reason.CONFLICT: _("This person must not work on her case."),
        Reason.ON_HOLD: _("Somebody called and said stop; she has to be called back first."),
        Reason.NOT_ATTACHED: _("She agreed, but it was not attached."),
        Reason.ACCESS_ENDED: _("The recipient's access has ended."),
    }[Reason(reason)]
