// What Flamenco 3's Manager gives a job type, and what it asks of one, as strictly as its Goja runtime: a task and
// a command have the fields of Go structs and no others, `addTask` keeps the task as it is then, and what is
// no string where one is wanted is refused. `runJobType(TEXT)` gives the job type and the tasks that come of it.
"use strict";

const COMMANDS = {
    echo: { message: "string" },
    sleep: { duration_in_seconds: "number" },
    exec: { exe: "string", args: "strings" },
};
const TASK_TYPES = ["blender", "ffmpeg", "file-management", "misc"];  // that workers do unless told otherwise

function want(holds, why) {
    if (!holds) throw new TypeError(why);
}

function requireText(value, what) {
    want(typeof value === "string", `${what} is no string`);
    want(value.isWellFormed ? value.isWellFormed() : !/[\ud800-\udfff]/u.test(value), `${what} is no text`);
    want(!/\{[^{}]*\}/.test(value), `${what} has a variable of Flamenco's`);
    return value;
}

class AuthoredCommand {
    constructor(name, parameters) {
        want(name in COMMANDS, `unknown command: ${name}`);
        const wanted = COMMANDS[name];
        want(Object.keys(parameters).every((key) => key in wanted), `${name} knows no such parameter`);
        for (const [key, kind] of Object.entries(wanted)) {
            const value = parameters[key];
            if (kind === "strings") {
                want(Array.isArray(value), `${key} is no list`);
                value.forEach((each) => requireText(each, key));
            } else {
                want(typeof value === kind && value !== "", `missing parameter ${key}`);  // may be a variable
            }
        }
        this.name = name;
        this.parameters = structuredClone(parameters);
        this.totalStepCount = 0;
        Object.seal(this);
    }
}

class AuthoredTask {
    static count = 0;

    constructor(name, type) {
        this.uUID = `task-${AuthoredTask.count++}`;
        this.name = requireText(name, "a task's name").trim();
        this.type = requireText(type, "a task's type").trim();
        want(this.name !== "", "author.Task(name, type): name is required");
        want(TASK_TYPES.includes(this.type), `no worker does tasks of type ${this.type}`);
        this.priority = 50;
        this.commands = [];
        this.dependencies = [];
        Object.seal(this);
    }

    addCommand(command) {
        want(command instanceof AuthoredCommand, "addCommand wants what author.Command has made");
        this.commands.push(command);
    }

    addDependency(task) {
        want(task instanceof AuthoredTask, "addDependency wants what author.Task has made");
        this.dependencies.push(task);
    }
}

class AuthoredJob {
    constructor(settings) {
        this.jobID = "job";
        this.name = "a job";
        this.settings = settings;
        this.metadata = {};
        this.tasks = [];
        Object.seal(this);
    }

    addTask(task) {
        want(task instanceof AuthoredTask, "addTask wants what author.Task has made");
        const { uUID, name, type, commands, dependencies } = task;  // a copy: what is added later is lost
        this.tasks.push({ uUID, name, type, commands: [...commands], after: dependencies.map((each) => each.uUID) });
    }
}

const author = Object.freeze({
    Task: (name, type) => new AuthoredTask(name, type),
    Command: (name, parameters) => new AuthoredCommand(name, parameters),
});

function runJobType(text) {
    const nothing = ["console", "require", "process", "module", "globalThis", "window", "document", "fetch", "setTimeout"];
    const compiled = new Function("author", "print", ...nothing, `"use strict";${text};return [JOB_TYPE, compileJob];`);
    const [type, compileJob] = compiled(author, () => undefined);
    requireText(type.label, "the label");
    want(Array.isArray(type.settings), "settings is no list");
    want(Object.keys(type).every((key) => ["label", "description", "settings"].includes(key)), "unknown field");
    const job = new AuthoredJob({});
    want(compileJob(job) === undefined, "compileJob gives nothing back");
    const known = new Set(job.tasks.map((task) => task.uUID));
    for (const task of job.tasks) {
        want(task.commands.length > 0, `${task.name} has no commands`);
        want(task.after.every((each) => known.has(each)), `${task.name} waits for a task that is not in the job`);
    }
    return JSON.stringify([type, job.tasks]);
}
