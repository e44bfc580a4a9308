"""Runs the official Python client of the Model Context Protocol, unchanged, against a served precis.

PRECIS_URL is the address of /mcp, PRECIS_KEY an API key. Exits with 1 at the first thing that is not as
it should be.
"""

import asyncio
import json
import os
from pathlib import Path

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ResourceLink, TextContent

URL = os.environ["PRECIS_URL"]
KEY = os.environ["PRECIS_KEY"]
CALLS = json.loads((Path(__file__).parent / "calls.json").read_text())


async def some_case(client):
    found = await client.call_tool("search_knowledge", {"query": "alarm", "object": "Case", "limit": 1})
    return found.structured_content["results"][0]["record_id"]


async def test_tools(client):
    assert client.server_info.name == "precis"
    assert "cite" in client.instructions
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {call["tool"] for call in CALLS["good"]}, tools
    for tool in tools.values():
        assert tool.title and tool.description
        assert tool.annotations.read_only_hint and not tool.annotations.destructive_hint


async def test_good_calls(client):
    case = await some_case(client)
    for call in CALLS["good"]:
        arguments = json.loads(json.dumps(call["arguments"]).replace("{case}", case))
        result = await client.call_tool(call["tool"], arguments)
        text, *links = result.content
        assert not result.is_error, (call, text)
        assert isinstance(text, TextContent) and len(text.text) > 40, (call, text)
        assert isinstance(result.structured_content, dict) and result.structured_content, call
        assert links and all(isinstance(link, ResourceLink) for link in links), (call, links)
        assert all(link.name and str(link.uri).startswith("http") for link in links), (call, links)


async def test_mistakes(client):
    for call in CALLS["mistaken"]:
        result = await client.call_tool(call["tool"], call["arguments"])
        assert result.is_error, call
        assert call["told"] in result.content[0].text, (call, result.content)
    try:
        await client.call_tool("drop_table", {})
    except MCPError as error:
        assert "get_record" in str(error), error
    else:
        raise AssertionError("a tool that does not exist was called")


async def test_strangers():
    is_refused = False
    try:
        async with connected("wrong") as client:
            await client.list_tools()
    except* Exception:
        is_refused = True
    assert is_refused, "a wrong key was let in"


def connected(key):
    http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=120)
    return Client(streamable_http_client(URL, http_client=http))


async def main():
    async with connected(KEY) as client:
        await test_tools(client)
        await test_good_calls(client)
        await test_mistakes(client)
        spoken = client.protocol_version
    await test_strangers()
    print(f"Python client: all as it should be, in {spoken}")


if __name__ == "__main__":
    asyncio.run(main())
