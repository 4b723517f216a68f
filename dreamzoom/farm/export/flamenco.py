"""A job type for Flamenco 3: put it into the Manager's `scripts`, and submit a job of it.

https://flamenco.blender.org/usage/job-types/
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from dreamzoom.farm.commands import CommandPlan, FarmCommand


def flamenco_job_type(plan: CommandPlan, program: Sequence[str], at_once: int) -> str:
    """The job type as JavaScript. How many tasks run at a time is the Manager's business."""
    commands = [_command(program, command) for command in plan.commands]
    last = None if plan.last is None else _command(program, plan.last)
    label = json.dumps(f"dreamzoom: {plan.name}")
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
    return {"name": command.name, "exe": first, "args": rest}


def _javascript(value: object) -> str:
    """A value as JavaScript's literal."""
    return json.dumps(value, indent=4)
