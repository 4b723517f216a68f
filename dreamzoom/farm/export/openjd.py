"""A job template of the Open Job Description, version 2023-09: a task for each command, and one after them.

https://github.com/OpenJobDescription/openjd-specifications
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dreamzoom.errors import RequestError
from dreamzoom.farm.commands import CommandPlan
from dreamzoom.farm.export.scripts import shell_script

_LONGEST_NAME = 64
_GRACE = 60  # seconds between the request to end and the end


def openjd_template(plan: CommandPlan, program: Sequence[str], at_once: int) -> str:
    """The template as JSON. How many tasks run at a time is the engine's business."""
    script = _require_no_format(shell_script(plan, program, at_once))
    steps: list[dict[str, Any]] = [
        {
            "name": "Commands",
            "parameterSpace": {
                "taskParameterDefinitions": [
                    {"name": "Number", "type": "INT", "range": f"0-{len(plan.commands) - 1}"}
                ]
            },
            "script": _script(script, "{{Task.Param.Number}}"),
        }
    ]
    if plan.last is not None:
        video = {
            "name": "Video",
            "dependencies": [{"dependsOn": "Commands"}],
            "script": _script(script, "last"),
        }
        steps.append(video)
    name = "".join(letter for letter in plan.name if letter.isprintable())
    document = {
        "specificationVersion": "jobtemplate-2023-09",
        "name": f"dreamzoom {name}"[:_LONGEST_NAME],
        "steps": steps,
    }
    return json.dumps(document, indent=2) + "\n"


def _script(text: str, argument: str) -> dict[str, Any]:
    return {
        "embeddedFiles": [{"name": "Run", "filename": "run.sh", "type": "TEXT", "data": text}],
        "actions": {
            "onRun": {
                "command": "sh",
                "args": ["{{Task.File.Run}}", argument],
                "cancelation": {"mode": "NOTIFY_THEN_TERMINATE", "notifyPeriodInSeconds": _GRACE},
            }
        },
    }


def _require_no_format(text: str) -> str:
    """See that nothing in a text would be taken for a format string, which knows no way to write "{{"."""
    if "{{" in text:
        raise RequestError(
            "a folder or scene has {{ in its name, which no OpenJD template can hold: rename it"
        )
    return text
