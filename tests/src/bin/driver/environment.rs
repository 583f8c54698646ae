//! Clears the environment of the process.
//!
//! The SDK reads variables from the command's `env`. The HTTP client of the SDK also reads
//! `HTTP_PROXY`, `SSL_CERT_FILE` and other variables of the process, so results would depend on
//! where the driver runs. Therefore the driver re-executes itself with an empty environment.
//! (Removing single variables would require unsafe code.)

use std::io;

/// The argument of the re-executed process.
#[cfg(unix)]
const WITHOUT_ENVIRONMENT: &str = "--without-environment";

/// Re-executes the process with an empty environment. Returns `Ok` only in the new process, and an
/// error if the process cannot be re-executed.
///
/// Only Unix can replace a process. On other systems, this function does nothing.
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
