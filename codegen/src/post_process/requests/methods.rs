//! The methods of a builder: their documentation, and what they say of a value that they refuse.

use syn::{ImplItemFn, parse_quote, visit_mut::VisitMut};

use super::{docs, method_name};
use crate::{contract::Operation, progenitor::unexpected};
use pgbeam_spec::error::Result;

/// Documents a method of a builder, and has a setter say why it refuses a value.
pub fn refine(function: &mut ImplItemFn, operation: &Operation) -> Result<()> {
    let name = function.sig.ident.to_string();
    let doc = match name.as_str() {
        "new" => {
            SayMissing.visit_block_mut(&mut function.block);
            "Starts with nothing set.".to_owned()
        }
        "send" => return Ok(()),
        "body" => "The body, whole.".to_owned(),
        "body_map" => "The body, by changing what is set of it so far.".to_owned(),
        _ => {
            let parameter = operation
                .parameters
                .iter()
                .find(|of| method_name(&of.name) == name);
            let parameter = parameter.ok_or_else(|| unexpected(&format!("a method `{name}`")))?;
            say_why(function)?;
            parameter
                .description
                .clone()
                .unwrap_or_else(|| format!("Sets `{}`.", parameter.name))
        }
    };
    docs::set(&mut function.attrs, &doc);
    Ok(())
}

/// What a required parameter is until it is set, in words that follow its name.
struct SayMissing;

impl VisitMut for SayMissing {
    fn visit_lit_str_mut(&mut self, text: &mut syn::LitStr) {
        *text = syn::LitStr::new("is missing", text.span());
    }
}

/// Makes a setter say why a value was refused, where the generator says only that it was.
fn say_why(function: &mut ImplItemFn) -> Result<()> {
    struct Closure(usize);
    impl VisitMut for Closure {
        fn visit_expr_method_call_mut(&mut self, call: &mut syn::ExprMethodCall) {
            syn::visit_mut::visit_expr_method_call_mut(self, call);
            if call.method == "map_err"
                && let Some(argument) = call.args.first_mut()
            {
                *argument = parse_quote!(|error| error.to_string());
                self.0 += 1;
            }
        }
    }
    let mut closure = Closure(0);
    closure.visit_block_mut(&mut function.block);
    if closure.0 != 1 {
        return Err(unexpected(&format!("the setter `{}`", function.sig.ident)));
    }
    function
        .sig
        .generics
        .make_where_clause()
        .predicates
        .push(parse_quote!(V::Error: std::fmt::Display));
    Ok(())
}
