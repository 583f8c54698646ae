//! Turns a panic into an error.
//!
//! The generator answers odd input with `todo!`, `unwrap` and `assert!`. A person who edits the
//! contract must get a line that says what to mend instead, and no backtrace.

use std::{
    any::Any,
    cell::RefCell,
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    sync::Once,
    thread,
};

use crate::error::{Error, Result};

/// Enough for the deepest document that is read, in a build without optimisation.
const STACK: usize = 256 << 20;

/// Longer messages are cut: the generator shows whole schemas.
const LONGEST: usize = 200;

thread_local! {
    /// What the hook has heard of panics that are being caught on this thread.
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `step`; a panic in it is `Err` with one line that says what and where.
///
/// The panic hook is the whole process's. It is replaced once, by one that is silent about the
/// threads that are in here and otherwise does what the one before it did.
pub fn catch_panic<T>(step: impl FnOnce() -> T) -> std::result::Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !hear(info) {
                before(info);
            }
        }));
    });
    let outer = HEARD.replace(Some(String::new()));
    // What the step leaves half done is dropped with it.
    let outcome = panic::catch_unwind(AssertUnwindSafe(step));
    let location = HEARD.replace(outer).unwrap_or_default();
    outcome.map_err(|payload| message(payload.as_ref(), &location))
}

/// Runs `step` on a thread with a stack of its own size, so that it goes as deep wherever it is
/// called. A panic in it is an error.
pub fn run_with_large_stack<T: Send>(step: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let unexpected = |why: &str| Error::new(format!("codegen failed on this contract: {why}"));
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("codegen".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, || catch_panic(step))
            .map_err(|error| unexpected(&error.to_string()))?;
        match thread.join() {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(unexpected(&panic)),
            Err(payload) => Err(unexpected(&message(payload.as_ref(), ""))),
        }
    })
}

/// Notes where a panic happened, if this thread is in [`catch_panic`].
fn hear(info: &PanicHookInfo<'_>) -> bool {
    HEARD
        .try_with(|heard| match &mut *heard.borrow_mut() {
            Some(location) => {
                *location = info.location().map(ToString::to_string).unwrap_or_default();
                true
            }
            None => false,
        })
        .unwrap_or(false)
}

/// The first line of a panic's message, and the file it comes from.
fn message(payload: &(dyn Any + Send), location: &str) -> String {
    let text = match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text,
        (None, Some(text)) => text.as_str(),
        (None, None) => "it panicked",
    };
    let line = text.trim().lines().next().unwrap_or("it panicked");
    let mut line: String = line.chars().take(LONGEST).collect();
    // The folder differs between machines.
    let file = location.rsplit(['/', '\\']).next().unwrap_or_default();
    if !file.is_empty() {
        line.push_str(&format!(" ({file})"));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_line() {
        assert_eq!(catch_panic(|| 1), Ok(1));
        let caught = catch_panic(|| assert_eq!(1, 2, "of\nthe test")).unwrap_err();
        assert!(
            caught.starts_with("assertion `left == right` failed: of (isolate.rs:"),
            "{caught}"
        );
        let long = "x".repeat(10_000);
        assert!(catch_panic(|| panic!("{long}")).unwrap_err().len() < 300);
        let odd = catch_panic(|| panic::panic_any(7)).unwrap_err();
        assert!(odd.starts_with("it panicked (isolate.rs:"), "{odd}");
    }

    #[test]
    fn catches_inside_what_is_caught() {
        let outer = catch_panic(|| {
            let inner = catch_panic(|| panic!("inner")).unwrap_err();
            panic!("outer after {inner}")
        });
        assert!(
            outer
                .unwrap_err()
                .starts_with("outer after inner (isolate.rs:")
        );
    }

    #[test]
    fn goes_deeper_than_the_thread_it_is_called_on() {
        fn deep(n: usize) -> usize {
            let mut frame = [0_u8; 1024];
            std::hint::black_box(&mut frame);
            if n == 0 {
                usize::from(frame[0])
            } else {
                deep(n - 1) + 1
            }
        }
        let small = thread::Builder::new().stack_size(1 << 20);
        let result = small
            .spawn(|| run_with_large_stack(|| Ok(deep(20_000))))
            .unwrap()
            .join()
            .unwrap();
        assert_eq!(result.unwrap(), 20_000);
        let error = run_with_large_stack::<()>(|| panic!("why"))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("codegen failed on this contract: why (isolate.rs:"),
            "{error}"
        );
    }
}
