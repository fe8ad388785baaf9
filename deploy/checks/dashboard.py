"""Checks the Grafana dashboard: each panel says what it shows and in what unit, goes by the data source that is chosen, and asks what
Prometheus understands. Writes its queries to standard output as recording rules, for promtool.

Usage: dashboard.py DASHBOARD
"""

import json
import re
import sys
from pathlib import Path

WIDTH = 24
VARIABLES = {"$__rate_interval": "5m", "$__range": "1h", "$workspace": ".*", "$instance": ".*"}
ROWS = ["Now", "Flow", "Latency", "Outcomes", "Stripe", "Money, approvals and halts", "Queues", "Processes"]


def wrong_with(panel):
    title = panel.get("title", "")
    if not title:
        yield "has no title"
    if panel["type"] == "row":
        return
    if len(panel.get("description", "")) < 20:
        yield "does not say what it shows"
    defaults = panel["fieldConfig"]["defaults"]
    if not defaults.get("unit"):
        yield "has no unit"
    sources = [panel["datasource"]] + [target["datasource"] for target in panel["targets"]]
    if any(source != {"type": "prometheus", "uid": "${datasource}"} for source in sources):
        yield "does not go by the data source that is chosen"
    for target in panel["targets"]:
        expression = target["expr"]
        if panel["type"] == "timeseries" and not target.get("legendFormat"):
            yield f"has no legend for {expression}"
        if re.search(r"rate\([^[]*\[\d", expression):
            yield f"takes a rate over a fixed time: {expression}"
        for labels in re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")):
            if labels not in expression and labels != "instance":
                yield f"names the label {labels}, which its query has not"


def wrong_with_places(panels):
    taken = {}
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] + place["w"] > WIDTH:
            yield f"{panel['title']} is wider than the page"
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel["title"])
                if other != panel["title"]:
                    yield f"{panel['title']} lies on {other}"
                    return


def plain(expression):
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def main():
    dashboard = json.loads(Path(sys.argv[1]).read_text())
    panels = dashboard["panels"]
    wrong = [f"{panel.get('title')}: {what}" for panel in panels for what in wrong_with(panel)]
    wrong += wrong_with_places(panels)
    ids = [panel["id"] for panel in panels]
    wrong += [] if len(set(ids)) == len(ids) else ["panels share an id"]
    rows = [panel["title"] for panel in panels if panel["type"] == "row"]
    wrong += [] if rows == ROWS else [f"the rows are {rows}"]
    asked = {variable["name"] for variable in dashboard["templating"]["list"]}
    wrong += [] if asked == {"datasource", "workspace", "instance"} else [f"the variables are {asked}"]
    expressions = [plain(target["expr"]) for panel in panels for target in panel.get("targets", [])]
    wrong += [f"a variable is left in {each}" for each in expressions if "$" in each]
    rules = [{"record": f"panel:{number}", "expr": each} for number, each in enumerate(expressions)]
    json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, sys.stdout)
    print(f"   {len(panels) - len(rows)} panels in {len(rows)} rows, {len(expressions)} queries", file=sys.stderr)
    sys.exit("\n".join(wrong) if wrong else 0)


if __name__ == "__main__":
    main()
