"""For a WSGI server: ``gunicorn wsgi:app``."""

from referral_hub.app import create_app

app = create_app()
