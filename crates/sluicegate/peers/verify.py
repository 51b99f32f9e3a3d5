"""Reads one message a line as JSON and answers each with a line: for every secret whether the message
verifies by the published library."""

import base64
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "python"))

from standardwebhooks.webhooks import Webhook, WebhookVerificationError  # noqa: E402


def verifies(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False
    except ValueError:
        # The signature fits, and what was signed is no JSON.
        return False


for line in sys.stdin:
    asked = json.loads(line)
    body = base64.b64decode(asked["body"]).decode("utf-8", "surrogateescape")
    secrets = [verifies(secret, asked["headers"], body) for secret in asked["secrets"]]
    print(json.dumps({"secrets": secrets}), flush=True)
