"""Drives `sf-agent mcp` with the client of PyPI's `fastmcp`.

Run by `cargo xtask conformance mcp`; the arguments are the binary, which is
driven over stdio, or the binary and the address of one that serves over HTTP.
Prints a line per check and exits non-zero at the first that fails.
"""

import asyncio
import os
import sys

from fastmcp import Client
from fastmcp.client.transports import StdioTransport

PASSED = 0


def check(what, holds, seen=None):
    global PASSED
    if not holds:
        print(f"FAILED  {what}\n        saw: {seen!r}")
        sys.exit(1)
    PASSED += 1
    print(f"ok      {what}")


def server():
    if len(sys.argv) > 2:
        return sys.argv[2]
    env = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    return StdioTransport(command=sys.argv[1], args=["mcp", "--write"], env=env)


async def main():
    progress = []

    async def on_progress(done, total, message):
        progress.append((done, total, message))

    async with Client(server(), progress_handler=on_progress, timeout=60) as client:
        tools = {tool.name: tool for tool in await client.list_tools()}
        check("lists the tools", "salesforce_query" in tools, sorted(tools))
        reply = await client.call_tool(
            "salesforce_query", {"soql": "SELECT Id, Name FROM Account ORDER BY Name LIMIT 3"}
        )
        check("a query answers", len(reply.structured_content["rows"]) == 3, reply)
        wrong = await client.call_tool(
            "salesforce_query", {"soql": "SELECT Nmae FROM Account"}, raise_on_error=False
        )
        check("a wrong field is an answer", wrong.is_error and "Name" in wrong.content[0].text, wrong)
        made = await client.call_tool(
            "salesforce_create_records", {"object": "Account", "records": [{"Name": "Fast & Söhne"}]}
        )
        check("a create answers", made.structured_content["succeeded"] == 1, made)

        resources = [str(resource.uri) for resource in await client.list_resources()]
        check("lists resources", "salesforce://org/schema" in resources, resources[:3])
        card = await client.read_resource("salesforce://org/schema/Account")
        check("reads a card", "Industry" in card[0].text, card)
        templates = [one.uri_template for one in await client.list_resource_templates()]
        check("lists templates", any("{object}" in one for one in templates), templates)
        prompts = [prompt.name for prompt in await client.list_prompts()]
        check("lists prompts", "data_quality_check" in prompts, prompts)
        prompt = await client.get_prompt("data_quality_check", {"object": "Contact"})
        check("fills one in", "Contact" in prompt.messages[0].content.text, prompt)
    print(f"{PASSED} checks passed")


asyncio.run(main())
