//! Gives every tag a name that a module can have.
//!
//! Fault: a tag is an area, and so a module and a feature. `type` is a word that Rust keeps for
//! itself, `Operations` the name of another module, `default` that of another feature, and `日本`
//! no name of a file.

use heck::ToSnakeCase;

use super::words;
use crate::{
    contract::TAKEN,
    document::each_operation_mut,
    source::{Node, Value},
};

pub fn run(document: &mut Node) {
    each_operation_mut(document, &mut |_, _, operation| {
        let tags = operation
            .get_mut("tags")
            .map(Node::items_mut)
            .unwrap_or_default();
        tags.iter_mut().for_each(rename);
    });
    for tag in document
        .get_mut("tags")
        .map(Node::items_mut)
        .unwrap_or_default()
    {
        tag.get_mut("name").into_iter().for_each(rename);
    }
}

fn rename(tag: &mut Node) {
    if let Some(text) = tag.text() {
        tag.value = Value::Text(area(text));
    }
}

/// The tag itself, if an area can have its name.
fn area(tag: &str) -> String {
    let free = |name: &str| {
        !TAKEN.contains(&name)
            && !["default", "full"].contains(&name)
            && name.is_ascii()
            && syn::parse_str::<syn::Ident>(name).is_ok()
    };
    if free(&tag.to_snake_case()) {
        return tag.to_owned();
    }
    match words(tag).to_snake_case() {
        name if name.is_empty() => "area".to_owned(),
        name if free(&name) => name,
        name if name.starts_with(|c: char| c.is_ascii_digit()) => format!("area_{name}"),
        name => format!("{name}_area"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::after, area};

    #[test]
    fn a_tag_that_can_be_an_area_stays() {
        for (tag, want) in [
            ("Policy Rules", "Policy Rules"),
            ("type", "type_area"),
            ("Operations", "operations_area"),
            ("default", "default_area"),
            ("2FA", "area_2fa"),
            ("日本", "area"),
            ("Äpfel & Co.", "pfel_co"),
            ("users/admin", "users/admin"),
            ("", "area"),
        ] {
            assert_eq!(area(tag), want, "{tag}");
        }
    }

    #[test]
    fn the_list_of_tags_follows() {
        let text = "tags: [{name: type, description: d}]\npaths: {/p: {get: {tags: [type, b]}}}";
        assert_eq!(
            after(super::run, text),
            "{'tags':[{'name':'type_area','description':'d'}],'paths':{'/p':{'get':{'tags':['type_area','b']}}}}"
        );
    }
}
