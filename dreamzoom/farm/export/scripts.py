"""A POSIX shell script that runs the commands side by side, and one that hands them to SLURM.

SLURM's options are those of sbatch(1): an array with so many tasks at a time (`%K`), `--requeue` for nodes
that fail, `--signal=B:TERM@60` for the end of a time limit, `--dependency=afterok` for what follows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from shlex import quote

from dreamzoom.farm.commands import CommandPlan, FarmCommand


def shell_script(plan: CommandPlan, program: Sequence[str], at_once: int) -> str:
    """A script for one machine: `sh FILE`; run again it goes on. `JOBS=4 sh FILE` sets how many at a time."""
    last = "" if plan.last is None else "\nwork last"
    return f"""#!/bin/sh
# {_comment(plan)}
# Run it again to go on. JOBS says how many run at a time.
set -u
jobs=${{JOBS:-{at_once}}}
cores=$(getconf _NPROCESSORS_ONLN)
export OMP_NUM_THREADS="${{OMP_NUM_THREADS:-$((cores > jobs ? cores / jobs : 1))}}"

work() {{
    case $1 in
{_cases(plan, program)}
    *) echo "no such command: $1" >&2; return 2 ;;
    esac
}}

if [ $# -gt 0 ]; then
    work "$1"
    exit
fi
printf '%s\\n' {_numbers(plan)} | xargs -n 1 -P "$jobs" sh "$0" || exit 1{last}
"""


def slurm_script(plan: CommandPlan, program: Sequence[str], at_once: int) -> str:
    """A script that puts itself into SLURM's queue: `sh FILE [sbatch's options]`.

    Each index of its array makes one command's work. What is ended before its time limit (dreamzoom's status
    130) puts itself into the queue again and goes on from the last frame on disk.
    """
    array = f"0-{len(plan.commands) - 1}%{at_once}"
    last = f"""
    video=$(sbatch --parsable --dependency="afterok:${{job%%;*}}" --job-name={_job_name(plan)}-video \\
        "$@" "$0" last) || exit
    echo "the video, after it: job ${{video%%;*}}\""""
    last = "" if plan.last is None else last
    return f"""#!/bin/bash
# {_comment(plan)}
# sh FILE --partition=NAME --time=1:00:00 --cpus-per-task=4 … gives sbatch those options too.
#SBATCH --requeue
#SBATCH --signal=B:TERM@60
#SBATCH --open-mode=append
set -u

work() {{
    case $1 in
{_cases(plan, program)}
    *) echo "no such command: $1" >&2; return 2 ;;
    esac
}}

if [ -z "${{SLURM_JOB_ID:-}}" ]; then
    job=$(sbatch --parsable --array={array} --job-name={_job_name(plan)} "$@" "$0") || exit
    echo "{len(plan.commands)} commands, {at_once} at a time: job ${{job%%;*}}"{last}
    exit
fi

export OMP_NUM_THREADS="${{SLURM_CPUS_PER_TASK:-1}}"
asked=
trap 'asked=1' TERM  # it may come before there is anybody to tell
work "${{1:-$SLURM_ARRAY_TASK_ID}}" &
child=$!
trap 'kill -TERM "$child"' TERM
[ -z "$asked" ] || kill -TERM "$child"
wait "$child"
status=$?
while kill -0 "$child" 2> /dev/null; do  # the signal ended only the wait
    wait "$child"
    status=$?
done
if [ "$status" -eq 130 ] || [ "$status" -eq 143 ]; then
    index=${{SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}}
    exec scontrol requeue "${{SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}}$index"
fi
exit "$status"
"""


def _comment(plan: CommandPlan) -> str:
    """What a script is for; a name's line breaks end no comment."""
    name = "".join(letter if letter.isprintable() else "?" for letter in plan.name)
    after = "" if plan.last is None else ", then the video"
    return f"dreamzoom, {name}: {len(plan.commands)} commands side by side{after}."


def _job_name(plan: CommandPlan) -> str:
    """A name that no shell and no queue takes for anything else."""
    return "dreamzoom-" + re.sub(r"[^A-Za-z0-9]+", "-", plan.name).strip("-")


def _numbers(plan: CommandPlan) -> str:
    return " ".join(map(str, range(len(plan.commands))))


def _cases(plan: CommandPlan, program: Sequence[str]) -> str:
    named = [(str(number), command) for number, command in enumerate(plan.commands)]
    named += [("last", plan.last)] if plan.last is not None else []
    return "\n".join(f"    {name}) exec {_line(program, command)} ;;" for name, command in named)


def _line(program: Sequence[str], command: FarmCommand) -> str:
    return " ".join(map(quote, (*program, *command.words)))
