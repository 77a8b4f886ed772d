"""Canaille with the clients and users of the tests; everything else as it comes."""

import datetime
import json
import os

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from joserfc.jwk import RSAKey
from werkzeug.serving import run_simple

plan = json.loads(os.environ["SITE_PLAN"])
key = RSAKey.generate_key(2048).as_dict(private=True, kid="one", alg="RS256", use="sig")

app = create_app(
    config={
        "SECRET_KEY": "of a site that lives for one test run",
        "SERVER_NAME": os.environ["SITE_NAME"],
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {
            # Its `memory` database finds the codes and consents of any user.
            "DATABASE": "sql",
            # It would ask a service on the internet.
            "ENABLE_PASSWORD_COMPROMISSION_CHECK": False,
        },
        "CANAILLE_SQL": {
            "DATABASE_URI": f"sqlite:///{os.environ['SITE_DATA']}/canaille.sqlite",
            "PASSWORD_SCHEMES": "plaintext",
        },
        "CANAILLE_OIDC": {"ACTIVE_JWKS": [key], "TRUSTED_DOMAINS": []},
    },
    init_backend=True,
)

with app.app_context(), Backend.instance.session():
    for user in plan["users"]:
        name = user["username"]
        account = models.User(
            user_name=name,
            family_name=name,
            emails=[f"{name}@example.com"],
            password=user["password"],
        )
        Backend.instance.save(account)
    for client in plan["clients"]:
        registration = models.Client(
            client_id=client["id"],
            client_secret=client["secret"],
            client_name=client["id"],
            client_id_issued_at=datetime.datetime.now(datetime.timezone.utc),
            redirect_uris=[client["redirectUri"]],
            response_types=["code", "id_token"],
            grant_types=["authorization_code", "refresh_token"],
            token_endpoint_auth_method="client_secret_basic",
            id_token_signed_response_alg="RS256",
            scope=["openid", "profile"],
        )
        Backend.instance.save(registration)

run_simple("127.0.0.1", int(os.environ["PORT"]), app, threaded=True)
