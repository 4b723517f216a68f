"""Compiles the kernels when a wheel of dreamzoom is built; without a compiler the wheel has none."""

from __future__ import annotations

import importlib.util
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelsHook(BuildHookInterface[Any]):
    """Puts the libraries into the wheel, and their platform into the wheel's name."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel's files are collected."""
        spec = importlib.util.spec_from_file_location("build", Path(__file__).with_name("build.py"))
        if spec is None or spec.loader is None:
            raise FileNotFoundError("build.py is not beside the hook")
        builder = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(builder)
        compiler = builder.find_compiler()
        if compiler is None:
            self.app.display_info("no g++ on x86-64 Linux: torch's own operations will be used")
            return
        try:
            built = builder.build(compiler)
        except (subprocess.SubprocessError, OSError) as error:
            why = builder.reason(error)
            self.app.display_warning(f"the kernels were not compiled, torch's will be used: {why}")
            return
        build_data["artifacts"] += [path.relative_to(self.root).as_posix() for path in built]
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
