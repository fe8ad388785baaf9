//! Form and query decoding with nested brackets: `line_items[0][price_data][currency]=eur`, `expand[]=data.customer`.

use std::collections::BTreeMap;

use serde::Serialize;

/// What a name stands for: a text, or names below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Node {
    Text(String),
    Branch(Tree),
}

/// The decoded parameters of a request. A repeated name keeps its last value, as at Stripe.
pub(crate) type Tree = BTreeMap<String, Node>;

/// Decodes `encoded`: a query string, a form body, or both with a `&` between.
pub(crate) fn decode(encoded: &[u8]) -> Tree {
    let mut tree = Tree::new();
    for (name, value) in form_urlencoded::parse(encoded) {
        insert(&mut tree, &segments(&name), value.into_owned());
    }
    tree
}

/// The members of a list in their order: `[]` and `[0]`, `[1]`… alike.
pub(crate) fn in_order(tree: &Tree) -> Vec<(&String, &Node)> {
    let mut members: Vec<_> = tree.iter().collect();
    members.sort_by_key(|(name, _)| name.parse::<u64>().unwrap_or(u64::MAX));
    members
}

/// `a[b][c]` → `a`, `b`, `c`; `a[]` ends in an empty segment. A name with unbalanced brackets is taken as it stands.
fn segments(name: &str) -> Vec<&str> {
    let Some((head, tail)) = name.split_once('[') else { return vec![name] };
    let Some(tail) = tail.strip_suffix(']') else { return vec![name] };
    if head.is_empty() || tail.split("][").any(|part| part.contains(['[', ']'])) {
        return vec![name];
    }
    std::iter::once(head).chain(tail.split("][")).collect()
}

fn insert(tree: &mut Tree, path: &[&str], value: String) {
    let Some((first, rest)) = path.split_first() else { return };
    let name = if first.is_empty() { tree.len().to_string() } else { (*first).to_owned() };
    if rest.is_empty() {
        tree.insert(name, Node::Text(value));
        return;
    }
    let below = tree.entry(name).or_insert_with(|| Node::Branch(Tree::new()));
    if let Node::Text(_) = below {
        *below = Node::Branch(Tree::new());
    }
    if let Node::Branch(branch) = below {
        insert(branch, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(encoded: &str, expected: serde_json::Value) {
        assert_eq!(serde_json::to_value(decode(encoded.as_bytes())).unwrap(), expected);
    }

    #[test]
    fn brackets_nest() {
        check(
            "line_items[0][price_data][currency]=eur&line_items%5B0%5D%5Bquantity%5D=2",
            serde_json::json!({"line_items": {"0": {"price_data": {"currency": "eur"}, "quantity": "2"}}}),
        );
    }

    #[test]
    fn empty_brackets_number_themselves() {
        check("expand[]=a&expand[]=b", serde_json::json!({"expand": {"0": "a", "1": "b"}}));
    }

    #[test]
    fn unbalanced_brackets_are_a_plain_name() {
        check("a[b=1&[c]=2&d[[e]]=3", serde_json::json!({"a[b": "1", "[c]": "2", "d[[e]]": "3"}));
    }

    #[test]
    fn a_repeated_name_keeps_its_last_value() {
        check("a=1&a=2&b=1&b[c]=2", serde_json::json!({"a": "2", "b": {"c": "2"}}));
    }

    #[test]
    fn lists_are_read_by_number_not_by_letter() {
        let tree = decode(b"10=c&2=b&0=a");
        let order: Vec<_> = in_order(&tree).into_iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(order, ["0", "2", "10"]);
    }
}
