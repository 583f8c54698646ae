//! Takes the `default` answer for that of success where no other is.
//!
//! Fault: an operation that lists nothing but `default`, or that and errors, has no answer of
//! success, and without one there is no telling what a call gives. `default` stands for every
//! status that is not listed, those of success among them.

use crate::{
    document::each_operation_mut,
    source::{Entry, Node},
};

pub fn run(document: &mut Node) {
    each_operation_mut(document, &mut |_, _, operation| {
        let Some(answers) = operation.get_mut("responses") else {
            return;
        };
        if answers
            .entries()
            .iter()
            .any(|answer| answer.key.starts_with('2'))
        {
            return;
        }
        let Some(default) = answers.get("default").cloned() else {
            return;
        };
        if let crate::source::Value::Map(entries) = &mut answers.value {
            let place = default.place.clone();
            entries.push(Entry {
                key: "2XX".to_owned(),
                place,
                node: default,
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::tests::after;

    #[test]
    fn default_is_success_where_nothing_else_is() {
        let answers = |answers: &str| {
            let text = format!("paths: {{/p: {{get: {{responses: {answers}}}}}}}");
            let after = after(super::run, &text);
            after
                .split_once("'responses':")
                .unwrap()
                .1
                .trim_end_matches('}')
                .to_owned()
        };
        assert_eq!(
            answers("{default: {a: 1}}"),
            "{'default':{'a':1},'2XX':{'a':1"
        );
        assert_eq!(
            answers("{'404': 1, default: 2}"),
            "{'404':1,'default':2,'2XX':2"
        );
        assert_eq!(answers("{'204': 1, default: 2}"), "{'204':1,'default':2");
        assert_eq!(answers("{2XX: 1, default: 2}"), "{'2XX':1,'default':2");
        assert_eq!(answers("{'404': 1}"), "{'404':1");
    }
}
