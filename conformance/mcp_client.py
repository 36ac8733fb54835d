"""Drives `sf-agent mcp` with the MCP client of PyPI's `mcp`.

Run by `cargo xtask conformance mcp`; the arguments are the binary, which is
driven over stdio, or the binary and the address of one that serves over HTTP
and may write. Prints a line per check and exits non-zero at the first that
fails.
"""

import asyncio
import json
import os
import sys

from mcp import Client, StdioServerParameters

PASSED = 0


def check(what, holds, seen=None):
    global PASSED
    if not holds:
        print(f"FAILED  {what}\n        saw: {seen!r}")
        sys.exit(1)
    PASSED += 1
    print(f"ok      {what}")


def server(binary, *words):
    if len(sys.argv) > 2:
        return sys.argv[2]
    # Only what the embedded org needs: no setting of the caller leaks in.
    env = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    return StdioServerParameters(command=binary, args=["mcp", *words], env=env)


def first_text(result):
    return next(item.text for item in result.content if item.type == "text")


async def read_only(binary, mode):
    async with Client(server(binary), mode=mode, read_timeout_seconds=60) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        check(f"[{mode}] lists the reading tools", "salesforce_query" in tools, sorted(tools))
        if len(sys.argv) < 3:
            check(
                f"[{mode}] offers no write without --write",
                not [name for name in tools if "create" in name or "delete" in name],
                sorted(tools),
            )
        query = tools["salesforce_query"]
        check(f"[{mode}] a query is marked read-only", query.annotations.read_only_hint is True, query.annotations)
        check(f"[{mode}] input is a JSON Schema object", query.input_schema.get("type") == "object", query.input_schema)

        # The client validates structured content against the output schema itself.
        reply = await client.call_tool("salesforce_query", {"soql": "SELECT Id, Name FROM Account ORDER BY Name LIMIT 3"})
        check(f"[{mode}] a query answers", not reply.is_error, first_text(reply))
        check(f"[{mode}] with three rows", len(reply.structured_content["rows"]) == 3, reply.structured_content)
        check(
            f"[{mode}] the text is the same JSON",
            json.loads(first_text(reply)) == reply.structured_content,
            first_text(reply),
        )

        wrong = await client.call_tool("salesforce_query", {"soql": "SELECT Nmae FROM Account"})
        check(f"[{mode}] a wrong field is an answer, not a crash", wrong.is_error, wrong)
        check(f"[{mode}] that names the right one", "Name" in first_text(wrong), first_text(wrong))

        bad = await client.call_tool("salesforce_query", {"sql": "x"})
        check(f"[{mode}] bad arguments are named", bad.is_error and "soql" in first_text(bad), bad)


async def beside_tools(binary, mode):
    async with Client(server(binary), mode=mode, read_timeout_seconds=60) as client:
        listed = await client.list_resources()
        uris = [str(resource.uri) for resource in listed.resources]
        check(f"[{mode}] lists resources", "salesforce://org/schema" in uris, uris[:3])
        check(f"[{mode}] in parts", listed.next_cursor is not None or len(uris) <= 100, len(uris))
        card = await client.read_resource("salesforce://org/schema/Account")
        check(f"[{mode}] reads a card", "Industry" in card.contents[0].text, card)
        templates = (await client.list_resource_templates()).resource_templates
        addresses = [template.uri_template for template in templates]
        check(f"[{mode}] lists templates", "salesforce://org/schema/{object}" in addresses, addresses)
        prompts = [prompt.name for prompt in (await client.list_prompts()).prompts]
        check(f"[{mode}] lists prompts", "pipeline_review" in prompts, prompts)
        briefing = await client.get_prompt("account_briefing", {"account": "Acme"})
        check(f"[{mode}] fills one in", "Acme" in briefing.messages[0].content.text, briefing)


async def writing(binary):
    async with Client(server(binary, "--write"), read_timeout_seconds=60) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        check("[write] offers the writes", "salesforce_create_records" in tools, sorted(tools))
        delete = tools["salesforce_delete_records"]
        check("[write] a delete is marked destructive", delete.annotations.destructive_hint is True, delete.annotations)

        made = await client.call_tool(
            "salesforce_create_records",
            {"object": "Account", "records": [{"Name": "Żółw & Söhne"}]},
        )
        check("[write] a create answers", not made.is_error, first_text(made))
        found = await client.call_tool(
            "salesforce_query", {"soql": "SELECT Name FROM Account WHERE Name = 'Żółw & Söhne'"}
        )
        check("[write] and the record is there, once", len(found.structured_content["rows"]) == 1, found)

        rows, tool, arguments = 0, "salesforce_query", {"soql": "SELECT Id FROM Contact ORDER BY Id LIMIT 2500", "max_rows": 700}
        while arguments is not None:
            page = (await client.call_tool(tool, arguments)).structured_content
            rows += len(page["rows"])
            following = page["completeness"].get("next")
            tool, arguments = (following["tool"], following["arguments"]) if following else (tool, None)
        check("[write] cursors lead to every row", rows == 2500, rows)


async def main():
    binary = sys.argv[1]
    for mode in ("auto", "legacy", "2026-07-28"):
        await read_only(binary, mode)
        await beside_tools(binary, mode)
    await writing(binary)
    print(f"{PASSED} checks passed")


asyncio.run(main())
