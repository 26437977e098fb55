# noqa: INP001 - a script that buf starts, in no package
"""Runs protoc-gen-es, or says aloud that there is none and leaves the TypeScript as it is.

So one `buf generate` serves both machines: one with Python alone, and one where `npm ci` has been
run in clients/typescript.
"""

import subprocess
import sys
from pathlib import Path
from shutil import which

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorResponse

PLUGIN = Path(
    __file__, "../../../clients/typescript/node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es"
).resolve()

if __name__ == "__main__":
    node = which("node")
    if node and PLUGIN.is_file():
        # The file itself, not its link in .bin: the link is a shell script on Windows.
        sys.exit(subprocess.run([node, PLUGIN], check=False).returncode)  # noqa: S603 - fixed path
    sys.stderr.write(
        "proto/gen/typescript is left as it is: "
        "install node and run `npm ci` in clients/typescript to regenerate it\n"
    )
    nothing = CodeGeneratorResponse(
        supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    sys.stdout.buffer.write(nothing.SerializeToString())
