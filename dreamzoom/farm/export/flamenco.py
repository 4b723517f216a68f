"""A job type for Flamenco 3: put it into the Manager's `scripts`, and submit a job of it.

Its tasks are of the type "misc", and run one command of Flamenco's, `exec`.

https://flamenco.blender.org/usage/job-types/
https://flamenco.blender.org/usage/jobs-tasks-commands/commands/
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from dreamzoom.errors import RequestError, printable
from dreamzoom.farm.commands import CommandPlan, FarmCommand

_VARIABLE = re.compile(r"\{[^{}]*\}")


def flamenco_job_type(plan: CommandPlan, program: Sequence[str], at_once: int) -> str:
    """The job type as JavaScript. How many tasks run at a time is the Manager's business, and variables in
    `program` are its own.

    Raises:
        RequestError: a name is no text, or holds what Flamenco would put a variable's value for.
    """
    for command in (*plan.commands, *([plan.last] if plan.last else [])):
        for word in command.words:
            _require_plain(word)
    commands = [_command(program, command) for command in plan.commands]
    last = None if plan.last is None else _command(program, plan.last)
    label = json.dumps(f"dreamzoom: {printable(plan.name)}")
    return f"""// dreamzoom: a task for each command, and one after them. Each may be begun again.
const JOB_TYPE = {{
    label: {label},
    settings: [],
}};

const COMMANDS = {_javascript(commands)};
const LAST = {_javascript(last)};

function taskOf(command) {{
    const task = author.Task(command.name, "misc");
    task.addCommand(author.Command("exec", {{ exe: command.exe, args: command.args }}));
    return task;
}}

function compileJob(job) {{
    const tasks = COMMANDS.map(taskOf);
    tasks.forEach((task) => job.addTask(task));
    if (LAST === null) return;
    const last = taskOf(LAST);
    tasks.forEach((task) => last.addDependency(task));
    job.addTask(last);
}}
"""


def _command(program: Sequence[str], command: FarmCommand) -> dict[str, object]:
    first, *rest = (*program, *command.words)
    return {"name": printable(command.name).strip() or "clip", "exe": first, "args": rest}


def _require_plain(word: str) -> None:
    """See that Flamenco hands a word on as it is."""
    if any("\ud800" <= letter <= "\udfff" for letter in word):
        raise RequestError(f"{printable(word)} is no text, which no job type of Flamenco can hold: rename it")
    if found := _VARIABLE.search(word):
        raise RequestError(
            f"a folder or scene has {printable(found[0])} in its name, which Flamenco takes for a variable: "
            "rename it"
        )


def _javascript(value: object) -> str:
    """A value as JavaScript's literal."""
    return json.dumps(value, indent=4)
