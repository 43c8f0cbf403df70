"""Lists and calls over the transport of revision 2024-11-05: sse.py URL TOOL, the token in TOKEN."""

import asyncio
import json
import os
import sys

from mcp import ClientSession
from mcp.client.sse import sse_client


async def main(url: str, tool: str) -> None:
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
    async with sse_client(url, headers=headers) as streams, ClientSession(*streams[:2]) as session:
        await session.initialize()
        tools = [found.name for found in (await session.list_tools()).tools]
        result = await session.call_tool(tool, {"text": "hello"})
        print(json.dumps({"tools": tools, "said": result.content[0].text}))


asyncio.run(main(*sys.argv[1:3]))
