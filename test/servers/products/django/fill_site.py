"""Makes the tables, the users and the clients of one test run: what an operator does in the admin."""

import json
import os

import django
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)

from django.contrib.auth.models import User  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402

plan = json.loads(os.environ["SITE_PLAN"])
for user in plan["users"]:
    # Staff, because the stock login page is that of the admin.
    User.objects.create_user(user["username"], password=user["password"], is_staff=True)
for client in plan["clients"]:
    Application.objects.create(
        name=client["id"],
        client_id=client["id"],
        client_secret=client["secret"],
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=client["redirectUri"],
    )
