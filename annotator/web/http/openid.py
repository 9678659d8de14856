"""Sign-in through an OpenID Connect provider: the code flow with PKCE, by Authlib.

State, nonce and verifier are in the browser's signed cookie until it returns. The provider's
address is the administrator's setting; requests to it have a time limit and follow no redirects,
and at most a megabyte is read.
"""

from __future__ import annotations

import logging
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from flask import current_app, session
from joserfc.errors import JoseError
from requests import Response, Timeout
from requests.exceptions import ConnectionError as Unreachable
from requests.exceptions import RequestException
from werkzeug.wrappers import Response as AnyResponse

from annotator.config import Config
from annotator.errors import NotSignedIn, Unavailable
from annotator.services.accounts.accounts import Person

NAME = "openid"
SECONDS = 10
MAX_BYTES = 1_000_000
REFUSED = "The response of the sign-in provider is not valid. Start again."
log = logging.getLogger(__name__)


class ProviderSession(OAuth2Session):  # type: ignore[misc]  # Authlib has no types
    """The HTTP session for requests to the provider."""

    def request(self, method: str, url: str, **more: Any) -> Response:
        """Send a request, with limits on time and size."""
        more |= {"timeout": SECONDS, "allow_redirects": False, "stream": True}
        answer: Response = super().request(method, url, **more)
        body = answer.raw.read(MAX_BYTES + 1, decode_content=True)
        if len(body) > MAX_BYTES:
            raise RequestException("the provider's answer is larger than a megabyte")
        answer._content = body  # what `iter_content` would keep, read with a limit
        answer._content_consumed = True
        return answer


class Provider(FlaskOAuth2App):  # type: ignore[misc]  # Authlib has no types
    """The provider that the settings name. `client_cls` is its HTTP session."""

    client_cls = ProviderSession

    def __init__(self, config: Config) -> None:
        openid = config.openid
        secret = config.external_secret(NAME, optional=True)
        self.issuer, self.back = (
            openid.issuer,
            f"{config.address}/sign-in/openid/back",
        )
        self.label = openid.label or openid.issuer
        super().__init__(
            FlaskIntegration(NAME),
            NAME,
            client_id=openid.client_id,
            client_secret=secret or None,
            server_metadata_url=f"{openid.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid",
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
            },
        )

    def go(self) -> AnyResponse:
        """Send the browser to the provider. Raises Unavailable."""
        for key in [key for key in session if key.startswith(f"_state_{NAME}_")]:
            session.pop(key)  # one flow at a time: a cookie has no room for many
        try:
            answer: AnyResponse = self.authorize_redirect(self.back)
        except (RequestException, RuntimeError, ValueError) as error:
            raise _unreachable(error) from error
        return answer

    def person(self) -> Person:
        """Return who signed in, after checking state, nonce, issuer, audience, times and signature.

        Raises NotSignedIn if a check fails, Unavailable if the provider does not answer.
        """
        must = {"iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.client_id}}  # fmt: skip
        try:
            token = self.authorize_access_token(claims_options=must)
            return Person.of(self.issuer, token["userinfo"]["sub"])
        except (Timeout, Unreachable) as error:
            raise _unreachable(error) from error
        except (AuthlibBaseError, JoseError, RequestException, RuntimeError, LookupError,
                ValueError, TypeError) as error:  # fmt: skip
            log.warning("sign-in through the provider refused: %s", type(error).__name__)
            raise NotSignedIn(REFUSED) from error


def _unreachable(error: Exception) -> Unavailable:
    log.warning("the provider cannot be reached: %s", type(error).__name__)
    return Unavailable("The sign-in provider is not responding. Try again in a moment.")


def register(app: Any, config: Config) -> None:
    """Register the provider with an app, if there is one."""
    app.extensions["annotator.openid"] = Provider(config) if config.openid.issuer else None


def provider() -> Provider | None:
    """Return the provider that people may sign in through, if there is one."""
    configured: Provider | None = current_app.extensions["annotator.openid"]
    return configured
