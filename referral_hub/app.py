"""The web application: the hub with its portal. ``wsgi.py`` and ``referral-hub serve`` start from here."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from referral_hub.api.log import add_log
from referral_hub.api.metrics import add_metrics
from referral_hub.api.requests import add_requests
from referral_hub.config import Settings, read_settings
from referral_hub.hub import make_hub
from referral_hub.installation import check_database
from referral_hub.kernel.server import Server, open_server
from referral_hub.portal.setup import add_portal


def create_app(settings: Settings | None = None, server: Server | None = None) -> Flask:
    """The application on the configured database.

    :raises EnvironmentFault: the database or the keys cannot be used, with the sentence that says what to do.
    """
    settings = settings or read_settings()
    server = server or open_server(
        settings.home, settings.role_prefix, settings.database_url, settings.admin_database_url
    )
    check_database(server)
    app = make_hub(settings, server)
    app.extensions["referral_hub"] = server  # the server from the wheel stays in use as long as the app lives
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's own way to wrap it
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies
        )
    add_requests(app)
    add_metrics(app)
    add_log(app, settings)
    add_portal(app, settings)
    return app
