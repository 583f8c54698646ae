//! Clears the environment of the process.
//!
//! The SDK reads variables from the command's `env`. Its HTTP client also reads `HTTP_PROXY`,
//! `SSL_CERT_FILE` and others from the process, which would make results depend on where the driver
//! runs. So the driver re-executes itself with an empty environment. (Removing single variables is
//! unsafe code.)

use std::io;

/// The argument of the re-executed process.
#[cfg(unix)]
const WITHOUT_ENVIRONMENT: &str = "--without-environment";

/// Re-executes the process with an empty environment. Returns only in the new process.
///
/// Only Unix can replace a process. On other systems, the environment stays as it is.
pub fn clear() -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        if !std::env::args_os().skip(1).eq([WITHOUT_ENVIRONMENT]) {
            let program = std::env::current_exe()?;
            return Err(std::process::Command::new(program)
                .arg(WITHOUT_ENVIRONMENT)
                .env_clear()
                .exec());
        }
    }
    Ok(())
}
