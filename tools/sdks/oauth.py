"""The official Python client, as it is, against a gateway that it has never seen: finds out whom to
ask, becomes a client, has a person sign in, calls a tool, and renews its token.

    oauth.py URL TOOL      and in OAUTH_CLIENT how it becomes a client, as JSON:
    {} (it registers), {"metadata_url"}, or {"client_id", "client_secret"}
"""

import asyncio
import json
import os
import re
import sys
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata

URL, TOOL = sys.argv[1:3]
KNOWN = json.loads(os.environ.get("OAUTH_CLIENT", "{}"))
REDIRECT = "http://127.0.0.1:39999/callback"


async def sign_in(address: str) -> str:
    """A person's browser: from an authorization address to the client's own, allowing what is asked."""
    async with httpx2.AsyncClient(follow_redirects=False) as browser:
        answer = await browser.get(address)
        for _ in range(12):
            location = answer.headers.get("location")
            if location is None:
                assert answer.status_code == 200, answer.text
                form = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', answer.text))
                answer = await browser.post(urljoin(str(answer.url), "/consent"), data={**form, "decision": "allow"})
                continue
            address = urljoin(str(answer.url), location)
            if address.startswith(REDIRECT):
                return address
            answer = await browser.get(address)
    raise AssertionError("the sign-in goes in circles")


class Kept:
    """What an application keeps of its OAuth."""

    def __init__(self):
        self.tokens = None
        self.client = None
        if "client_id" in KNOWN:
            self.client = OAuthClientInformationFull(redirect_uris=[REDIRECT], **KNOWN)

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def call(kept: Kept, signs_in: list) -> dict:
    async def redirect(address: str) -> None:
        signs_in.append(await sign_in(address))

    async def callback() -> AuthorizationCodeResult:
        answer = {name: values[0] for name, values in parse_qs(urlsplit(signs_in[-1]).query).items()}
        return AuthorizationCodeResult(code=answer["code"], state=answer.get("state"), iss=answer.get("iss"))

    provider = OAuthClientProvider(
        server_url=URL,
        client_metadata=OAuthClientMetadata(
            client_name="SDK client", redirect_uris=[REDIRECT], token_endpoint_auth_method="none"
        ),
        storage=kept,
        redirect_handler=redirect,
        callback_handler=callback,
        client_metadata_url=KNOWN.get("metadata_url"),
    )
    async with httpx2.AsyncClient(auth=provider, timeout=30) as http:
        async with Client(streamable_http_client(URL, http_client=http)) as client:
            tools = await client.list_tools()
            answer = await client.call_tool(TOOL, {"text": "hello"})
            if signs_in and len(signs_in) == 1 and kept.tokens and not provider.context.can_refresh_token():
                raise AssertionError("there is no refresh token")
            # The client renews a token that has ended by its own clock.
            before = kept.tokens
            provider.context.token_expiry_time = 0.0001
            await client.call_tool(TOOL, {"text": "again"})
            return {
                "tools": [tool.name for tool in tools.tools],
                "answer": [block.model_dump(mode="json", exclude_none=True) for block in answer.content],
                "is_renewed": kept.tokens.access_token != before.access_token
                and kept.tokens.refresh_token != before.refresh_token,
            }


async def main() -> None:
    kept, signs_in = Kept(), []
    called = await call(kept, signs_in)
    print(json.dumps({
        "called": called,
        "is_renewed": called["is_renewed"],
        "sign_ins": len(signs_in),
        "client_id": kept.client.client_id if kept.client else None,
    }))


asyncio.run(main())
