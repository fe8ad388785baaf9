"""Checks the Helm chart with Helm itself: lint, and what it renders for several values, against the schemas of Kubernetes.

The Helm that can be had as a package is a library without `helm template`. So it installs the chart into a Kubernetes API that is made of
a few answers here, on loopback: Helm renders, stores the release, and the release is read and refused.

Usage: chart.py CHART. CUSTOM_RESOURCES is the folder with the npm packages; without it the custom resources are not checked.
"""

import asyncio
import base64
import copy
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import helm_sdkpy as helm
import kubernetes_validate
import yaml

CUSTOM = {"keda.sh", "monitoring.coreos.com"}
KINDS = {
    "v1": {"ConfigMap": "configmaps", "Secret": "secrets", "Service": "services", "ServiceAccount": "serviceaccounts"},
    "apps/v1": {"Deployment": "deployments"},
    "batch/v1": {"Job": "jobs"},
    "policy/v1": {"PodDisruptionBudget": "poddisruptionbudgets"},
    "networking.k8s.io/v1": {"NetworkPolicy": "networkpolicies"},
    "keda.sh/v1alpha1": {"ScaledObject": "scaledobjects", "TriggerAuthentication": "triggerauthentications"},
    "monitoring.coreos.com/v1": {"ServiceMonitor": "servicemonitors"},
}
# Kubernetes versions: the oldest that Chart.yaml allows, and the newest there is a schema of.
VERSIONS = ["1.25", "1.37"]

TOKEN = {"ingest_token": "ingest-token"}
EVERYTHING = {
    "secrets": {"keys": TOKEN | {"stripe_key": "stripe-key", "language_model_api_key": "language-model"}},
    "worker": {"autoscaling": {"enabled": True}},
    "ingest": {"enabled": True},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "image": {"repository": "registry.example/postill", "digest": "sha256:" + "0" * 64},
    "imagePullSecrets": [{"name": "registry"}],
    "networkPolicy": {
        "amqp": {"port": 5671, "to": [{"namespaceSelector": {"matchLabels": {"name": "rabbitmq"}}}]},
        "postgres": {"to": [{"ipBlock": {"cidr": "10.0.0.0/24"}}]},
        "extraEgress": [{"ports": [{"port": 11434, "protocol": "TCP"}]}],
        "consoleFrom": [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}],
        "metricsFrom": [{"namespaceSelector": {}}],
    },
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "tolerations": [{"key": "spot", "operator": "Exists"}],
    "podAnnotations": {"team": "billing"},
    "serviceAccount": {"annotations": {"team": "billing"}},
}
CASES = {
    "default": {},
    "everything": EVERYTHING,
    "only the worker": {"console": {"enabled": False}, "setup": {"enabled": False}, "networkPolicy": {"enabled": False},
                        "serviceAccount": {"create": False}, "worker": {"disruptionBudget": {"enabled": False}}},
    "only the ingest": {"worker": {"enabled": False}, "console": {"enabled": False}, "ingest": {"enabled": True}, "secrets": {"keys": TOKEN}},
}
# What must not be installed, and a word of what is said about it.
REFUSED = {
    "a Stripe key in the settings": ({"settings": '[stripe]\nkey = "rk_test_123"\n'}, "hold a secret"),
    "a password in the settings": ({"settings": '[amqp]\nurl = "amqp://u:p@rabbit"\n'}, "hold a secret"),
    "a token in the settings": ({"settings": '[ingest]\ntoken = "abcdefghijklmnop"\n'}, "hold a secret"),
    "ingest without a token": ({"ingest": {"enabled": True}}, "ingest_token"),
    "a value nobody reads": ({"worker": {"replica": 3}}, "replica"),
    "a setting that is no secret": ({"secrets": {"keys": {"stripe_url": "x"}}}, "stripe_url"),
    "no workers at all": ({"worker": {"replicas": -1}}, "replicas"),
}


