"""A fleet on the one-machine server, so that what is generated meets things that exist."""

import re

import requests

PLACES = {
    "primary": {"account_id": "111122223333", "region": "us-east-1"},
    "recovery": {"account_id": "444455556666", "region": "us-west-2"},
}
# Longer than any answer may take: API Gateway gives up after 29 s.
TIMEOUT_S = 30


def sign_in(url, log, user):
    """A token; the server prints its users' passwords at its first start."""
    with open(log, encoding="utf-8") as lines:
        found = re.search(rf"^\s+{user}\s+(\S+)$", lines.read(), re.MULTILINE)
    if not found:
        raise SystemExit(f"{log} has no password of {user}")
    body = {"username": user, "password": found.group(1)}
    answered = requests.post(f"{url}/auth/sign-in", json=body, timeout=TIMEOUT_S)
    answered.raise_for_status()
    return answered.json()["id_token"]


class Api:
    """The REST API for one user."""

    def __init__(self, url, token):
        self.url = url
        self.session = requests.Session()
        self.session.headers["authorization"] = f"Bearer {token}"

    def call(self, method, path, body=None):
        """The answer's body; anything but success ends the test."""
        answered = self.session.request(
            method, self.url + path, json=body, timeout=TIMEOUT_S
        )
        if not answered.ok:
            raise SystemExit(f"{method} {path}: {answered.status_code} {answered.text}")
        return answered.json()


def build(api):
    """Groups with pairs, a plan, a configuration run, a drill: ids by the name of the field that holds them."""
    groups, pairs, servers, targets = [], [], [], []
    for tier in ("db", "app", "web"):
        selection = {"tags": {"Tier": tier}}
        group = {"name": tier, "direction": PLACES, "selection": selection}
        group_id = api.call("POST", "/protection-groups", group)["id"]
        path = f"/protection-groups/{group_id}/instance-pairs"
        saved = api.call("POST", path, {"fuzzy_matching_tolerance": 0.2})["pairs"]
        groups.append(group_id)
        pairs += [pair["id"] for pair in saved]
        servers += [pair["source_server_id"] for pair in saved]
        targets += [pair["target_instance_id"] for pair in saved]
    waves = [{"name": group_id[:8], "group_ids": [group_id]} for group_id in groups]
    plan = api.call("POST", "/recovery-plans", {"name": "fleet", "waves": waves})["id"]
    path = f"/protection-groups/{groups[0]}/configure-allow-launching"
    config = api.call("POST", path, {})["config_id"]
    start = {"plan_id": plan, "execution_type": "DRILL", "skip_invalid_servers": True}
    execution = api.call("POST", "/executions", start)["execution_id"]
    accounts = [place["account_id"] for place in PLACES.values()]
    return {
        "group_id": groups,
        "group_ids": groups,
        "pair_id": pairs,
        "plan_id": [plan],
        "config_id": [config],
        "execution_id": [execution],
        "source_server_id": servers,
        "source_server_ids": servers,
        "server_ids": servers,
        "target_instance_id": targets,
        "also_terminate_instance_ids": targets,
        "account_id": accounts,
        "primary_account_id": accounts[:1],
        "dr_account_id": accounts[1:],
        "primary_region": ["us-east-1"],
        "dr_region": ["us-west-2"],
        "region": ["us-west-2", "us-east-1"],
    }
