//! What is listed is what is served.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::{Currency, Function, Label, Money, Outcome, RunKind, WorkspaceId};

use crate::{Budget, Kind, METRICS, Meters, NOT_CONNECTED, Queue, Queues, Stage, Standing};

/// Meters at which everything there is was counted once.
fn counted() -> Meters {
    let meters = Meters::new("1.2.3");
    let (home, refund) = (WorkspaceId::default(), Function::Refund);
    let of = meters.of(&home);
    of.took(Queue::Mail);
    of.took(Queue::Replay);
    of.settled(Outcome::ActionTaken, Label::Ask(refund), RunKind::Live);
    of.postponed("turn");
    of.called("GET /v1/customers", Some(401), 2, Duration::from_millis(40));
    of.gave_back(refund, Money::new(2_500, Currency::EUR));
    meters.of_not_connected().took(Queue::Mail);
    meters.passed(Stage::Claim, Duration::from_millis(2), 3);
    meters.finished(Duration::from_millis(20));
    meters.died("bad_json");
    meters.worker(7, Some(Duration::from_secs(3)));
    meters.ready(true);
    meters.keys([(&home, true)]);
    meters.broker(true, Some(Queues { mail: 1, replay: 2, dead: 3, drafts: 4, unrouted: 5 }));
    meters.ledger(Some(&[standing(home)]));
    meters
}

fn standing(workspace: WorkspaceId) -> Standing {
    Standing {
        workspace,
        approvals: 2,
        oldest_approval_seconds: 90.0,
        unsettled: 1,
        follow_ups: 4,
        halted: true,
        budgets: vec![Budget { currency: Currency::EUR, left_minor: -50 }],
    }
}

/// The labels of each name that is served, without those that histograms add.
fn served(text: &str) -> BTreeMap<String, BTreeSet<Vec<String>>> {
    let mut served: BTreeMap<String, BTreeSet<Vec<String>>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, _value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let is_histogram = METRICS.iter().find(|metric| {
            metric.kind == Kind::Histogram
                && name.strip_prefix(metric.name).is_some_and(|rest| rest.starts_with('_'))
        });
        let name = is_histogram.map_or(name, |metric| metric.name);
        let names = labels.trim_end_matches('}').split("\",").filter_map(|label| label.split_once('='));
        let names = names.map(|(name, _)| name.to_owned()).filter(|name| name != "le");
        served.entry(name.to_owned()).or_default().insert(names.collect());
    }
    served
}

#[test]
fn every_metric_of_the_list_is_served_with_its_labels_and_no_other() {
    let served = served(&counted().text().unwrap());
    let listed: BTreeMap<String, BTreeSet<Vec<String>>> = METRICS
        .iter()
        .map(|metric| {
            let labels = metric.labels.iter().map(|label| (*label).to_owned()).collect();
            (metric.name.to_owned(), BTreeSet::from([labels]))
        })
        .collect();
    assert_eq!(served, listed);
}

#[track_caller]
fn tells(text: &str, line: &str) {
    assert!(text.lines().any(|told| told == line), "{line} is missing from:\n{text}");
}

#[test]
fn what_was_counted_is_told() {
    let text = counted().text().unwrap();
    tells(&text, "postill_mails_taken_total{workspace=\"default\",queue=\"mail\"} 1");
    tells(&text, &format!("postill_mails_taken_total{{workspace=\"{NOT_CONNECTED}\",queue=\"mail\"}} 1"));
    tells(
        &text,
        "postill_mails_settled_total{workspace=\"default\",outcome=\"action_taken\",intent=\"refund\",run=\"live\"} 1",
    );
    tells(&text, "postill_drafts_published_total{workspace=\"default\"} 1");
    tells(
        &text,
        "postill_stripe_requests_total{workspace=\"default\",endpoint=\"GET /v1/customers\",status=\"401\"} 1",
    );
    tells(&text, "postill_stripe_retries_total{workspace=\"default\"} 1");
    tells(&text, "postill_stripe_refused_keys_total{workspace=\"default\"} 1");
    tells(&text, "postill_mail_stage_seconds_count{stage=\"claim\"} 3");
    tells(
        &text,
        "postill_money_minor_units_total{workspace=\"default\",function=\"refund\",currency=\"eur\"} 2500",
    );
    tells(&text, "postill_refund_budget_left_minor_units{workspace=\"default\",currency=\"eur\"} -50.0");
    tells(&text, "postill_queue_messages{queue=\"unrouted\"} 5.0");
}

#[test]
fn what_ledger_and_broker_no_longer_say_is_not_told() {
    let meters = counted();
    meters.ledger(None);
    meters.broker(false, None);
    let text = meters.text().unwrap();
    tells(&text, "postill_ledger_up{} 0.0");
    tells(&text, "postill_broker_up{} 0.0");
    for gone in
        ["postill_approvals_waiting{", "postill_refund_budget_left_minor_units{", "postill_queue_messages{"]
    {
        assert!(!text.contains(gone), "{gone}");
    }
}

#[test]
fn names_are_such_as_dashboards_expect() {
    let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), METRICS.len(), "a name is there twice");
    for metric in METRICS {
        assert_eq!(metric.name.ends_with("_total"), metric.kind == Kind::Counter, "{}", metric.name);
        assert!(metric.help.ends_with('.'), "{}", metric.name);
        let is_ours = metric.name.starts_with("postill_") || metric.name.starts_with("process_");
        assert!(is_ours && metric.labels.len() <= 4, "{}", metric.name);
    }
}