class Api(BaseHTTPRequestHandler):
    """Just enough of Kubernetes for Helm to render a release for it."""

    protocol_version = "HTTP/1.1"
    release = None

    def do_GET(self):
        path = self.path.split("?")[0]
        group_version = path.removeprefix("/apis/").removeprefix("/api/")
        if path == "/version":
            self.answer(200, {"major": "1", "minor": "37", "gitVersion": "v1.37.0"})
        elif path == "/api":
            self.answer(200, {"kind": "APIVersions", "versions": ["v1"]})
        elif path == "/apis":
            self.answer(200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group(name) for name in KINDS if "/" in name]})
        elif group_version in KINDS:
            self.answer(200, {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version,
                              "resources": [resource(*kind) for kind in KINDS[group_version].items()]})
        elif path.endswith("/secrets"):
            self.answer(200, {"kind": "SecretList", "apiVersion": "v1", "metadata": {}, "items": []})
        else:
            self.answer(404, status("NotFound", 404))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        # Helm sends protobuf; the release in it is base64 of gzip of JSON.
        found = re.search(rb"H4sI[A-Za-z0-9+/]+={0,2}", body)
        if found:
            Api.release = json.loads(gzip.decompress(base64.b64decode(found.group())))
        self.answer(403, status("Forbidden", 403))

    def answer(self, code, body):
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def group(group_version):
    version = {"groupVersion": group_version, "version": group_version.split("/")[1]}
    return {"name": group_version.split("/")[0], "versions": [version], "preferredVersion": version}


def resource(kind, plural):
    return {"name": plural, "singularName": kind.lower(), "namespaced": True, "kind": kind, "verbs": ["get", "list", "create", "patch"]}


def status(reason, code):
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code, "message": reason}


def kubeconfig(port):
    return yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "nobody"}}],
    })


class Chart:
    """A chart, and a Helm that thinks it has a cluster."""

    def __init__(self, path):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.path = path
        self.config = helm.Configuration(namespace="mail", kubeconfig=kubeconfig(server.server_port))

    def lint(self, values):
        """Severity 1 is a hint (no icon); Helm's words get lost on the way through its library."""
        with tempfile.TemporaryDirectory() as folder:
            copied = Path(folder, "postill")
            shutil.copytree(self.path, copied)
            merged = merge(yaml.safe_load(Path(copied, "values.yaml").read_text()), values)
            Path(copied, "values.yaml").write_text(yaml.safe_dump(merged))
            result = asyncio.run(helm.Lint(self.config).run(str(copied)))
        worst = [message for message in result.get("Messages") or [] if message["Severity"] > 1]
        return [f"lint complains of {message['Path']}" for message in worst] + [str(e) for e in result.get("Errors") or []]

    def render(self, values):
        """The objects, the notes, or why there are none."""
        Api.release, error = None, "nothing was rendered"
        try:
            asyncio.run(helm.Install(self.config).run("larkspur", self.path, values=values, wait=False, timeout=20))
        except helm.InstallError as refused:
            error = str(refused)
        if Api.release is None:
            return None, None, error
        manifests = [Api.release["manifest"]] + [hook["manifest"] for hook in Api.release.get("hooks", [])]
        objects = [each for text in manifests for each in yaml.safe_load_all(text) if each]
        return objects, Api.release["info"]["notes"], None


def merge(base, over):
    result = copy.deepcopy(base)
    for key, value in over.items():
        result[key] = merge(result[key], value) if isinstance(value, dict) and isinstance(result.get(key), dict) else value
    return result


def wrong_with_schema(objects):
    for each in objects:
        if each["apiVersion"].split("/")[0] in CUSTOM:
            continue
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(each, version, strict=True)
            except Exception as error:  # The library has several, by what is wrong.
                yield f"{named(each)} in Kubernetes {version}: {str(error).splitlines()[0]}"


def wrong_with_custom(objects):
    custom = [each for each in objects if each["apiVersion"].split("/")[0] in CUSTOM]
    if not custom or "CUSTOM_RESOURCES" not in os.environ:
        return
    script = Path(__file__).with_name("custom_resources.mjs")
    run = subprocess.run(["node", script], input=json.dumps(custom), text=True, capture_output=True, check=False)
    if run.returncode != 0:
        yield run.stderr.strip()


