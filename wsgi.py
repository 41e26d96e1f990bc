"""For a WSGI server: ``gunicorn wsgi:app``."""

from referral_hub.app import create_app
from referral_hub.kernel.logs import configure

configure("web")
app = create_app()
