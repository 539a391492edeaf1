# Ansible callback plugin: exact progress of a playbook as lines of JSON, for ansible-core 2.14 and later.
# Installed beside the playbooks (ANSIBLE_CALLBACK_PLUGINS, ANSIBLE_CALLBACKS_ENABLED); writes to HOLDFAST_PROGRESS_FILE.

DOCUMENTATION = """
    name: holdfast_progress
    type: notification
    short_description: exact progress as lines of JSON
    description:
      - Events start {total}, play {done, play}, task {done, total, name, play}, failed {host, task, msg},
        unreachable {host, task, msg}, host {host, failed, unreachable} and recap {hosts, seconds}.
      - A line is below 8 kB. The seconds of the recap are those that the plugin itself has taken of the run.
"""

import functools
import json
import os
import time

from ansible.plugins.callback import CallbackBase

NAME_LIMIT = 200
MESSAGE_LIMIT = 1500


def _timed(method):
    @functools.wraps(method)
    def timed(self, *args, **kwargs):
        start = time.perf_counter()
        try:
            return method(self, *args, **kwargs)
        finally:
            self._spent += time.perf_counter() - start

    return timed


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "holdfast_progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        path = os.environ.get("HOLDFAST_PROGRESS_FILE")
        if not path:
            self.disabled = True
            return
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._plays = []  # one set of task uuids a play, in the order of the playbook
        self._play = -1
        self._play_name = ""
        self._seen = set()
        self._spent = 0.0  # seconds in here
        self._before = 0  # tasks of all plays that are over

    @_timed
    def v2_playbook_on_start(self, playbook):
        self._plays = [_tasks_of(play) for play in playbook.get_plays()]
        self._emit("start", total=self._total())

    @_timed
    def v2_playbook_on_play_start(self, play):
        # A play that is over counts whole, also where it had no hosts, or a block ended early.
        self._before += len(self._plays[self._play]) if self._play >= 0 else 0
        self._play += 1
        self._play_name = play.get_name().strip()
        self._seen = set()
        self._emit("play", done=self._before, play=_short(self._play_name, NAME_LIMIT))

    @_timed
    def v2_playbook_on_task_start(self, task, is_conditional):
        if task._uuid in self._plays[self._play]:
            self._seen.add(task._uuid)
        self._emit(
            "task",
            done=self._before + len(self._seen),
            total=self._total(),
            name=_short(task.get_name().strip(), NAME_LIMIT),
            play=_short(self._play_name, NAME_LIMIT),
        )

    @_timed
    def v2_runner_on_failed(self, result, ignore_errors=False):
        if not ignore_errors:
            self._trouble("failed", result, rescuable=_has_rescue(result._task))

    @_timed
    def v2_runner_on_unreachable(self, result):
        if not getattr(result._task, "ignore_unreachable", False):
            self._trouble("unreachable", result)

    def v2_playbook_on_stats(self, stats):
        # One line a host keeps every line short, however many hosts there are.
        for host in sorted(stats.processed):
            summary = stats.summarize(host)
            self._emit("host", host=host, failed=summary["failures"], unreachable=summary["unreachable"])
        self._emit("recap", hosts=len(stats.processed), seconds=round(self._spent, 3))

    def _trouble(self, event, result, **more):
        hidden = result._task.no_log or result._result.get("_ansible_no_log")
        message = "hidden by no_log" if hidden else _message(result._result)
        self._emit(
            event,
            host=result._host.get_name(),
            task=_short(result._task.get_name().strip(), NAME_LIMIT),
            msg=_short(message, MESSAGE_LIMIT),
            **more,
        )

    def _total(self):
        return sum(len(play) for play in self._plays)

    def _emit(self, event, **fields):
        line = json.dumps({"event": event, **fields}, ensure_ascii=False)
        os.write(self._file, (line + "\n").encode(errors="replace"))


def _tasks_of(play):
    """The uuids of all tasks that the play starts when nothing fails: what PlayIterator would walk."""
    found = set()
    variables = play.get_variable_manager().get_vars(play=play)
    for block in play.compile():
        _walk(block.filter_tagged_tasks(variables), found)
    return found


def _walk(block, found):
    # Tasks under `rescue` only run after a failure.
    for item in block.block + block.always:
        if hasattr(item, "block"):
            _walk(item, found)
        elif item.action not in ("meta", "ansible.builtin.meta", "ansible.legacy.meta"):
            found.add(item._uuid)


def _has_rescue(task):
    parent = task._parent
    while parent is not None:
        if getattr(parent, "rescue", None):
            return True
        parent = getattr(parent, "_parent", None)
    return False


def _message(result):
    for item in result.get("results") or []:
        if isinstance(item, dict) and (item.get("failed") or item.get("unreachable")):
            return "hidden by no_log" if item.get("_ansible_no_log") else _message(item)
    parts = [str(result.get("msg", "")).strip()]
    for stream in ("stderr", "module_stderr", "stdout", "module_stdout"):
        text = str(result.get(stream) or "").strip()
        if text and text not in parts[0]:
            parts.append(text[-500:])
            break
    return "\n".join(part for part in parts if part) or "no message"


def _short(text, limit):
    return text if len(text) <= limit else text[: limit - 1] + "…"
