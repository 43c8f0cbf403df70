"""A client of Python, as it is, does what clients do: lists, calls, reads, gets a prompt, sees
progress, answers a question, cancels. What came of it is printed as one JSON object.

    actions.py mcp|fastmcp legacy|modern URL NAMES     the token in TOKEN

NAMES says what things are called behind URL, and whether to cancel: {"prefix", "uri", "cancels"}. The call that is cancelled is
cancelled when a line comes in.
"""

import asyncio
import json
import os
import sys

KIND, ERA, URL = sys.argv[1:4]
PREFIX, URI, CANCELS = (json.loads(sys.argv[4])[name] for name in ("prefix", "uri", "cancels"))
SHOWN = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
MODE = "2026-07-28" if ERA == "modern" else "legacy"


def of_mcp():
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client
    from mcp.types import ElicitResult

    async def answer(_context, _params):
        return ElicitResult(action="accept", content={"name": "Ada"})

    http = httpx2.AsyncClient(headers=SHOWN, timeout=60)
    client = Client(streamable_http_client(URL, http_client=http), mode=MODE, elicitation_callback=answer)
    return client, "progress_callback", lambda: client.protocol_version


def of_fastmcp():
    from fastmcp.client import Client
    from fastmcp.client.elicitation import ElicitResult
    from fastmcp.client.transports import StreamableHttpTransport

    async def answer(_message, _type, _params, _context):
        return ElicitResult(action="accept", content={"name": "Ada"})

    transport = StreamableHttpTransport(URL, headers=SHOWN)
    client = Client(transport, mode=MODE, elicitation_handler=answer)
    return client, "progress_handler", lambda: None


async def line() -> None:
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def main() -> None:
    client, on_progress, revision = of_mcp() if KIND == "mcp" else of_fastmcp()
    found = {}
    async with client:
        found["revision"] = revision()
        listed = await client.list_tools()
        found["list"] = [tool.name for tool in getattr(listed, "tools", listed)]

        async def call(tool, arguments, **options):
            return (await client.call_tool(f"{PREFIX}{tool}", arguments, **options)).content[0].text

        found["call"] = await call("echo", {"text": "hello"})
        read = await client.read_resource(URI)
        found["read"] = getattr(read, "contents", read)[0].text
        prompt = await client.get_prompt(f"{PREFIX}greet", {"name": "Ada"})
        found["prompt"] = prompt.messages[0].content.text
        steps = []

        async def progressed(progress, _total, _message):
            steps.append(progress)

        await call("progress", {"steps": 3}, **{on_progress: progressed})
        found["progress"] = steps
        found["elicit"] = await call("ask", {})

        if CANCELS:
            slow = asyncio.create_task(call("slow", {}))
            await line()
            slow.cancel()
            try:
                await slow
                found["cancel"] = "answered"
            except asyncio.CancelledError:
                found["cancel"] = "cancelled"
        print(json.dumps(found), flush=True)
        # What was cancelled is told before the connection goes: the reader closes our input then.
        await line()


asyncio.run(main())