def wrong_with_pods(objects):
    """What a strict cluster refuses, and what would break postill without being noticed."""
    for each in objects:
        pod = each.get("spec", {}).get("template", {}).get("spec")
        if pod is None:
            continue
        security = pod["securityContext"]
        must = {
            "runs as root": security["runAsNonRoot"] and security["runAsUser"] > 0,
            "has no seccomp profile": security["seccompProfile"]["type"] == "RuntimeDefault",
            "gets a token of the API": pod["automountServiceAccountToken"] is False,
            "gets the environment of Services": pod["enableServiceLinks"] is False,
        }
        for container in pod["containers"] + pod.get("initContainers", []):
            own = container["securityContext"]
            must |= {
                "may write its root": own["readOnlyRootFilesystem"],
                "may gain rights": own["allowPrivilegeEscalation"] is False,
                "has capabilities": own["capabilities"]["drop"] == ["ALL"],
                "has no bounds": "memory" in container["resources"]["limits"] and "cpu" in container["resources"]["requests"],
            }
            for variable in container["env"]:
                secret = re.search("URL|KEY|TOKEN", variable["name"])
                must[f"has {variable['name']} in the environment"] = not secret or variable["name"].endswith("_FILE")
            if each["kind"] == "Deployment":
                must["has no probes"] = all(container[probe]["httpGet"]["path"] == path for probe, path in [
                    ("livenessProbe", "/livez"), ("readinessProbe", "/readyz"), ("startupProbe", "/livez")])
        mounted = {item["path"] for volume in pod["volumes"] for item in volume.get("secret", {}).get("items", [])}
        asked = {variable["value"].rsplit("/")[-1] for container in pod["containers"] for variable in container["env"]
                 if variable["name"].endswith("_FILE")}
        must["asks for secrets that are not mounted, or the other way"] = mounted == asked
        yield from (f"{named(each)} {what}" for what, good in must.items() if not good)


def wrong_with_selectors(objects):
    """Whatever selects pods selects those of one Deployment."""
    labels = [each["spec"]["template"]["metadata"]["labels"] for each in objects if each["kind"] == "Deployment"]
    for each in objects:
        spec = each.get("spec", {})
        selector = {"Service": "selector", "NetworkPolicy": "podSelector", "PodDisruptionBudget": "selector"}.get(each["kind"])
        if selector:
            wanted = spec[selector].get("matchLabels", spec[selector])
            chosen = sum(1 for of_pod in labels if wanted.items() <= of_pod.items())
            if chosen != 1:
                yield f"{named(each)} selects the pods of {chosen} Deployments"
        if each["kind"] == "ScaledObject" and spec["scaleTargetRef"]["name"] not in [o["metadata"]["name"] for o in objects if o["kind"] == "Deployment"]:
            yield f"{named(each)} scales nothing"


def wrong_with_grace(objects):
    for each in objects:
        pod = each.get("spec", {}).get("template", {}).get("spec", {})
        for container in pod.get("containers", []):
            for variable in container.get("env", []):
                if variable["name"] == "POSTILL_WORKER_GRACE_SECONDS" and pod["terminationGracePeriodSeconds"] <= int(variable["value"]):
                    yield f"{named(each)} is killed before its grace is over"


def wrong_with_restarts(chart):
    """A change of the policy must start nothing anew, one of the settings everything."""
    def pods(values):
        objects, _, error = chart.render(values)
        if error:
            raise SystemExit(error)
        return [each["spec"]["template"] for each in objects if each["kind"] == "Deployment"]
    before = pods({})
    if pods({"policy": '[policy.refund]\nwindow_days = 30\n'}) != before:
        yield "a change of the policy starts pods anew"
    if any(one == other for one, other in zip(before, pods({"settings": '[amqp]\nprefix = "other"\n'}))):
        yield "a change of the settings does not reach all pods"


def named(each):
    return f"{each['kind']} {each['metadata']['name']}"


def main():
    chart, wrong = Chart(sys.argv[1]), []
    for case, values in CASES.items():
        objects, notes, error = chart.render(values)
        found = chart.lint(values) + ([error] if error else [])
        if not error:
            checks = [wrong_with_schema, wrong_with_custom, wrong_with_pods, wrong_with_selectors, wrong_with_grace]
            found += [each for check in checks for each in check(objects)]
            found += [] if "postill" in notes else ["there are no notes"]
            print(f"   {case}: {len(objects)} objects: {', '.join(sorted({each['kind'] for each in objects}))}")
        wrong += [f"{case}: {each}" for each in found]
    for case, (values, word) in REFUSED.items():
        _, _, error = chart.render(values)
        if error is None or word not in error:
            wrong.append(f"{case} is not refused as it should be: {error}")
    wrong += list(wrong_with_restarts(chart))
    print(f"   {len(REFUSED)} kinds of wrong values: refused")
    if "CUSTOM_RESOURCES" not in os.environ:
        print("   custom resources: NOT CHECKED")
    sys.exit("\n".join(wrong) if wrong else 0)


if __name__ == "__main__":
    main()
