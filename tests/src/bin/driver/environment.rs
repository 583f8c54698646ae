//! Why no environment variable is read.
//!
//! The SDK is given a lookup in the command's `env` in place of the process environment. But the
//! HTTP client below it has variables of its own: `HTTP_PROXY` and its like, which the SDK passes
//! over only for this machine's addresses, and `SSL_CERT_FILE`. A server elsewhere must be reached
//! the same way wherever the driver is started. So before anything else the process replaces itself
//! by itself with an empty environment. (Removing single variables is unsafe code, and there would
//! be a list to keep.)

use std::io;

/// Says that the environment has been left.
#[cfg(unix)]
const LEFT: &str = "--without-environment";

/// Goes on without an environment: returns in the process that has none.
///
/// Other systems than Unix cannot replace a process, and need some variables to open a socket: there
/// the environment stays.
pub fn leave() -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        if !std::env::args_os().skip(1).eq([LEFT]) {
            let program = std::env::current_exe()?;
            return Err(std::process::Command::new(program)
                .arg(LEFT)
                .env_clear()
                .exec());
        }
    }
    Ok(())
}
