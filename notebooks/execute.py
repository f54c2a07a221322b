"""Runs notebooks with the Deno kernel, two at a time: execute.py IN OUT NAME...

Each is written only when all of its cells have run; a cell that fails ends it all with 1 and the cell's error.
"""

import asyncio
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

source, target, *names = sys.argv[1:]
turns = asyncio.Semaphore(2)


async def execute(name):
    async with turns:
        notebook = nbformat.read(f"{source}/{name}.ipynb", as_version=4)
        client = NotebookClient(
            notebook,
            kernel_name="deno",
            timeout=300,
            record_timing=False,
            resources={"metadata": {"path": source}},
        )
        await client.async_execute()
        nbformat.write(notebook, f"{target}/{name}.ipynb")


async def main():
    results = await asyncio.gather(*map(execute, names), return_exceptions=True)
    for name, result in zip(names, results):
        if isinstance(result, CellExecutionError):
            print(f"{name}.ipynb: {result}", file=sys.stderr)
        elif isinstance(result, BaseException):
            print(f"{name}.ipynb: {type(result).__name__}: {result}", file=sys.stderr)
    return int(any(isinstance(result, BaseException) for result in results))


sys.exit(asyncio.run(main()))
