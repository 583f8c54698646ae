//! Runs code that can panic and returns a panic as an error.
//!
//! The code generator progenitor panics on unexpected input (`todo!`, `unwrap`, `assert!`). The
//! user must get a one-line error instead of a backtrace.

use std::{
    any::Any,
    cell::RefCell,
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    sync::Once,
    thread,
};

use crate::error::{Error, Result};

/// The stack size of the thread of [`run_with_large_stack`], in bytes: 256 MiB. With this stack,
/// even an unoptimized build can process the most deeply nested document that the parser accepts.
const STACK_SIZE: usize = 256 << 20;

/// The maximum length of a panic message, in characters. progenitor puts whole schemas into its
/// messages.
const MAX_MESSAGE_LENGTH: usize = 200;

thread_local! {
    /// The location of the last panic on this thread inside [`catch_panic`], as file, line and
    /// column. Empty until a panic occurs there. `None` while this thread is not in
    /// [`catch_panic`].
    static PANIC_LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `step` and returns its result. If `step` panics, returns `Err` with one line: the first
/// line of the panic message, and the location of the panic.
///
/// The first call replaces the process-wide panic hook. The new hook prints nothing for panics
/// inside `catch_panic`, and calls the previous hook for all other panics.
pub fn catch_panic<T>(step: impl FnOnce() -> T) -> std::result::Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !record_location(info) {
                previous(info);
            }
        }));
    });
    let outer = PANIC_LOCATION.replace(Some(String::new()));
    // `step` and its partial results are dropped after a panic.
    let outcome = panic::catch_unwind(AssertUnwindSafe(step));
    let location = PANIC_LOCATION.replace(outer).unwrap_or_default();
    outcome.map_err(|payload| panic_message(payload.as_ref(), &location))
}

/// Runs `step` on a new thread with a stack of 256 MiB, and waits until `step` returns.
///
/// # Errors
///
/// Returns the error of `step`. Returns the error `cannot process this contract: …` if `step`
/// panics or the thread cannot be started.
pub fn run_with_large_stack<T: Send>(step: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let unexpected = |reason: &str| Error::new(format!("cannot process this contract: {reason}"));
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("codegen".to_owned())
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, || catch_panic(step))
            .map_err(|error| unexpected(&error.to_string()))?;
        match thread.join() {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(unexpected(&panic)),
            Err(payload) => Err(unexpected(&panic_message(payload.as_ref(), ""))),
        }
    })
}

/// If this thread is in [`catch_panic`], records the location of a panic and returns `true`. If not,
/// returns `false`.
fn record_location(info: &PanicHookInfo<'_>) -> bool {
    PANIC_LOCATION
        .try_with(|current| match &mut *current.borrow_mut() {
            Some(location) => {
                *location = info.location().map(ToString::to_string).unwrap_or_default();
                true
            }
            None => false,
        })
        .unwrap_or(false)
}

/// Returns the first line of a panic message, truncated to [`MAX_MESSAGE_LENGTH`], followed by
/// `location` in parentheses, without the directory. An empty location is omitted.
fn panic_message(payload: &(dyn Any + Send), location: &str) -> String {
    let text = match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text,
        (None, Some(text)) => text.as_str(),
        (None, None) => "it panicked",
    };
    let line = text.trim().lines().next().unwrap_or("it panicked");
    let mut line: String = line.chars().take(MAX_MESSAGE_LENGTH).collect();
    // The directory of the source file depends on the machine.
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
    fn returns_a_panic_as_one_line() {
        assert_eq!(catch_panic(|| 1), Ok(1));
        let caught = catch_panic(|| assert_eq!(1, 2, "of\nthe test")).unwrap_err();
        assert!(
            caught.starts_with("assertion `left == right` failed: of (panics.rs:"),
            "{caught}"
        );
        let long = "x".repeat(10_000);
        assert!(catch_panic(|| panic!("{long}")).unwrap_err().len() < 300);
        let odd = catch_panic(|| panic::panic_any(7)).unwrap_err();
        assert!(odd.starts_with("it panicked (panics.rs:"), "{odd}");
    }

    #[test]
    fn catches_nested_panics() {
        let outer = catch_panic(|| {
            let inner = catch_panic(|| panic!("inner")).unwrap_err();
            panic!("outer after {inner}")
        });
        assert!(
            outer
                .unwrap_err()
                .starts_with("outer after inner (panics.rs:")
        );
    }

    #[test]
    fn runs_on_a_larger_stack_than_the_caller() {
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
            error.starts_with("cannot process this contract: why (panics.rs:"),
            "{error}"
        );
    }
}
