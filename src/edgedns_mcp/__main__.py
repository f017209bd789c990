"""`edgedns-mcp`: without arguments the MCP server over stdio, else a command for people."""

import gc
import os
import sys

COMPLETES = "_EDGEDNS_MCP_COMPLETE"  # in the environment where a shell asks for the ends of a word, without arguments
COLLECTED_AFTER = 50_000, 20, 20  # answers make many values and few cycles; of 200,000, 7 MB would lie about


def main() -> None:
    """Run the server, or the command that the arguments name or a shell completes."""
    gc.set_threshold(*COLLECTED_AFTER)
    if sys.argv[1:] or COMPLETES in os.environ:
        from edgedns_mcp.cli.main import run

        run()
    else:
        gc.disable()  # what is imported stays: to look for cycles in it takes a fifteenth of the start
        from edgedns_mcp.cli.serve import serve

        serve()


if __name__ == "__main__":
    main()
